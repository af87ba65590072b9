# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# FROM TO
one_at_a_time
require_lease -s
from=$1
to=$2

there() {
  [ -e "$1" ] || [ -L "$1" ]
}

# A kill between the rename and the removal leaves both.
same_file() {
  [ -f "$from" ] && [ -f "$to" ] && [ ! -L "$from" ] && [ ! -L "$to" ] && [ "$(cksum <"$from")" = "$(cksum <"$to")" ]
}

if ! there "$from"; then
  there "$to" || fail "neither $from nor $to is there"
  exit 0
fi
if there "$to"; then
  same_file || fail "both $from and $to are there"
  rm -f -- "$from" || fail "cannot remove $from"
  flush "${from%/*}/"
  exit 0
fi

make_parent "$to"
if [ "$(device "$from")" = "$(device "$parent")" ]; then
  mv -- "$from" "$to" || fail "cannot rename $from to $to"
elif [ -f "$from" ] && [ ! -L "$from" ]; then
  part=$parent/.${to##*/}.quorate
  rm -f -- "$part"
  trap 'rm -f -- "$part"' EXIT
  trap 'exit 143' HUP INT TERM PIPE
  { cp -p -- "$from" "$part" && flush "$part" && mv -- "$part" "$to"; } || fail "cannot copy $from to $to"
  flush "$parent"
  rm -f -- "$from" || fail "cannot remove $from"
else
  fail "$from and $to are on different file systems"
fi
label "$to"
flush "$parent" "${from%/*}/"
