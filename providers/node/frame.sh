# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# How a script answers, read by frames.cc: records `=NAME LENGTH`, a newline, LENGTH bytes, a newline; at the very end
# `=end LENGTH` with the number of records before it. What is cut off or mixed with anything else cannot pass for an answer.
# Lengths are of bytes only in this locale.
LC_ALL=C
export LC_ALL
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin:${PATH:-}
export PATH
newline='
'
records=0

emit() {
  records=$((records + 1))
  printf '=%s %s\n%s\n' "$1" "${#2}" "$2"
}

emit_end() {
  printf '=end %s\n%s\n' "${#records}" "$records"
}

# FACT REASON: the parser takes it as the reason why a fact is not known.
unknown() {
  emit unknown "$1$newline$2"
}

have() {
  command -v "$1" >/dev/null 2>&1
}

if have base64; then
  encoder=base64 encode=base64
elif have od; then
  encoder=hex encode='od -An -v -tx1'
else
  encoder=none encode=false
fi

# NAME PATH STATUS LIMIT: one line `OWNER MODE MTIME SIZE ENCODING LENGTH-OF-PATH`, the path, a newline, the encoded bytes.
emit_content() {
  encoded=
  if [ ! -e "$2" ]; then
    encoding=absent
  elif [ "${3##* }" -gt "$4" ]; then
    encoding=too-large
  elif [ "$encoder" = none ]; then
    encoding=no-encoder
  elif encoded=$($encode <"$2" 2>/dev/null); then
    encoding=$encoder
  else
    encoding=unreadable
    encoded=
  fi
  emit "$1" "$3 $encoding ${#2}$newline$2$newline$encoded"
}

# NAME LIMIT PATH...: a record for each. Processes are what a probe's time goes into: one stat tells of all, and a file whose line
# it is not (one that came or went meanwhile, or has a newline in its name) is looked at alone.
emit_files() {
  name=$1
  limit=$2
  shift 2
  statuses=$(stat -L -c '%u:%g %a %Y %s %n' -- "$@" 2>/dev/null)
  for file in "$@"; do
    status=${statuses%%"$newline"*}
    case $status in
      *" $file")
        status=${status%" $file"}
        statuses=${statuses#*"$newline"}
        ;;
      *) status=$([ -e "$file" ] && stat -L -c '%u:%g %a %Y %s' -- "$file" 2>/dev/null) || status='- - 0 0' ;;
    esac
    emit_content "$name" "$file" "$status" "$limit"
  done
}

# NAME LIMIT PATH...: emit_files for those that are files: a pattern that matched nothing stands for itself.
emit_plain_files() {
  record=$1
  bytes=$2
  shift 2
  for file in "$@"; do
    shift
    [ ! -f "$file" ] || set -- "$@" "$file"
  done
  [ $# = 0 ] || emit_files "$record" "$bytes" "$@"
}
