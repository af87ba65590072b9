# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# ...DATA-DIRECTORY FOLDER NAME: FOLDER/saved.db is a snapshot of that data, which nothing has open. A copy of it is served once, with
# --force-new-cluster.
one_at_a_time
require_lease -s
data=$1
folder=$2
name=$3

[ ! -f "$folder/saved.db" ] || exit 0
copy=$folder/copy

clean_up() {
  end_serving
  rm -rf -- "$copy" "$folder/saved.db.part"
  leave_root
}

end_earlier "$copy"
rm -rf -- "$copy"
trap clean_up EXIT
find_root
copy_data "$data" "$copy"
serve_alone "a copy of $data" "$copy" "$name" --force-new-cluster
said=$(ask snapshot save "$folder/saved.db" 2>&1) || fail "etcdctl snapshot save: $(printf '%s' "$said" | tail -n 1 | cut -c1-500)"
flush "$folder"
