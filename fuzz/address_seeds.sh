#!/usr/bin/env bash
# address_seeds.sh FOLDER: spellings that have fooled others.
set -euo pipefail
mkdir -p "$1"
n=0
while IFS= read -r line; do
  n=$((n + 1))
  printf '%s' "$line" >"$1/$n"
done <<'END'
https://user:pw@example.com:8443/a/../b?X-Goog-Signature=abc&v=1#f
http://0x7f.1/
http://017700000001/
http://2130706433/
http://[::ffff:127.0.0.1]/
http://[fe80::1%25lo]/
http://127.0.0.1#@example.com/
http://example.com\@127.0.0.1/
http://%31%32%37.0.0.1/
10.0.0.0/8
fd00:aa00::/23
END
