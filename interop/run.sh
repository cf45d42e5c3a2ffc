#!/bin/sh
# Runs every check_*.py of this folder against the built program.
#
# VIDEOGEN is the program, VIDEOGEN_BUILD_DIR the folder it was built in; the Python packages
# go into build/interop-venv. Skips all (exit 0, with a line that says so) where Python 3.11 or
# the package registry cannot be had; fails if any check fails.
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

passed=0
failed=0
for check in "$here"/check_*.py; do
  if "$venv/bin/python" "$check"; then
    passed=$((passed + 1))
  else
    echo "interop: $(basename "$check") failed" >&2
    failed=$((failed + 1))
  fi
done
echo "interop: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
