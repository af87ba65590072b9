# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# TOKEN-ID NODE-NAME SIZE, kubeadm's InitConfiguration without its first line on standard input: uploads what control planes share, and
# makes the token. Prints the cluster's endpoint, the version of kubeadm's configuration, and the CA.
one_at_a_time
require_lease -s
token=$1
name=$2
size=$3
KUBECONFIG=/etc/kubernetes/admin.conf
export KUBECONFIG
for tool in kubeadm kubectl; do have $tool || fail "$tool is not there"; done
[ -r $KUBECONFIG ] || fail "$KUBECONFIG is not there"

# In memory, as long as it takes.
file=/run/quorate-kubeadm.yaml
own_part $file
receive "$size" 'the configuration'
hold_again
trap 'rm -f -- $file "$part"' EXIT
trap 'exit 1' HUP INT TERM
rm -f -- $file

configuration=$(kubectl -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}') ||
  fail 'the ConfigMap kube-system/kubeadm-config cannot be read'
# FIELD: of the cluster's configuration, at its top.
field() {
  printf '%s\n' "$configuration" | sed -n "s/^$1:[[:space:]]*//p" | head -n 1 | tr -d "\"'"
}
version=$(field apiVersion)
endpoint=$(field controlPlaneEndpoint)
directory=$(field certificatesDir)
[ -n "$endpoint" ] || fail 'the cluster has no controlPlaneEndpoint, and kubeadm joins no further control plane to such a one'

{
  printf 'apiVersion: %s\n' "$version" &&
    cat -- "$part" &&
    printf -- '---\n%s\n' "$configuration"
} >$file || fail "cannot write $file"

# kubeadm joins no node that is Ready: after a reset that takes the API server forty seconds to notice.
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
  [ -n "$name" ] || break
  ready=$(kubectl get node "$name" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null)
  [ "$ready" = True ] || break
  sleep 2
done

# WORD...: what it prints may be the token, and what it complains of goes on.
by_configuration() {
  said=$(kubeadm "$@" --config $file 2>&1 >/dev/null) && return
  fail "kubeadm $1 $2: $(printf '%s\n' "$said" | grep -v '^$' | tail -n 2 | tr '\n' ' ')"
}
kubeadm token delete "$token" >/dev/null 2>&1
by_configuration init phase upload-certs --upload-certs --skip-certificate-key-print
by_configuration token create
printf '%s\n%s\n' "$endpoint" "$version"
cat -- "${directory:-/etc/kubernetes/pki}/ca.crt" || fail "the cluster's CA cannot be read"
