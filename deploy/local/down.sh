#!/usr/bin/env bash
# Ends what up.sh started, and removes its state: database, keys, logs.
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh

[ $# = 0 ] || die "usage: $0"
alone
[ -e "$state" ] || { echo "Nothing is up."; exit; }
tear_down
echo "All is ended and removed."
