# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# ...DATA-DIRECTORY FOLDER NAME: FOLDER/new is a copy of that data, which nothing has open, after it was served once with
# --force-new-cluster.
one_at_a_time
require_lease -s
data=$1
folder=$2
name=$3

[ ! -d "$folder/new/member" ] || exit 0
copy=$folder/new.part

clean_up() {
  end_serving
  rm -rf -- "$copy"
  leave_root
}

end_earlier "$copy"
rm -rf -- "$copy" "$folder/new"
trap clean_up EXIT
find_root
copy_data "$data" "$copy"
serve_alone "a copy of $data" "$copy" "$name" --force-new-cluster
end_serving
process=
rm -f -- "$copy/log" "$copy"/localhost:*
chown -R -- "$(stat -c %u:%g -- "$data/member")" "$copy/member" || fail "cannot give $copy to whose the data is"
flush "$copy"/member/snap/* "$copy"/member/wal/* || fail "cannot sync $copy"
mv -- "$copy" "$folder/new" || fail "cannot rename $copy to $folder/new"
flush "$folder"
