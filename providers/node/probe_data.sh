# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The part of the probe that looks into etcd's data directory. After probe.sh.

# PATH: whether something is mounted there, bind mounts too.
mounted() {
  real=$(cd "$1" 2>/dev/null && pwd -P) || return 1
  cut -d' ' -f5 /proc/self/mountinfo 2>/dev/null | grep -qxF -e "$real"
}

# DATABASE: bbolt holds a lock on the file while it is open. The inode in /proc/locks may be that of a layer below, so etcd's own
# descriptors are looked at too.
held() {
  inode=$(stat -L -c %i -- "$1" 2>/dev/null) || return 1
  holders=$(sed -n "s|.* \\([-0-9]*\\) [0-9a-f]*:[0-9a-f]*:$inode .*|\\1|p" /proc/locks 2>/dev/null)
  for process in $holders; do
    # A holder in another PID namespace has no number here.
    [ "$process" -gt 0 ] || return 0
    open_in "/proc/$process" "$1" && return 0
  done
  for process in $etcd_processes; do
    open_in "$process" "$1" && return 0
  done
  return 1
}

open_in() {
  for descriptor in "$1"/fd/*; do
    # shellcheck disable=SC3013 # dash, bash and busybox have -ef, and it costs no process
    [ "$descriptor" -ef "$2" ] && return 0
  done
  return 1
}

# PREFIX PATTERN...: the last name in the directory's order; globs are sorted.
last_name() {
  last=
  for file in "$@"; do
    [ ! -f "$file" ] || last=${file##*/}
  done
  printf '%s' "$last"
}

# FOLDER: what a run set aside, or works in. A snapshot is there once it is proven (put_snapshot.sh).
quorates_folder() {
  modified=$(stat -c %Y -- "$1" 2>/dev/null)
  member=no
  [ ! -d "$1/member" ] || member=yes
  restored=no
  [ ! -d "$1/new/member" ] || restored=yes
  size=-
  digest=-
  if [ -f "$1/snapshot.db" ] && [ -f "$1/snapshot.db.sha256" ]; then
    size=$(stat -c %s -- "$1/snapshot.db" 2>/dev/null)
    read -r digest <"$1/snapshot.db.sha256"
  fi
  emit set-aside "${modified:-0} $member $restored ${size:--} ${digest:--}$newline$1"
}

data_entries() {
  number=0
  for file in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    [ -e "$file" ] || [ -L "$file" ] || continue
    case ${file##*/} in
      .quorate-*)
        quorates_folder "$file"
        ;;
      # the file system's own, where it is one
      lost+found) ;;
      *)
        number=$((number + 1))
        [ "$number" -gt 200 ] || emit data-entry "${file##*/}"
        ;;
    esac
  done
  [ "$number" -le 200 ] || unknown data_directory.entries "$number entries, of which the first 200 are shown"
}

# PATH USED: kibibytes, or nothing where it is not known. What is free beside them in its file system; and where that is little, what
# is largest there.
data_space() {
  file_system=$(bounded df -Pk -- "$1" 2>/dev/null |
    { read -r _ && read -r _ size _ available _ mount && printf '%s %s %s' "$available" "$size" "$mount"; })
  free=${file_system%% *}
  emit data-space "${2:--} ${free:--}"
  [ -n "$free" ] || return 0
  file_system=${file_system#* }
  size=${file_system%% *}
  # A tenth is what the kubelet's eviction goes by.
  [ "$free" -lt $((${2:-0} * 2 + 524288)) ] || [ "$free" -lt $((size / 10)) ] || return 0
  # What is not looked at in time is left out: a full disk is slow, and the whole answer must not be late by that.
  emit disk-use "$(briefly du -xak -d 4 -- "${file_system#* }" 2>/dev/null | sort -rn | head -n 30)"
}

# PATH: where it would be made.
absent_data() {
  parent=$1
  until [ -d "$parent/" ]; do parent=${parent%/*}; done
  emit data-state absent
  data_space "$parent/" 0
}

first_wal() {
  for file in "$1"/member/wal/*.wal; do
    [ -f "$file" ] || continue
    # Its first records name the member and the cluster.
    case $encoder in
      base64) emit wal-head "base64 $(head -c 512 "$file" 2>/dev/null | base64)" ;;
      hex) emit wal-head "hex $(head -c 512 "$file" 2>/dev/null | od -An -v -tx1)" ;;
      *) emit wal-head none ;;
    esac
    return
  done
}

# FACT PATH: 0 where it is there, 1 where it is not; 2 where that cannot be said, and the fact is unknown. Looked at once for both:
# what an etcd that is being restarted makes at this moment would be missing first, and no reason would be found afterwards.
listed() {
  said=$(bounded ls -A -- "$2" 2>&1 >/dev/null) && return
  case $said in
    *'No such file or directory') return 1 ;;
    *) unknown "$1" "$(printf '%s' "${said:-it cannot be listed, and not a word says why}" | tail -n 1 | cut -c1-500)" ;;
  esac
  return 2
}

# PATH: a log that cannot be listed is not one that is not there.
see_log() {
  bounded ls -A -- "$1" "$1/member" "$1/member/wal" >/dev/null 2>&1 && return
  for folder in "$1" "$1/member" "$1/member/wal"; do
    listed data_directory.initialised "$folder" || return
  done
}

data_directory() {
  path=$1
  if [ -z "$path" ]; then
    configured data-dir
    path=$value
  fi
  path=${path:-/var/lib/etcd}
  emit data-directory "$path"
  if [ ! -d "$path" ]; then
    # What is there and is no directory, on a disk that fails or in its place, is unknown.
    listed data_directory "$path/"
    case $? in
      0) ;;
      1)
        absent_data "$path"
        return
        ;;
      *) return ;;
    esac
  fi
  see_log "$path"
  mount=no
  ! mounted "$path" || mount=yes
  hold=no
  ! held "$path/member/snap/db" || hold=yes
  owner=$(stat -L -c '%u:%g %a' -- "$path" 2>/dev/null)
  member_owner=$(stat -L -c '%u:%g' -- "$path/member" 2>/dev/null)
  emit data-state "present ${owner:-- -} ${member_owner:--} $mount $hold"
  data_space "$path" "$(bounded du -sk -- "$path" 2>/dev/null | { read -r size _ && printf '%s' "$size"; })"
  data_entries "$path"
  emit newest-wal "$(last_name "$path"/member/wal/*.wal)"
  emit newest-snapshot "$(last_name "$path"/member/snap/*.snap)"
  first_wal "$path"
}
