#!/bin/sh
# Runs every check_*.py and check_*.mjs of this folder against the built program.
#
# VIDEOGEN is the program, VIDEOGEN_BUILD_DIR the folder it was built in; the Python packages
# go into build/interop-venv, those of Node into build/interop-node. Skips all (exit 0, with a
# line that says so) where Python 3.11 or the package registry cannot be had, and check_*.mjs
# where Node 20 or its registry can't; fails if any check fails.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${VIDEOGEN:=$here/../build/dev/videogen}"
: "${VIDEOGEN_BUILD_DIR:=$(dirname "$VIDEOGEN")}"
export VIDEOGEN VIDEOGEN_BUILD_DIR
venv=$here/../build/interop-venv

skip() {
  echo "interop: skipped: $1"
  exit 0
}

for needed in "$VIDEOGEN" "$VIDEOGEN_BUILD_DIR/videogen_peer"; do
  if [ ! -x "$needed" ]; then
    echo "interop: $needed is not built" >&2
    exit 1
  fi
done
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
  skip "no Python 3.11 or later"

# A folder that an interrupted run left half-filled is filled up by pip; one of another
# requirements.txt, too.
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
  [ -x "$venv/bin/pip" ] || python3 -m venv "$venv" 2>/dev/null ||
    skip "python3 -m venv does not work (on Debian: python3-venv)"
  log=$("$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
    -r "$here/requirements.txt" 2>&1) || {
    echo "$log" | tail -n 3 >&2
    skip "the package registry cannot be reached or lacks a package (see above)"
  }
  cp "$here/requirements.txt" "$venv/requirements.txt"
fi

# The modules that a script imports are looked for beside it, so it is copied there.
modules=$here/../build/interop-node
node_is_there() {
  node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null || {
    echo "interop: check_*.mjs skipped: no Node 20 or later"
    return 1
  }
  mkdir -p "$modules"
  if ! cmp -s "$here/package.json" "$modules/installed.json"; then
    cp "$here/package.json" "$modules/package.json"
    log=$(cd "$modules" && npm install --no-audit --no-fund --ignore-scripts 2>&1) || {
      echo "$log" | tail -n 3 >&2
      echo "interop: check_*.mjs skipped: npm's registry cannot be reached (see above)"
      return 1
    }
    cp "$here/package.json" "$modules/installed.json"
  fi
  cp "$here"/check_*.mjs "$here"/service.mjs "$modules"
}

passed=0
failed=0
count() { # NAME COMMAND…
  name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    echo "interop: $name failed" >&2
    failed=$((failed + 1))
  fi
}
for check in "$here"/check_*.py; do
  count "$(basename "$check")" "$venv/bin/python" "$check"
done
if node_is_there; then
  for check in "$here"/check_*.mjs; do
    name=$(basename "$check")
    count "$name" "$venv/bin/python" "$here/emulated.py" node "$modules/$name"
  done
fi
echo "interop: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
