# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# Before scripts that run a tool of etcd's, whose arguments begin with host|container|image TOOL IMAGE. `find_root` sets root, where the
# tool's path begins; `leave_root` takes away what it mounted.
place=$1
tool=$2
image=$3
shift 3
root=

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
  leave_root
  mkdir -p -- "$root"
  said=$(ctr -n k8s.io images mount "$image" "$root" 2>&1) || fail "ctr cannot mount $image: $(printf '%s' "$said" | tail -n 1 | cut -c1-500)"
}

find_root() {
  case $place in
    container) root=$(container_root) || fail "no etcd runs here whose container has $tool" ;;
    image) mount_image ;;
  esac
  [ -x "$root$tool" ] || fail "$tool is not there"
}

leave_root() {
  [ "$place" = image ] && [ -d "$root" ] || return 0
  ctr -n k8s.io images unmount --rm "$root" >/dev/null 2>&1
  rmdir -- "$root" 2>/dev/null
}
