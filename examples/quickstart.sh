#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Watch quorate bring a broken cluster back: builds it, brings up three real nodes with a real etcd cluster on this machine, loses
# one node's data, and repairs that over SSH. Needs Debian 12, root, and Debian's archive. Leaves nothing running behind.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }
export LAB_NAME=${LAB_NAME:-quickstart}
lab=tests/lab/lab
tests/packages build
say 'cmake --preset release && cmake --build --preset release'
cmake --preset release >/dev/null
cmake --build --preset release | tail -n 1
spec=$(mktemp -d)/cluster.yaml
trap '$lab down >/dev/null 2>&1 || true; rm -rf "$(dirname "$spec")"' EXIT
quorate() { "$lab" run build/release/bin/quorate "$@"; }
export QUORATE_SPEC=$spec

say 'tests/lab/lab up 3'
$lab up 3
$lab spec >"$spec"
say 'quorate status'
quorate status

say "node3 loses its disk: its data and its certificates are gone"
$lab crash node3
$lab wipe node3
$lab start node3

say 'quorate plan'
quorate plan
say 'quorate apply --auto-approve'
quorate apply --auto-approve
say 'quorate status'
quorate status
say 'quorate plan --detailed-exitcode     # once more: nothing is left to do'
quorate plan --detailed-exitcode
