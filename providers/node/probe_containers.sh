# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The part of the probe that asks the container runtime: crictl, else ctr. After probe.sh.

name_label=io.kubernetes.container.name
pod_label=io.kubernetes.pod.namespace

# crictl without a configuration tries sockets that are long gone, two seconds each.
choose_runtime() {
  [ ! -e /etc/crictl.yaml ] || return 0
  [ -z "${CONTAINER_RUNTIME_ENDPOINT:-}" ] || return 0
  argument container-runtime-endpoint "$kubelet_arguments"
  endpoint=$value
  for socket in /run/containerd/containerd.sock /run/crio/crio.sock /run/cri-dockerd.sock; do
    [ -n "$endpoint" ] || [ ! -S $socket ] || endpoint=unix://$socket
  done
  [ -n "$endpoint" ] || return 0
  CONTAINER_RUNTIME_ENDPOINT=$endpoint
  IMAGE_SERVICE_ENDPOINT=$endpoint
  export CONTAINER_RUNTIME_ENDPOINT IMAGE_SERVICE_ENDPOINT
}

# Where a manifest was taken away a moment ago the kubelet may not have seen it yet, and may be starting what had exited once more, in
# the same pod. It looks every 20 s, if no event tells it sooner; one that has seen it and cannot end the pod, since its API server is away,
# starts nothing in it. Where a container runs there is nothing more to know.
may_be_unseen() {
  changed=$(stat -c %Y -- "$manifest_directory" 2>/dev/null) || return 1
  [ $(($(date +%s) - changed)) -lt 30 ]
}

pods_by_crictl() {
  case $listed in *CONTAINER_RUNNING*) return 0 ;; esac
  may_be_unseen || return 0
  if pods=$(bounded crictl pods --state ready --label component=etcd --label $pod_label=kube-system -o json 2>/dev/null); then
    emit crictl-pods "$pods"
  else
    unknown ready_pods "crictl: $(complaint crictl pods)"
  fi
}

by_crictl() {
  listed=$(bounded crictl ps -a --label $name_label=etcd --label $pod_label=kube-system -o json 2>/dev/null)
  status=$?
  if [ $status -eq 0 ]; then
    emit crictl-containers "$listed"
    pods_by_crictl
    if images=$(bounded crictl images -o json 2>/dev/null); then
      emit crictl-images "$images"
    else
      unknown images "crictl: $(complaint crictl images)"
    fi
    return 0
  fi
  # What hangs once would hang again.
  if [ $status -eq 124 ]; then
    runtime_problem='crictl did not answer within 3 seconds'
    runtime_hangs=yes
  else
    runtime_problem="crictl: $(complaint crictl ps)"
  fi
  return 1
}

# ctr waits ten seconds for a socket that is not there.
ctr_reachable() {
  [ ! -S /run/containerd/containerd.sock ] || return 0
  runtime_problem="$runtime_problem; containerd's socket is not there"
  return 1
}

pods_by_ctr() {
  may_be_unseen || return 0
  if pods=$(bounded ctr -n k8s.io containers ls -q \
    "labels.\"io.cri-containerd.kind\"==sandbox,labels.component==etcd,labels.\"$pod_label\"==kube-system" 2>/dev/null); then
    emit ctr-pods "$pods"
  else
    unknown ready_pods "ctr: $(complaint ctr -n k8s.io containers ls -q)"
  fi
}

by_ctr() {
  identifiers=$(bounded ctr -n k8s.io containers ls -q "labels.\"$name_label\"==etcd,labels.\"$pod_label\"==kube-system" 2>/dev/null)
  status=$?
  if [ $status -ne 0 ]; then
    [ $status -eq 124 ] && runtime_problem='ctr did not answer within 3 seconds' ||
      runtime_problem="ctr: $(complaint ctr -n k8s.io containers ls -q)"
    return 1
  fi
  emit ctr-tasks "$(bounded ctr -n k8s.io tasks ls 2>/dev/null)"
  for identifier in $(printf '%s\n' "$identifiers" | head -n 10); do
    # The kubelet collects its dead containers; one that is gone by now is none.
    told=$(bounded ctr -n k8s.io containers info "$identifier" 2>/dev/null) ||
      case $(complaint ctr -n k8s.io containers info "$identifier") in *'not found'*) continue ;; esac
    emit ctr-container "$told"
  done
  pods_by_ctr
  emit ctr-images "$(bounded ctr -n k8s.io images ls -q 2>/dev/null)"
}

logs() {
  # shellcheck disable=SC2012 # the kubelet makes these names
  newest=$(ls -t /var/log/pods/kube-system_etcd-*/etcd/*.log 2>/dev/null | head -n 2)
  if [ -n "$newest" ]; then
    for file in $newest; do
      emit log "$file$newline$(tail -c 65536 "$file" 2>/dev/null | tail -n 30)"
    done
  elif [ -n "$listed" ]; then
    for identifier in $(printf '%s\n' "$listed" | sed -n 's/^ *"id": "\([0-9a-f]*\)",\{0,1\}$/\1/p' | head -n 2); do
      emit log "$identifier$newline$(bounded crictl logs --tail 30 "$identifier" 2>&1 | tail -c 65536)"
    done
  fi
}

containers() {
  listed=
  runtime_hangs=no
  runtime_problem='neither crictl nor ctr is there'
  ! have ctr || runtime_problem='there is no crictl'
  choose_runtime
  if have crictl && by_crictl; then
    logs
  elif [ $runtime_hangs = no ] && have ctr && ctr_reachable && by_ctr; then
    logs
  else
    unknown containers "$runtime_problem"
    unknown images "$runtime_problem"
  fi
}
