# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# Before every script that changes something: `sh -c SCRIPT quorate RUN-ID ARGUMENT...`. Exit 0: done. 75 and a line that begins with
# `quorate-lease: `: the lease is not this run's; or with `quorate-busy: `: not now. 1 and a line on standard output: not done, and why.
set -u
LC_ALL=C
export LC_ALL
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin:${PATH:-}
export PATH
umask 077
home=/var/lib/quorate
record=$home/run.json
lease_seconds=60
run=$1
shift

refuse() {
  printf 'quorate-lease: %s\n' "$*"
  exit 75
}

busy() {
  printf 'quorate-busy: %s\n' "$*"
  exit 75
}

fail() {
  printf '%s\n' "$*"
  exit 1
}

have() {
  command -v "$1" >/dev/null 2>&1
}

# -s | -x: shared by what changes the node, exclusive for who changes the lease, so that a lease is never taken over while a
# command of the run before is still at work. The lock is the open descriptor's: it lives as long as the slowest child.
lock() {
  have flock || return 0
  exec 9>>"$home/.lock" || return 1
  flock "$1" -w 5 9
}

holder() {
  sed -n 's/^.*"runId" *: *"\([^"]*\)".*$/\1/p' "$record" 2>/dev/null | head -n 1
}

age() {
  now=$(date +%s)
  touched=$(stat -c %Y -- "$record") || return 1
  printf '%s' "$((now - touched))"
}

# What was given up at its deadline may still be at work here, and its retry must not write beside it.
one_at_a_time() {
  have flock && [ -d "$home" ] || return 0
  exec 8>>"$home/.change" || fail "cannot write $home/.change"
  flock -x -w 20 8 || busy 'an earlier command is still at work'
}

require_lease() {
  [ -e "$record" ] || refuse 'gone'
  lock "${1:--s}" || refuse 'being changed by another'
  [ -e "$record" ] || refuse 'gone'
  who=$(holder)
  [ "$who" = "$run" ] || refuse "taken over by run ${who:-that cannot be read}"
  old=$(age) || refuse 'gone'
  [ "$old" -lt "$lease_seconds" ] || refuse "expired, $old seconds old"
}

# PATH...: on the disk, as far as this sync can take single files.
flush() {
  sync -- "$@" 2>/dev/null || sync
}

device() {
  stat -c %d -- "$1"
}

# PATH: the directory it is in, made for root alone where it is missing.
make_parent() {
  parent=${1%/*}
  parent=${parent:-/}
  [ -d "$parent" ] || mkdir -p -- "$parent" || fail "cannot make the directory $parent"
}

# SIZE: standard input, in the time that a slow line needs, so that a sender that stalls does not keep this here for ever.
input() {
  if have timeout && timeout 3 true 2>/dev/null; then
    timeout "$((60 + $1 / 65536))" cat
  else
    cat
  fi
}

# TARGET: `part` is a file beside it that only this shell has, and not beyond its end. Those of earlier attempts go: what of these is
# still at work finds that in hold_again. The kubelet takes no file whose name begins with a dot.
own_part() {
  make_parent "$1"
  part=$parent/.${1##*/}.quorate
  rm -f -- "$part" "$part".*
  part=$part.$run.$$
  trap 'rm -f -- "$part"' EXIT
  trap 'exit 143' HUP INT TERM PIPE
}

# SIZE WHAT: standard input into the part, without the locks: a sender that stalls keeps nobody from the node or the lease. To go on,
# hold_again.
receive() {
  {
    exec 8>&- 9>&-
    input "$1"
  } >"$part"
  # At its time's end timeout exits with 124, busybox's by the signal; then not all is there.
  case $? in
    0 | 124 | 143) ;;
    *) give_up "cannot write $part" ;;
  esac
  # A connection that breaks looks like the end of the input.
  [ "$(stat -c %s -- "$part" 2>/dev/null)" = "$1" ] || give_up "$2 did not arrive whole"
}

# The locks and the lease as at the beginning.
hold_again() {
  one_at_a_time
  require_lease -s
  [ -e "$part" ] || fail 'a later attempt has come between'
}

# WHY, without the locks: that the lease is another's by now says more.
give_up() {
  require_lease -s
  fail "$*"
}

# PATH: SELinux's label by the policy, where there is one.
label() {
  [ -e /sys/fs/selinux/enforce ] || return 0
  ! have restorecon || restorecon -- "$1"
}
