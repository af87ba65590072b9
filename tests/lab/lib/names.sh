# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# names.sh: how a lab's directories, namespaces and addresses are called.

lab_store=${QUORATE_LAB_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/quorate-lab}
etcd_store=${LAB_ETCD_DIR:-$lab_store/etcd}

die() { echo "lab: $*" >&2; exit 1; }

name_lab() { # NAME [SUBNET]: a lab that exists keeps the subnet it was made with
    [[ $1 =~ ^[a-z0-9][a-z0-9-]*$ ]] || die "a lab's name is made of a-z, 0-9 and dashes: '$1'"
    lab_name=$1
    lab_directory=$lab_store/labs/$lab_name
    lab_subnet=$(read_setting subnet)
    if [ -n "$lab_subnet" ] && [ -n "${2:-}" ] && [ "$2" != "$lab_subnet" ]; then
        die "lab '$lab_name' has the subnet $lab_subnet: take another name, or end it first"
    fi
    lab_subnet=${lab_subnet:-${2:-10.20.30}}
    [[ $lab_subnet =~ ^[0-9]{1,3}(\.[0-9]{1,3}){2}$ ]] || die "a subnet is three numbers, as 10.20.30: '$lab_subnet'"
    # dots, which no name has, keep apart labs whose names begin alike; the number, those of another QUORATE_LAB_DIR
    workstation=quorate-lab.$(echo "$lab_store" | cksum | cut -d' ' -f1).$lab_name
}

read_setting() { sed -n "s/^$1=//p" "$lab_directory/settings" 2>/dev/null || true; }
write_setting() { echo "$1=$2" >>"$lab_directory/settings"; }

node_number() {
    [[ ${1:-} =~ ^node[1-9]$ ]] || die "no such node name: '${1:-}'"
    echo "${1#node}"
}
node_address() { local number; number=$(node_number "$1"); echo "$lab_subnet.$((100 + number))"; }
node_directory() { echo "$lab_directory/nodes/$1"; }
node_namespace() { echo "$workstation.$1"; }
nodes() {
    local directory
    for directory in "$lab_directory"/nodes/node[1-9]; do
        [ -d "$directory" ] && basename "$directory"
    done
    return 0
}
need_node() {
    node_number "${1:-}" >/dev/null
    [ -d "$(node_directory "$1")" ] || die "lab '$lab_name' has no $1"
}
need_lab() { [ -e "$lab_directory/ready" ] || die "lab '$lab_name' is not up: lab up N"; }
