# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# CERTIFICATE KEY SIZE SIZE, two paths in one folder, both contents on standard input, the certificate's first. etcd reads both at every
# handshake, and fails one between a certificate and another's key (etcd-facts 7): one process renames both, one right after the other.
one_at_a_time
require_lease -s
certificate=$1
key=$2
certificate_size=$3
key_size=$4

own_part "$certificate"
receive $((certificate_size + key_size)) 'the content'
hold_again
for target in "$certificate" "$key"; do
  [ ! -d "$target" ] || fail "$target is a directory"
done
# The name is fixed: what a killed attempt left is overwritten.
pair=$parent/.quorate-pair
trap 'rm -rf -- "$part" "$pair"' EXIT
rm -rf -- "$pair"
mkdir -- "$pair" || fail "cannot make the directory $pair"

new_certificate=$pair/${certificate##*/}
new_key=$pair/${key##*/}
head -c "$certificate_size" "$part" >"$new_certificate" || fail "cannot write $new_certificate"
tail -c "$key_size" "$part" >"$new_key" || fail "cannot write $new_key"
chmod 644 "$new_certificate" || fail "cannot set the mode of $certificate"
# An etcd that is not root's has to be able to read the new key as it could the old one (RootlessControlPlane); but nobody else.
before=$(stat -c '%u:%g %a' -- "$key" 2>/dev/null)
[ -z "$before" ] || chown -- "${before% *}" "$new_key" || fail "cannot give $key to ${before% *}"
case ${before#* } in
  [0-7][0-7]0) chmod -- "${before#* }" "$new_key" || fail "cannot set the mode of $key" ;;
esac
flush "$new_certificate" "$new_key" || fail "cannot sync $pair"
mv -f -- "$new_key" "$new_certificate" "$parent/" || fail "cannot rename $new_certificate and $new_key into $parent"
label "$certificate"
label "$key"
rm -rf -- "$part" "$pair"
flush "$parent"
