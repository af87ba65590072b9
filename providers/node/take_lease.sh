# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# TAKE-OVER SIZE, the record on standard input. Answers `taken` or `held AGE` in the first line, then the record that was there.
take_over=$1
size=$2

{ mkdir -p -- $home && chmod 0700 $home; } || fail "cannot make $home"
chown 0:0 $home 2>/dev/null
lock -x || fail 'a command of an earlier run is still at work, or another run is taking the lease'

before=
if [ -e $record ]; then
  before=$(cat $record) || fail "cannot read $record"
  old=$(age) || fail "cannot read the time of $record"
  who=$(holder)
  if [ "$who" != "$run" ] && [ "$old" -lt $lease_seconds ]; then
    if [ -z "$take_over" ] || [ "$who" != "$take_over" ]; then
      printf 'held %s\n%s\n' "$old" "$before"
      exit 0
    fi
  fi
fi

part=$home/.run.json
rm -f -- $part
cat >$part || fail "cannot write $part"
# A connection that breaks looks like the end of the input.
[ "$(wc -c <$part)" -eq "$size" ] || fail 'the record did not arrive whole'
{ chmod 0600 $part && flush $part && mv -f -- $part $record; } || fail "cannot write $record"
flush $home
printf 'taken %s\n%s\n' "${old:--}" "$before"
