# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
[ -e "$record" ] || exit 0
require_lease -x
# What the run parked in its folder, which all its leases have, stays, and so does the folder then.
rmdir -- "$home/${run%%-*}" 2>/dev/null
rm -f -- "$home/NEXT.txt" "$record" || fail "cannot remove $record"
flush "$home"
