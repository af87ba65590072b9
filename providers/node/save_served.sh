# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# ...FOLDER ENDPOINT PKI-DIRECTORY yes|no: FOLDER/saved.db is a snapshot of what etcd here serves. With yes the kubelet is stopped for as
# long as that takes, since its probe would end an etcd that has no leader; containers run on. It is started again however this ends, but
# for a SIGKILL: then `quorate status` says that it does not run.
one_at_a_time
require_lease -s
folder=$1
endpoint=$2
directory=$3
holds=$4
held=no

[ ! -f "$folder/saved.db" ] || exit 0

let_go() {
  rm -f -- "$folder/saved.db.part"
  leave_root
  [ "$held" = no ] || systemctl start kubelet || fail 'cannot start the kubelet again: systemctl start kubelet'
}

hold_kubelet() {
  [ "$holds" = yes ] && systemctl is-active -q kubelet || return 0
  held=yes
  systemctl stop kubelet || fail 'cannot stop the kubelet'
}

# A connection that is lost ends nothing half-way.
trap '' HUP PIPE
trap 'exit 1' INT TERM
trap let_go EXIT
find_root
mkdir -p -- "$folder" || fail "cannot make $folder"
for name in healthcheck-client server; do
  [ ! -r "$directory/$name.key" ] || break
done
hold_kubelet
# A disk that hangs must not keep the kubelet stopped: etcdctl has no limit of its own here.
limit=
! { have timeout && timeout 3 true 2>/dev/null; } || limit='timeout 840'
# shellcheck disable=SC2086 # two words, or none
said=$(ETCDCTL_API=3 $limit "$root$tool" "--endpoints=$endpoint" "--cacert=$directory/ca.crt" "--cert=$directory/$name.crt" \
  "--key=$directory/$name.key" snapshot save "$folder/saved.db" 2>&1 </dev/null) ||
  fail "etcdctl snapshot save: $(printf '%s' "$said" | tail -n 1 | cut -c1-500)"
flush "$folder/saved.db" "$folder"
# What runs that were killed have left, once there is a newer one.
for other in "${folder%/*}"/.quorate-*-survivor; do
  [ "$other" = "$folder" ] || rm -rf -- "$other"
done
