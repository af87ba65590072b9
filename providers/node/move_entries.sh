# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# FROM TO. Every entry by one rename, so that a kill leaves each of them in one of the two places, whole. Where FROM is a file system
# of its own its lost+found stays. A folder of what was set aside is gone once all of that is back.
one_at_a_time
require_lease -s
from=${1%/}
to=${2%/}

# Somebody removed all of it: there is nothing to set aside.
case $to/ in "$from"/*) [ -e "$from" ] || [ -L "$from" ] || exit 0 ;; esac

# Calls its arguments with each entry of FROM that is to be moved.
each_entry() {
  for entry in "$from"/* "$from"/.[!.]* "$from"/..?*; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    case ${entry##*/} in
      .quorate-* | lost+found) ;;
      *) "$@" || return 1 ;;
    esac
  done
}

was_set_aside() {
  case ${from##*/} in .quorate-*) ;; *) return 1 ;; esac
}

# All of it is back already.
if was_set_aside && [ ! -e "$from" ] && [ -e "$to/member" ]; then exit 0; fi
[ -d "$from" ] || fail "$from is no directory"
case $to/ in
  "$from"/.quorate-*) ;;
  "$from"/*) fail "$to is inside $from, and would be moved into itself" ;;
esac

movable() {
  target=$to/${entry##*/}
  { [ ! -e "$target" ] && [ ! -L "$target" ]; } || fail "both $entry and $target are there"
  [ "$(device "$entry")" = "$(device "$to")" ] || fail "$entry is on another file system than $to"
}

move() {
  mv -- "$entry" "$to/" || fail "cannot move $entry"
}

if [ ! -d "$to" ]; then
  { mkdir -p -- "$to" && chmod 0700 "$to"; } || fail "cannot make $to"
fi
# All are looked at before the first is touched.
each_entry movable || exit 1
each_entry move || exit 1
# An etcd that fails takes away what it had made: there may be nothing by now.
case ${to##*/} in .quorate-*) if rmdir -- "$to" 2>/dev/null; then exit 0; fi ;; esac
flush "$to" "$from"
if was_set_aside && rmdir -- "$from" 2>/dev/null; then flush "$to"; fi
