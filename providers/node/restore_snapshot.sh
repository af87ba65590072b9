# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# SNAPSHOT FOLDER host|container|image TOOL IMAGE OWNER RESTORE-ARGUMENT... FOLDER has its name once all of it is there: a restore that fails
# leaves half of one (etcd-facts 2.1).
one_at_a_time
require_lease -s
snapshot=$1
folder=$2
place=$3
tool=$4
image=$5
owner=$6
shift 6

[ ! -d "$folder/member" ] || exit 0

# The root of the etcd that runs here: kubeadm's nodes have etcd's tools nowhere else.
container_root() {
  for process in /proc/[0-9]*; do
    [ "$(cat "$process/comm" 2>/dev/null)" = etcd ] || continue
    # shellcheck disable=SC3013 # dash, bash and busybox have -ef
    if [ "$process/ns/net" -ef /proc/self/ns/net ] && [ -x "$process/root$tool" ]; then
      printf '%s' "$process/root"
      return 0
    fi
  done
  return 1
}

# Nothing of it runs but the tool, and nothing has to be pulled. What an earlier attempt mounted is taken away first.
mount_image() {
  root=/run/quorate-image-$run
  unmount_image
  mkdir -p -- "$root"
  said=$(ctr -n k8s.io images mount "$image" "$root" 2>&1) || fail "ctr cannot mount $image: $(printf '%s' "$said" | tail -n 1 | cut -c1-500)"
}
unmount_image() {
  [ -d "$root" ] || return 0
  ctr -n k8s.io images unmount --rm "$root" >/dev/null 2>&1
  rmdir -- "$root" 2>/dev/null
}

root=
case $place in
  container) root=$(container_root) || fail "no etcd runs here whose container has $tool" ;;
  image)
    trap unmount_image EXIT
    mount_image
    ;;
esac
[ -x "$root$tool" ] || fail "$tool is not there"
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
