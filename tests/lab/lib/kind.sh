# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# kind.sh: what a kind of lab has where its file in kinds/ says nothing else; see "Another kind" in the README.
# shellcheck disable=SC2034 # for the other parts

kind_boot=''          # a part of node/boot
kind_services=()      # units that a state which is put back leaves alive
kind_machine_packages() { :; }
kind_files() { :; }   # what the base is made from besides
kind_missing() { :; } # in one line what cannot be had here
kind_need_machine() { :; }
kind_leave_machine() { :; }
kind_enter_cgroups() { :; }
kind_remove_cgroups() { :; }
kind_found_member() { :; }

take_etcd_away() { # ROOT TO: a real node has it in images alone
    mkdir -p "$2"
    mv "$1"/usr/bin/etcd "$1"/usr/bin/etcdctl "$2/"
    rm -rf "$1"/lib/systemd/system/etcd.service "$1"/etc/systemd/system/{multi-user.target.wants/etcd.service,etcd2.service} \
        "$1"/etc/default/etcd "$1"/etc/init.d/etcd "$1"/var/lib/etcd "$1"/usr/bin/etcd-dump* "$1"/etc/etcd
}
etcd_image() {
    case $1 in
        "$etcd_default") echo k8s.gcr.io/etcd:3.4.13-0;;   # what kubeadm 1.20 asks for, played by Debian's
        *) echo "registry.k8s.io/etcd:$1-0";;
    esac
}

use_kind() { # NAME
    [ -e "$lab_home/kinds/$1" ] || die "there is no kind of lab called '$1'"
    lab_kind=$1
    # shellcheck source=/dev/null
    . "$lab_home/kinds/$lab_kind"
}
