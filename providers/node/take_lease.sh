# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# DEAD-LEASE SIZE SEEN-RUN..., the record on standard input. Answers `taken`, `held` or `unseen` and the age of the record that was
# there in the first line, then that record.
dead_lease=$1
size=$2
shift 2

# LEASE: whether the plan knows of its run. Of a record that cannot be read nobody can.
seen() {
  [ -n "$1" ] || return 0
  for each in $seen_runs; do
    [ "$each" != "${1%%-*}" ] || return 0
  done
  return 1
}
seen_runs=$*

# WORD: the record that is there stays.
leave_it() {
  printf '%s %s\n%s\n' "$1" "$old" "$before"
  exit 0
}

# Before the lock, so that a sender that stalls keeps nobody from the lease. The shell takes newlines off the end.
given=$(input "$size" && printf x) || fail 'the record did not arrive whole'
{ mkdir -p -- $home && chmod 0700 $home; } || fail "cannot make $home"
chown 0:0 $home 2>/dev/null
lock -x || fail 'a command of an earlier run is still at work, or another run is taking the lease'

before=
if [ -e $record ]; then
  before=$(cat $record) || fail "cannot read $record"
  old=$(age) || fail "cannot read the time of $record"
  who=$(holder)
  if [ "$who" != "$run" ] && { [ -z "$dead_lease" ] || [ "$who" != "$dead_lease" ]; }; then
    [ "$old" -ge $lease_seconds ] || leave_it held
    seen "$who" || leave_it unseen
  fi
fi

part=$home/.run.json
# Half of a record is not left, least of all on a full disk.
trap 'rm -f -- $part' EXIT
trap 'exit 143' HUP INT TERM PIPE
rm -f -- $part
printf %s "${given%x}" >$part || fail "cannot write $part"
# A connection that breaks looks like the end of the input.
[ "$(wc -c <$part)" -eq "$size" ] || fail 'the record did not arrive whole'
{ chmod 0600 $part && flush $part && mv -f -- $part $record; } || fail "cannot write $record"
flush $home
printf 'taken %s\n%s\n' "${old:--}" "$before"
