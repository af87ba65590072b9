# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
one_at_a_time
require_lease -s
name_label=io.kubernetes.container.name
pod_label=io.kubernetes.pod.namespace

by_crictl() {
  exited=$(crictl ps -a --state Exited --label $name_label=etcd --label $pod_label=kube-system -q) ||
    fail 'crictl does not list the containers'
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

if have crictl; then
  by_crictl
elif have ctr; then
  by_ctr
else
  fail 'neither crictl nor ctr is there'
fi
