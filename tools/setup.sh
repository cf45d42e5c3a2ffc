#!/usr/bin/env bash
# Installs what apt-packages.txt names and this machine lacks. Run as root or with sudo.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t wanted < <(sed 's/#.*//' apt-packages.txt | awk 'NF {print $1}')
if ! command -v dpkg-query >/dev/null; then
  echo "setup: this is not a Debian machine (no dpkg-query); install by hand: ${wanted[*]}" >&2
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: not root and no sudo; as root, install: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "setup: installing ${#missing[@]} of ${#wanted[@]} Debian packages: ${missing[*]}" >&2
# Package lists may be absent or old on a fresh machine.
"${as_root[@]}" apt-get -q -o=Dpkg::Use-Pty=0 update >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get -q -y -o=Dpkg::Use-Pty=0 install --no-install-recommends "${missing[@]}" >&2
