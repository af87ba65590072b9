# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# PATH OWNER MODE SIZE, the content on standard input.
one_at_a_time
require_lease -s
target=$1
owner=$2
mode=$3
size=$4

[ ! -d "$target" ] || fail "$target is a directory"
make_parent "$target"
# The kubelet takes no file whose name begins with a dot. The name is fixed: what a killed attempt left is overwritten.
part=$parent/.${target##*/}.quorate
rm -f -- "$part"
give_up() {
  rm -f -- "$part"
  fail "$*"
}

cat >"$part" || give_up "cannot write $part"
# A connection that breaks looks like the end of the input.
[ "$(wc -c <"$part")" -eq "$size" ] || give_up 'the content did not arrive whole'
[ -z "$owner" ] || chown -- "$owner" "$part" || give_up "cannot give $target to $owner"
chmod -- "${mode:-600}" "$part" || give_up "cannot set the mode of $target to $mode"
flush "$part" || give_up "cannot sync $part"
mv -f -- "$part" "$target" || give_up "cannot rename $part to $target"
label "$target"
flush "$parent"
