# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The last part of the probe: certificates, tools, the API server, what an earlier run left; and the order of all. After the others.

certificates() {
  directory=$1
  if [ -z "$directory" ]; then
    configured trusted-ca-file
    directory=${value%/*}
  fi
  directory=${directory:-/etc/kubernetes/pki/etcd}
  emit pki-directory "$directory"
  client=${directory%/*}/apiserver-etcd-client
  [ -e "$client.crt" ] || client=/etc/kubernetes/pki/apiserver-etcd-client
  # Keys only to see whether they belong to the certificates, and to speak with etcd: they cross SSH into memory.
  emit_files certificate 65536 "$directory/ca.crt" "$directory/server.crt" "$directory/peer.crt" "$directory/healthcheck-client.crt" \
    "$client.crt"
  emit_files key 65536 "$directory/ca.key" "$directory/server.key" "$directory/peer.key" "$directory/healthcheck-client.key" "$client.key"
}

# Of a rotation of etcd's CA that is under way.
next_authority() {
  next=/var/lib/quorate/authority
  [ -e $next ] || return 0
  emit_files next-authority 65536 $next/ca.crt
  emit_files next-authority-key 65536 $next/ca.key
}

# Of the rest of the control plane; of a kubeconfig the certificate alone.
control_plane_certificates() {
  emit_plain_files control-plane-certificate 65536 /etc/kubernetes/pki/apiserver.crt /etc/kubernetes/pki/apiserver-kubelet-client.crt \
    /etc/kubernetes/pki/front-proxy-client.crt
  for file in /etc/kubernetes/admin.conf /etc/kubernetes/controller-manager.conf /etc/kubernetes/scheduler.conf \
    /etc/kubernetes/super-admin.conf; do
    [ ! -r "$file" ] ||
      emit kubeconfig-certificate "$file$newline$(sed -n 's/^ *client-certificate-data: *\([A-Za-z0-9+\/=]*\).*$/\1/p' "$file")"
  done
}

# FILE PLACE NAME PATH: one of etcd's own, by the version that it says.
etcd_tool() {
  version=$(bounded "$1" version 2>/dev/null | sed -n 's/^etcd[a-z]* version: *//p')
  emit tool "$3 $2 ${version:--} $4"
}

tools() {
  for name in crictl ctr kubectl; do
    path=$(command -v $name 2>/dev/null)
    [ -z "$path" ] || emit tool "$name host - $path"
  done
  path=$(command -v kubeadm 2>/dev/null)
  [ -z "$path" ] || emit tool "kubeadm host $(bounded kubeadm version -o short 2>/dev/null || printf -) $path"
  for name in etcdutl etcdctl; do
    path=$(command -v $name 2>/dev/null)
    [ -z "$path" ] || etcd_tool "$path" host $name "$path"
  done
  # kubeadm's nodes have them in etcd's image alone.
  for process in $etcd_processes; do
    # shellcheck disable=SC3013 # dash, bash and busybox have -ef
    [ ! "$process/root/" -ef / ] || continue
    for path in /usr/local/bin/etcdutl /usr/local/bin/etcdctl; do
      [ ! -x "$process/root$path" ] || etcd_tool "$process/root$path" container "${path##*/}" "$path"
    done
  done
  emit tools-end ''
}

left_behind() {
  emit_plain_files run-record 1048576 /var/lib/quorate/run.json
  [ ! -r /var/lib/quorate/ended ] || emit ended-runs "$(tail -n 200 /var/lib/quorate/ended | cut -c1-100)"
  emit_plain_files tombstone 4096 /var/lib/quorate/tombstones/*
  for path in /var/lib/quorate/*/kubeadm-joined /var/lib/quorate/*/kubeadm-finished; do
    [ ! -e "$path" ] || emit kubeadm-mark "$path"
  done
  emit left-behind-end ''
}

# CURL-ARGUMENT...: the status of the local API server's /readyz.
ask_ready() {
  curl -s -k -o /dev/null --noproxy '*' --max-time 1 -w '%{http_code}' "$@" "https://$address:$port/readyz" 2>/dev/null
}

api_server() {
  manifest=$manifest_directory/kube-apiserver.yaml
  if [ ! -f "$manifest" ]; then
    unknown api_server_ready 'there is no API server manifest'
    return
  fi
  mentioned secure-port "$manifest"
  port=${value:-6443}
  mentioned bind-address "$manifest"
  address=$value
  case $address in
    '' | 0.0.0.0 | ::) address=127.0.0.1 ;;
    *:*) address=[$address] ;;
  esac
  client=/etc/kubernetes/pki/apiserver-kubelet-client
  if have curl; then
    code=$(ask_ready)
    case $code in
      # Anonymous requests may be forbidden.
      401 | 403) [ ! -r $client.key ] || code=$(ask_ready --cert $client.crt --key $client.key) ;;
    esac
    emit api-server-ready "$code"
  elif have wget; then
    case $(bounded wget -q -T 1 -t 1 --no-check-certificate --no-proxy -O - "https://$address:$port/readyz" 2>/dev/null) in
      ok) emit api-server-ready 200 ;;
      *) unknown api_server_ready 'wget got no ok, which may be a refusal' ;;
    esac
  else
    unknown api_server_ready 'there is neither curl nor wget'
  fi
}

probe() {
  emit begin 'quorate-probe 1'
  clock
  host
  processes
  find_manifest_directory
  kubelet
  manifests
  data_directory "${1:-}"
  certificates "${2:-}"
  next_authority
  control_plane_certificates
  containers
  tools
  left_behind
  api_server
  clock
  emit_end
}

# Another user sees no data where there is some, and a node that looks wiped is one that would be replaced.
if have id && [ "$(id -u)" != 0 ]; then
  printf '%s\n' "the probe runs as $(id -un 2>/dev/null || id -u), and only root sees etcd's data: log in as root, or set \`sudo: true\`" >&2
  exit 77
fi
# The script itself is on standard input, which no command may eat; and a script that was cut off does nothing.
probe "$@" </dev/null 2>/dev/null
exit 0
