# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What a control-plane node shows, in one answer. Runs as root by `sh -s -- [DATA-DIRECTORY] [PKI-DIRECTORY]`, after frame.sh.
# Changes nothing and writes no file. Where a tool is missing a fact is unknown, with the reason.

# A hanging runtime must not take the whole observation with it.
if have timeout && timeout 3 true 2>/dev/null; then
  bounded() { timeout 3 "$@"; }
  briefly() { timeout 1 "$@"; }
else
  bounded() { "$@"; }
  briefly() { "$@"; }
fi

# The first line of what a failed command says, when it is asked again.
complaint() {
  said=$(bounded "$@" 2>&1 >/dev/null | tail -n 1 | cut -c1-500)
  printf '%s' "${said:-it failed without a word}"
}

clock() {
  emit clock "$(date +%s.%N)"
}

host() {
  name=
  read -r name </proc/sys/kernel/hostname || name=$(uname -n)
  emit hostname "$name"
  if [ -r /proc/net/fib_trie ]; then
    emit addresses-4 "$(grep -B1 '/32 host LOCAL' /proc/net/fib_trie)"
  else
    unknown addresses '/proc/net/fib_trie cannot be read'
  fi
  [ ! -r /proc/net/if_inet6 ] || emit addresses-6 "$(cat /proc/net/if_inet6)"
  if [ -r /proc/net/tcp ]; then
    emit listeners "$(grep -sh ' 0A ' /proc/net/tcp /proc/net/tcp6)"
  else
    unknown listeners '/proc/net/tcp cannot be read'
  fi
}

# COMM: the kernel keeps fifteen characters of a name.
full_name() {
  case $1 in
    kube-controller) printf kube-controller-manager ;;
    *) printf '%s' "$1" ;;
  esac
}

kubelet_arguments=
etcd_arguments=
etcd_processes=
processes() {
  found=$(grep -sxHE 'etcd|kubelet|kube-apiserver|kube-controller|kube-scheduler' /proc/[0-9]*/comm /dev/null)
  for line in $found; do
    process=${line%/comm:*}
    # A pod of somebody's may run an etcd of its own; the static pod has the node's network.
    # shellcheck disable=SC3013 # dash, bash and busybox have -ef
    [ "$process/ns/net" -ef /proc/self/ns/net ] || continue
    # A zombie has no arguments, and serves nothing.
    arguments=$(tr '\0' '\n' 2>/dev/null <"$process/cmdline") || continue
    [ -n "$arguments" ] || continue
    case $line in
      *:kubelet) kubelet_arguments=$arguments ;;
      *:kube-*) emit control-plane-process "$(full_name "${line##*:}")" ;;
      *)
        etcd_processes="$etcd_processes $process"
        etcd_arguments=$arguments
        emit process "${process#/proc/}$newline$arguments"
        ;;
    esac
  done
  emit processes-end ''
}

# Processes are what a probe's time goes into: what the shell can do by itself it does.

# FLAG TEXT: the flag's value among arguments, one a line, as `value`.
argument() {
  value=
  is_next=no
  rest=$2$newline
  while [ -n "$rest" ]; do
    word=${rest%%"$newline"*}
    rest=${rest#*"$newline"}
    [ $is_next = no ] || value=$word
    is_next=no
    case $word in
      "--$1="*) value=${word#*=} ;;
      "--$1") is_next=yes ;;
    esac
  done
}

# FLAG FILE...: the flag's value in text like a manifest's, the last that is mentioned, as `value`.
mentioned() {
  flag=$1
  shift
  value=$(sed -n -e '/^[[:space:]]*#/d' -e "s/^.*--$flag=\\([^\"' ,]*\\).*\$/\\1/p" -- "$@" 2>/dev/null)
  value=${value##*"$newline"}
}

manifest_directory=/etc/kubernetes/manifests
find_manifest_directory() {
  argument config "$kubelet_arguments"
  configuration=${value:-/var/lib/kubelet/config.yaml}
  # The kubelet's flag outranks its file.
  argument pod-manifest-path "$kubelet_arguments"
  [ -n "$value" ] || [ -n "$kubelet_arguments" ] ||
    mentioned pod-manifest-path /var/lib/kubelet/kubeadm-flags.env /etc/default/kubelet /etc/sysconfig/kubelet
  path=$value
  [ -n "$path" ] || path=$(sed -n -e 's/[[:space:]]#.*$//' -e 's/[[:space:]]*$//' \
    -e "s/^\"\\{0,1\\}staticPodPath\"\\{0,1\\}:[[:space:]]*[\"']\\{0,1\\}\\([^\"']*\\).*\$/\\1/p" -- "$configuration" 2>/dev/null)
  case $path in
    /*) manifest_directory=${path%/} ;;
    *) unknown manifest_directory "no staticPodPath in $configuration; taken for kubeadm's" ;;
  esac
  emit manifest-directory "$manifest_directory"
}

kubelet() {
  if have systemctl; then
    state=$(bounded systemctl is-active kubelet 2>/dev/null)
    if [ -n "$state" ]; then
      emit kubelet-state "$state"
    else
      unknown kubelet.active_state "systemctl: $(complaint systemctl is-active kubelet)"
    fi
  elif [ -n "$kubelet_arguments" ]; then
    emit kubelet-state active
  else
    emit kubelet-state inactive
  fi
  if have kubelet; then
    emit kubelet-version "$(bounded kubelet --version 2>/dev/null)"
  else
    unknown kubelet.version 'there is no kubelet in the path'
  fi
  if have journalctl; then
    emit kubelet-errors "$(bounded journalctl -q -u kubelet -n 200 --no-pager -o cat 2>/dev/null |
      grep -E '^[EF][0-9]{4} |level=(error|fatal)|^Error|[Ff]ailed' | tail -n 5 | cut -c1-1000)"
  else
    unknown kubelet.last_errors 'there is no journalctl'
  fi
  # The file holds the key too, which stays here.
  certificate=/var/lib/kubelet/pki/kubelet-client-current.pem
  if [ -r $certificate ]; then
    emit kubelet-certificate "$(sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' $certificate)"
  else
    unknown kubelet.client_certificate_expires_seconds "$certificate is not there"
  fi
}

manifests() {
  [ -d "$manifest_directory" ] || unknown manifests "$manifest_directory is not there"
  # The kubelet takes every file whose name does not begin with a dot.
  emit_plain_files manifest 262144 "$manifest_directory"/*
  emit_plain_files spare-manifest 262144 /etc/kubernetes/tmp/kubeadm-backup-manifests-*/etcd.yaml /var/lib/quorate/*/*.yaml
  emit manifests-end ''
}

# FLAG: what the manifest says, else the running process, else a manifest put aside, as `value`.
configured() {
  mentioned "$1" "$manifest_directory"/*
  [ -n "$value" ] || argument "$1" "$etcd_arguments"
  [ -n "$value" ] || mentioned "$1" /etc/kubernetes/tmp/kubeadm-backup-manifests-*/etcd.yaml /var/lib/quorate/*/*.yaml
}
