# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# kind.sh: what a kind of lab has where its file in kinds/ says nothing else; see "Another kind" in the README.
# shellcheck disable=SC2034 # for the other parts

kind_boot=''          # a part of node/boot
kind_services=()      # units that a state which is put back leaves alive
kind_machine_packages() { :; }
kind_make_programs() { :; } # what takes minutes, and is made before the base, so that no other lab waits for it
kind_files() { :; }   # what the base is made from besides
kind_missing() { :; } # in one line what cannot be had here
kind_need_machine() { :; }
kind_leave_machine() { :; }
kind_enter_cgroups() { :; }
kind_remove_cgroups() { :; }
kind_found_member() { :; }
kind_settings() { :; } # what is the lab's own of them

use_kind() { # NAME
    [ -e "$lab_home/kinds/$1" ] || die "there is no kind of lab called '$1'"
    lab_kind=$1
    # shellcheck source=/dev/null
    . "$lab_home/kinds/$lab_kind"
}
