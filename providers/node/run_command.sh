# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# COMMAND ARGUMENT...
one_at_a_time
require_lease -s
have "$1" || fail "$1 is not there"
"$@" </dev/null
status=$?
[ $status -eq 0 ] || printf 'quorate-status: %s\n' "$status"
[ $status -eq 0 ]
