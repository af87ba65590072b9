# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# ENDED done|undone: what the run is remembered by.
ended=$1
how=$2
[ -e "$record" ] || exit 0
require_lease -x
if [ -n "$ended" ]; then
  # Before the record goes: who finds that on another node has to see it here. A full disk keeps no run from its end.
  part=$home/.ended
  {
    {
      tail -n 199 -- "$home/ended" | grep -v -e "^$ended "
      printf '%s %s %s\n' "$ended" "$(date +%s)" "$how"
    } >"$part" && flush "$part" && mv -f -- "$part" "$home/ended"
  } 2>/dev/null || rm -f -- "$part"
fi
# What the run parked in its folder, which all its leases have, stays, and so does the folder then.
rmdir -- "$home/${run%%-*}" 2>/dev/null
rm -f -- "$home/NEXT.txt" "$record" || fail "cannot remove $record"
flush "$home"
