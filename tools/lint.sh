#!/usr/bin/env bash
# Formatting, clang-tidy, layers, and words that don't belong into the repository.
# Reads build/dev/compile_commands.json.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
report() { echo "lint: $1" >&2; failed=1; }

mapfile -t sources < <(git ls-files '*.cc' '*.h')
clang-format-16 --dry-run --Werror "${sources[@]}" || report "make format mends the formatting"

python3 tests/layering_test.py -q 2>&1 | tail -n 1 | grep -q '^OK' ||
  { python3 tests/layering_test.py; report "layers.txt forbids an include"; }

# No unfinished work, no path of somebody's machine (brackets: the pattern is none itself).
words='\b(TODO|FIXME|XXX)\b|/home/[a-z]|/roo[t]/|/wor[k]/'
if git grep -nEI "$words" -- . ':!tools/lint.sh'; then
  report "an unfinished mark or the path of a machine"
fi

for script in $(git ls-files '*.sh' .ci/run); do
  bash -n "$script" || report "$script is not a shell script"
  [ -x "$script" ] || report "$script is not executable"
done
while IFS= read -r script; do
  python3 -m py_compile "$script" || report "$script is not Python"
done < <(git ls-files '*.py')

tools/tidy.py || report "clang-tidy"

[ "$failed" -eq 0 ] && echo "lint: ${#sources[@]} sources: clean"
exit "$failed"
