# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# FOLDER CRI-SOCKET: /etc/kubernetes is copied into it, once, and the node is reset. Without kubeadm's own removal of the member, whose failure is
# only a warning, and with it of the data directory.
one_at_a_time
require_lease -s
folder=$1
socket=$2
kept=$folder/kubernetes
have kubeadm || fail 'kubeadm is not there'

rm -f -- "$folder/kubeadm-joined" "$folder/kubeadm-finished"
if [ -d /etc/kubernetes ] && [ ! -d "$kept" ]; then
  make_parent "$kept"
  rm -rf -- "$kept.part"
  cp -a -- /etc/kubernetes "$kept.part" || fail "cannot copy /etc/kubernetes to $kept"
  # what every file holds: the reset takes the originals away
  sync -f -- "$kept.part" 2>/dev/null || sync
  mv -- "$kept.part" "$kept" || fail "cannot rename $kept.part"
  flush "$folder"
fi
said=$(kubeadm reset --force --skip-phases=remove-etcd-member ${socket:+"--cri-socket=$socket"} 2>&1) ||
  fail "kubeadm reset: $(printf '%s\n' "$said" | grep -v '^$' | tail -n 3 | tr '\n' ' ')"
