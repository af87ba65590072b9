# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# PATH OWNER MODE SIZE, the content on standard input.
one_at_a_time
require_lease -s
target=$1
owner=$2
mode=$3
size=$4

own_part "$target"
receive "$size" 'the content'
hold_again
[ ! -d "$target" ] || fail "$target is a directory"
[ -z "$owner" ] || chown -- "$owner" "$part" || fail "cannot give $target to $owner"
chmod -- "${mode:-600}" "$part" || fail "cannot set the mode of $target to $mode"
flush "$part" || fail "cannot sync $part"
mv -f -- "$part" "$target" || fail "cannot rename $part to $target"
label "$target"
flush "$parent"
