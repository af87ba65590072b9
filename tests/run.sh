#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All tests, from a bare machine: installs what is missing, builds with gcc and with clang under sanitizers, runs every suite, and then
# the procedures end to end on labs of real nodes. Needs Debian 12, root, and Debian's archive.
#   tests/run.sh             everything
#   tests/run.sh --quick     without the sanitized build (the suites then run as gcc built them) and without the kill matrix
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
quick=
[ "${1:-}" = --quick ] && quick=1
part() { printf '\n=== %s (%s s)\n' "$*" "$SECONDS"; }

part 'packages'
tests/packages all
part 'build with gcc, warnings are errors'
cmake --preset dev >/dev/null
if [ -n "$quick" ]; then
    cmake --build --preset dev -- --quiet
    part 'tests'
    ctest --preset dev
else
    # the suites themselves are built once, by clang, below
    cmake --build --preset dev --target quorate -- --quiet
    part 'build with clang, warnings are errors, AddressSanitizer and UndefinedBehaviorSanitizer'
    cmake --preset sanitize >/dev/null
    cmake --build --preset sanitize -- --quiet
    part 'tests under sanitizers'
    ctest --preset sanitize
fi
part 'the lab'
tests/lab/self_test
part 'end to end'
tests/end_to_end/run ${quick:+--quick}
part 'all passed'
