# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# FOLDER SIZE, kubeadm's JoinConfiguration on standard input: what comes before etcd, phase by phase, as these are named in every version
# since 1.15. Hidden phases cannot be asked for by name (kubernetes/kubeadm#3262), and none of these is. Without a folder: its checks alone.
one_at_a_time
require_lease -s
folder=$1
size=$2
have kubeadm || fail 'kubeadm is not there'

# In memory, as long as it takes.
file=/run/quorate-kubeadm.yaml
own_part $file
receive "$size" 'the configuration'
hold_again
trap 'rm -f -- $file "$part"' EXIT
trap 'exit 1' HUP INT TERM
mv -f -- "$part" $file || fail "cannot write $file"

# WORD...: kubeadm names each error of its checks in a line, and ends with one for all.
join_phase() {
  said=$(kubeadm join phase "$@" --config $file 2>&1) && return
  errors=$(printf '%s\n' "$said" | tr -d '\t' | grep -F '[ERROR')
  [ -n "$errors" ] || errors=$(printf '%s\n' "$said" | grep -E '^error|[Ff]ailed|timed out' | tail -n 3)
  [ -n "$errors" ] || errors=$(printf '%s\n' "$said" | grep -v '^$' | tail -n 2)
  fail "kubeadm join phase $1: $(printf '%s' "$errors" | tr '\n' ' ')"
}

join_phase preflight
[ -n "$folder" ] || exit 0
join_phase control-plane-prepare all
join_phase kubelet-start
make_parent "$folder/kubeadm-joined"
date +%s >"$folder/kubeadm-joined" || fail "cannot write $folder/kubeadm-joined"
flush "$folder/kubeadm-joined"
