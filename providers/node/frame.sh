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

if have base64; then encoder=base64; elif have od; then encoder=hex; else encoder=none; fi

encode() {
  case $encoder in
    base64) base64 <"$1" ;;
    hex) od -An -v -tx1 <"$1" ;;
    *) return 1 ;;
  esac
}

# NAME PATH LIMIT: one line `OWNER MODE MTIME SIZE ENCODING LENGTH-OF-PATH`, the path, a newline, the encoded bytes.
emit_file() {
  status=$(stat -L -c '%u:%g %a %Y %s' -- "$2" 2>/dev/null) || status='- - 0 0'
  encoded=
  if [ ! -e "$2" ]; then
    encoding=absent
  elif [ "${status##* }" -gt "$3" ]; then
    encoding=too-large
  elif [ "$encoder" = none ]; then
    encoding=no-encoder
  elif encoded=$(encode "$2" 2>/dev/null); then
    encoding=$encoder
  else
    encoding=unreadable
    encoded=
  fi
  emit "$1" "$status $encoding ${#2}$newline$2$newline$encoded"
}
