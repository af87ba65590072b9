# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# ...FOLDER NAME REVISION KEYS HASH: what is restored in FOLDER/new, a cluster of one, serves so many keys at that revision, and with that
# hash where one is given.
one_at_a_time
require_lease -s
folder=$1
name=$2
revision=$3
keys=$4
hash=$5

clean_up() {
  end_serving
  leave_root
}

end_earlier "$folder/new"
trap clean_up EXIT
find_root
serve_alone "what is restored" "$folder/new" "$name"
# 3.4's etcdctl has no --count-only; the count is of all, whatever the limit.
said=$(ask get '' --prefix --keys-only --limit=1 --write-out=fields "--rev=$revision" 2>&1)
served=$(printf '%s\n' "$said" | sed -n 's/^"Count" : //p')
[ -n "$served" ] || fail "what is restored does not tell its keys at revision $revision: $(printf '%s' "$said" | tail -n 1 | cut -c1-500)"
[ "$served" = "$keys" ] || fail "what is restored has $served keys at revision $revision, and not $keys"
[ -n "$hash" ] || exit 0
said=$(ask endpoint hashkv "--rev=$revision" 2>&1)
served=$(printf '%s\n' "$said" | sed -n 's/^unix:[^,]*, *\([0-9]*\).*$/\1/p')
[ -n "$served" ] || fail "what is restored does not tell its hash: $(printf '%s' "$said" | tail -n 1 | cut -c1-500)"
[ "$served" = "$hash" ] || fail "what is restored has the hash $served at revision $revision, and not $hash"
