#!/usr/bin/env bash
# Runs every fuzzer of a build folder, SECONDS in all: fuzz.sh build/fuzz SECONDS.
# A finding is left in build/fuzz/findings/ and ends the run with 1.
set -euo pipefail
build=$1
seconds=$2
root=$(cd "$(dirname "$0")/.." && pwd)

mapfile -t fuzzers < <(find "$build" -maxdepth 1 -name 'fuzz_*' -type f -perm -u+x | sort)
[ ${#fuzzers[@]} -gt 0 ] || { echo "fuzz: no fuzzer in $build" >&2; exit 1; }
workers=$(nproc)  # each fuzzer is one process on one core
each=$((seconds * workers / ${#fuzzers[@]}))
[ "$each" -ge 1 ] || each=1
mkdir -p "$build/findings"

# fuzz/NAME_seeds.sh FOLDER makes what fuzz_NAME starts from, where that is not kept in git.
for maker in "$root"/fuzz/*_seeds.sh; do
  name=$(basename "$maker" _seeds.sh)
  bash "$maker" "$build/seeds/$name"
done
echo "fuzz: ${#fuzzers[@]} fuzzers, $each s each, $workers at a time"

run_one() {
  local fuzzer=$1 each=$2 build=$3 root=$4 name corpus log status=0
  name=$(basename "$fuzzer")
  corpus=$build/corpus/$name
  log=$build/$name.log
  mkdir -p "$corpus"
  local seeds=$build/seeds/${name#fuzz_}
  OMP_NUM_THREADS=1 "$fuzzer" -max_total_time="$each" -timeout=20 -rss_limit_mb=2560 \
    -print_final_stats=1 -artifact_prefix="$build/findings/$name-" "$corpus" \
    $([ -d "$seeds" ] && echo "$seeds") >"$log" 2>&1 || status=$?
  if [ "$status" -eq 0 ]; then
    echo "fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs, clean"
  else
    echo "fuzz: $name failed ($status); the end of $log:" >&2
    tail -n 40 "$log" >&2
    return 1
  fi
}
export -f run_one
printf '%s\n' "${fuzzers[@]}" |
  xargs -P "$workers" -I '{}' bash -c 'run_one "$@"' _ '{}' "$each" "$build" "$root"
