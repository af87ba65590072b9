# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# ...DATA-DIRECTORY FOLDER NAME: FOLDER/saved.db is a snapshot of that data, which nothing has open. A copy of it is served once, with
# --force-new-cluster, on sockets in the copy's own folder and without a network, so that nobody but etcdctl meets it (etcd-facts 3).
one_at_a_time
require_lease -s
data=$1
folder=$2
name=$3

[ ! -f "$folder/saved.db" ] || exit 0
copy=$folder/copy
process=

# A copy that outlived the shell that had started it.
end_earlier() {
  for earlier in /proc/[0-9]*; do
    tr '\0' '\n' <"$earlier/cmdline" 2>/dev/null | grep -qxF -e "--data-dir=$copy" || continue
    kill -KILL "${earlier#/proc/}" 2>/dev/null
  done
}

clean_up() {
  [ -z "$process" ] || kill -KILL "$process" 2>/dev/null
  cd / || return
  rm -rf -- "$copy" "$folder/saved.db.part"
  leave_root
}

ask() {
  ETCDCTL_API=3 "$root${tool%/*}/etcdctl" --endpoints=unix://localhost:2379 "$@" </dev/null
}

# It answers once it has applied all that it holds. etcd waits for no lock of its own on a copy.
await_it() {
  tries=0
  until ask --command-timeout=5s endpoint health >/dev/null 2>&1; do
    kill -0 "$process" 2>/dev/null || fail "etcd cannot serve a copy of $data: $(tail -n 1 log | cut -c1-500)"
    tries=$((tries + 1))
    [ $tries -lt 600 ] || fail "etcd does not serve a copy of $data: $(tail -n 1 log | cut -c1-500)"
    sleep 0.2
  done
}

end_earlier
rm -rf -- "$copy"
trap clean_up EXIT
find_root
[ -x "$root${tool%/*}/etcdctl" ] || fail "there is no etcdctl beside $tool"
mkdir -p -- "$copy" || fail "cannot make $copy"
cp -a -- "$data/member" "$copy/member" || fail "cannot copy $data/member"
cd "$copy" || fail "cannot enter $copy"
alone=
! unshare -n true 2>/dev/null || alone='unshare -n'
$alone "$root$tool" "--name=$name" "--data-dir=$copy" --force-new-cluster --listen-client-urls=unix://localhost:2379 \
  --advertise-client-urls=unix://localhost:2379 --listen-peer-urls=unix://localhost:2380 --initial-advertise-peer-urls=unix://localhost:2380 \
  "--initial-cluster=$name=unix://localhost:2380" >log 2>&1 </dev/null 8>&- 9>&- &
process=$!
await_it
said=$(ask snapshot save "$folder/saved.db" 2>&1) || fail "etcdctl snapshot save: $(printf '%s' "$said" | tail -n 1 | cut -c1-500)"
flush "$folder"
