# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
[ -e "$record" ] || fail 'there is no lease'
lock -x || fail 'a command of the run is still at work'
who=$(holder)
[ "$who" = "$run" ] || fail "the lease is of run ${who:-that cannot be read}"
old=$(age) || fail "cannot read the time of $record"
[ "$old" -lt "$lease_seconds" ] || exit 0
touch -c -d "@$(($(date +%s) - lease_seconds - 1))" -- "$record" || fail "cannot touch $record"
