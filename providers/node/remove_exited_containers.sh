# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
one_at_a_time
require_lease -s
name_label=io.kubernetes.container.name
pod_label=io.kubernetes.pod.namespace

# crictl without a configuration tries sockets that are long gone, and with an old one a runtime that is.
choose_socket() {
  [ ! -e /etc/crictl.yaml ] && [ -z "${CONTAINER_RUNTIME_ENDPOINT:-}" ] || return 0
  for socket in /run/containerd/containerd.sock /run/crio/crio.sock /run/cri-dockerd.sock; do
    [ -S $socket ] || continue
    CONTAINER_RUNTIME_ENDPOINT=unix://$socket
    export CONTAINER_RUNTIME_ENDPOINT
    return
  done
}

list_by_crictl() {
  have crictl && exited=$(crictl ps -a --state Exited --label $name_label=etcd --label $pod_label=kube-system -q)
}

by_crictl() {
  for identifier in $exited; do
    crictl rm "$identifier" >/dev/null || ! crictl inspect "$identifier" >/dev/null 2>&1 ||
      fail "crictl does not remove $identifier"
  done
}

# The kubelet collects its dead containers too, and may be first.
gone() { ! ctr -n k8s.io containers info "$1" >/dev/null 2>&1; }

by_ctr() {
  all=$(ctr -n k8s.io containers ls -q "labels.\"$name_label\"==etcd,labels.\"$pod_label\"==kube-system") ||
    fail 'ctr does not list the containers'
  tasks=$(ctr -n k8s.io tasks ls) || fail 'ctr does not list the tasks'
  for identifier in $all; do
    state=$(printf '%s\n' "$tasks" | sed -n "s/^$identifier  *[0-9]*  *\\([A-Z]*\\).*\$/\\1/p")
    case $state in
      '') ;;
      STOPPED) ctr -n k8s.io tasks rm "$identifier" >/dev/null || gone "$identifier" || fail "ctr does not remove the task $identifier" ;;
      *) continue ;;
    esac
    ctr -n k8s.io containers rm "$identifier" >/dev/null || gone "$identifier" || fail "ctr does not remove $identifier"
  done
}

choose_socket
# As the probe does: where crictl cannot list, ctr may.
if list_by_crictl; then
  by_crictl
elif have ctr; then
  by_ctr
elif have crictl; then
  fail 'crictl does not list the containers'
else
  fail 'neither crictl nor ctr is there'
fi
