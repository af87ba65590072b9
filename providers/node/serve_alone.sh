# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# After tool_root.sh, before scripts that serve data once to nobody but etcdctl: on sockets in the data's own folder and without a network,
# so that no member of any cluster meets it (etcd-facts 3). Whoever calls serve_alone ends it by end_serving.
process=

# DIRECTORY: an etcd over it that outlived the shell that had started it.
end_earlier() {
  for earlier in /proc/[0-9]*; do
    { tr '\0' '\n' <"$earlier/cmdline"; } 2>/dev/null | grep -qxF -e "--data-dir=$1" || continue
    kill -KILL "${earlier#/proc/}" 2>/dev/null
  done
}

# What still runs keeps the image it runs from mounted.
end_serving() {
  if [ -n "$process" ]; then
    kill -KILL "$process" 2>/dev/null
    wait "$process" 2>/dev/null
  fi
  cd / || return
}

# DATA-DIRECTORY DIRECTORY
copy_data() {
  mkdir -p -- "$2" || fail "cannot make $2"
  cp -a -- "$1/member" "$2/member" || fail "cannot copy $1/member"
}

ask() {
  ETCDCTL_API=3 "$root${tool%/*}/etcdctl" --endpoints=unix://localhost:2379 "$@" </dev/null
}

# WHAT DIRECTORY NAME ARGUMENT...: returns once it answers, having applied all that it holds. etcd waits for no lock of its own there.
serve_alone() {
  what=$1
  directory=$2
  member=$3
  shift 3
  [ -x "$root${tool%/*}/etcdctl" ] || fail "there is no etcdctl beside $tool"
  cd "$directory" || fail "cannot enter $directory"
  # One that was killed leaves its sockets, and etcd 3.4 does not listen for clients at one that is there.
  rm -f -- localhost:2379 localhost:2380
  alone=
  ! unshare -n true 2>/dev/null || alone='unshare -n'
  $alone "$root$tool" "--name=$member" "--data-dir=$directory" "$@" --listen-client-urls=unix://localhost:2379 \
    --advertise-client-urls=unix://localhost:2379 --listen-peer-urls=unix://localhost:2380 \
    --initial-advertise-peer-urls=unix://localhost:2380 "--initial-cluster=$member=unix://localhost:2380" >log 2>&1 </dev/null 8>&- 9>&- &
  process=$!
  give_up_at=$(($(date +%s) + 600))
  until ask --command-timeout=5s endpoint health >/dev/null 2>&1; do
    kill -0 "$process" 2>/dev/null || fail "etcd cannot serve $what: $(tail -n 1 log | cut -c1-500)"
    [ "$(date +%s)" -lt $give_up_at ] || fail "etcd does not serve $what: $(tail -n 1 log | cut -c1-500)"
    sleep 0.2
  done
}
