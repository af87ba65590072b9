# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# ...SNAPSHOT FOLDER OWNER RESTORE-ARGUMENT... FOLDER has its name once all of it is there: a restore that fails leaves half of one
# (etcd-facts 2.1).
one_at_a_time
require_lease -s
snapshot=$1
folder=$2
owner=$3
shift 3

[ ! -d "$folder/member" ] || exit 0
trap leave_root EXIT
find_root
[ -f "$snapshot" ] || fail "$snapshot is not there"

part=$folder.part
rm -rf -- "$part" "$folder" || fail "cannot remove what an earlier attempt left in $part"
make_parent "$folder"
said=$(ETCDCTL_API=3 "$root$tool" snapshot restore "$snapshot" --data-dir "$part" "$@" 2>&1 </dev/null)
status=$?
if [ $status -ne 0 ]; then
  rm -rf -- "$part"
  fail "$tool snapshot restore ended with status $status: $(printf '%s' "$said" | tail -n 1 | cut -c1-500)"
fi
[ -d "$part/member/wal" ] || fail "$tool restored nothing"
[ -z "$owner" ] || chown -R -- "$owner" "$part" || fail "cannot give $part to $owner"
flush "$part"/member/snap/* "$part"/member/wal/* || fail "cannot sync $part"
mv -- "$part" "$folder" || fail "cannot rename $part to $folder"
if [ -e /sys/fs/selinux/enforce ] && have restorecon; then restorecon -R -- "$folder"; fi
flush "$parent"
