# The front door. Each target sets a fresh Debian 12 machine up by itself.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build run demo test interop bench bench-serve bench-peers eval fit docs-pictures lint format fuzz coverage sanitize clean

RELEASE := build/release/videogen
DEMO := build/demo
FUZZ_SECONDS ?= 120
CLIPS ?=
EVAL_CASES ?= 4
EVAL_JOBS ?= $(shell nproc)
VIDEO ?=

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install the Debian packages that are missing (apt-packages.txt)
	@tools/setup.sh

build: setup ## build build/release/videogen
	@cmake --preset release >/dev/null
	@cmake --build --preset release

run: build ## render a sound clip and a broken one and judge both; VIDEO=clip.mp4 judges yours
	@VIDEO='$(value VIDEO)' tools/run.sh $(RELEASE) $(DEMO)

demo: build ## generate two clips against the emulator, without credentials
	@tools/demo.sh $(RELEASE) $(DEMO)/generate

test: setup ## build and run every test that needs Debian packages only
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev
	@ctest --preset dev

interop: setup ## check against Pillow, Hugging Face, NumPy, … and real clients (needs PyPI; npm where there is Node 20)
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev
	@VIDEOGEN=$(CURDIR)/build/dev/videogen VIDEOGEN_BUILD_DIR=$(CURDIR)/build/dev interop/run.sh

bench: setup ## speed and memory, as ratios measured side by side in one run
	@cmake --preset bench >/dev/null
	@cmake --build --preset bench
	@python3 bench/run.py --build build/bench

bench-serve: setup ## what the service gains from one model, batches and caches, at 100 requests at once
	@cmake --preset bench >/dev/null
	@cmake --build --preset bench
	@python3 bench/serve.py --build build/bench

bench-peers: setup ## the same against Python peers (large downloads from PyPI)
	@cmake --preset bench >/dev/null
	@cmake --build --preset bench
	@bench/peers/run.sh build/bench

eval: setup ## how well planted defects are found; CLIPS=DIR: in footage, too; EVAL_CASES=4 of each
	@cmake --preset bench >/dev/null
	@cmake --build --preset bench --target videogen videogen_judge
	@python3 eval/run.py --build build/bench --clips '$(value CLIPS)' --cases $(EVAL_CASES) --jobs $(EVAL_JOBS)

fit: setup ## fit the detectors' working points and the network of changes (writes fitted.json)
	@cmake --preset bench >/dev/null
	@cmake --build --preset bench --target videogen videogen_findings
	@python3 eval/run.py --build build/bench --clips '$(value CLIPS)' --morphs 15 --cases-only
	@/usr/bin/python3 eval/fit.py

docs-pictures: build ## what the ten kinds of defect look like, for docs/reading-a-report.md
	@python3 tools/make_pictures.py $(RELEASE) docs/pictures

lint: setup ## formatting, clang-tidy, layers, forbidden words
	@cmake --preset dev >/dev/null
	@tools/lint.sh

format: setup ## clang-format the sources in place
	@git ls-files '*.cc' '*.h' | xargs clang-format-16 -i

fuzz: setup ## every fuzzer, FUZZ_SECONDS (120) in all
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz
	@tools/fuzz.sh build/fuzz $(FUZZ_SECONDS)

sanitize: setup ## the tests under address, undefined and thread sanitizers
	@for preset in asan tsan; do \
	  cmake --preset $$preset >/dev/null && cmake --build --preset $$preset && ctest --preset $$preset || exit 1; \
	done

coverage: setup ## line coverage of the tests, in build/coverage/report.html
	@cmake --preset coverage >/dev/null
	@cmake --build --preset coverage
	@ctest --preset coverage
	@gcovr --root . --filter src/ --exclude '.*_test\.cc' --exclude-unreachable-branches \
	  --exclude-throw-branches --html-details build/coverage/report.html --print-summary build/coverage

clean: ## remove build/
	@rm -rf build
