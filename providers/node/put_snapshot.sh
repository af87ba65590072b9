# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# PATH SIZE HASHED SHA256, the file on standard input; its first HASHED bytes have that SHA-256. PATH.sha256 is written last: what
# has none was not proven.
one_at_a_time
require_lease -s
target=$1
size=$2
hashed=$3
digest=$4

proven() {
  [ -f "$target" ] && [ "$(cat -- "$target.sha256" 2>/dev/null)" = "$digest" ] && [ "$(stat -c %s -- "$target")" = "$size" ]
}
own_part "$target"
! proven || exit 0
# Beside what is not proven there may be no room.
rm -f -- "$target" "$target.sha256"

# openssl uses the processor's own instructions, where coreutils takes four times as long.
digest_of_input() {
  if openssl dgst -sha256 -r </dev/null >/dev/null 2>&1; then
    openssl dgst -sha256 -r
  else
    sha256sum
  fi
}

receive "$size" 'the snapshot'
[ -e "$part" ] || give_up 'a later attempt has come between'
# A large one takes seconds to prove and to sync, and nobody has to wait for that.
said=$(head -c "$hashed" "$part" | digest_of_input) || give_up 'there is neither openssl nor sha256sum to prove the snapshot with'
[ "${said%% *}" = "$digest" ] || give_up "the snapshot is damaged here: its SHA-256 is ${said%% *}, and not $digest"
flush "$part" || give_up "cannot sync $part"
hold_again
mv -f -- "$part" "$target" || fail "cannot rename $part to $target"
{ printf '%s\n' "$digest" >"$part" && flush "$part" && mv -f -- "$part" "$target.sha256"; } || fail "cannot write $target.sha256"
flush "$parent"
