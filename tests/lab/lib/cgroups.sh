# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# cgroups.sh: one version 2 cgroup for each node, to freeze it, to kill it at one stroke, and for its systemd to live in.
# Version 2 can be mounted beside version 1's hierarchies and needs no controller for any of this.

cgroup_own_mount=/run/quorate-lab/cgroup

cgroup_root() {
    awk '$3 == "cgroup2" {print $2; exit}' /proc/self/mounts
}
need_cgroups() {
    [ -n "$(cgroup_root)" ] && return
    mkdir -p "$cgroup_own_mount"
    mount -t cgroup2 -o nosuid,nodev,noexec quorate-lab "$cgroup_own_mount"
}
lab_cgroup() { echo "$(cgroup_root)/$workstation"; }
node_cgroup() { echo "$(lab_cgroup)/$1"; }

cgroup_enter() { # CGROUP PROCESS
    mkdir -p "$1"
    echo "$2" >"$1/cgroup.procs"
}
cgroup_has_processes() { grep -qs 'populated 1' "$1/cgroup.events"; }
cgroup_kill() { # everything in it, and in those below it, at once
    [ -d "$1" ] || return 0
    echo 1 >"$1/cgroup.kill"
    local _
    for _ in $(seq 200); do
        cgroup_has_processes "$1" || return 0
        sleep .05
    done
    die "processes in $1 do not end"
}
cgroup_remove() {
    [ -d "$1" ] || return 0
    find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [ ! -d "$1" ] || { sleep .2; find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true; }
}
cgroup_freeze() { # CGROUP 1|0
    local _
    echo "$2" >"$1/cgroup.freeze"
    for _ in $(seq 100); do
        grep -q "frozen $2" "$1/cgroup.events" && return
        sleep .02
    done
    die "$1 does not freeze"
}
cgroups_unmount() { # only what a lab mounted, and only when no lab is left in it
    mountpoint -q "$cgroup_own_mount" || return 0
    if ! ls -d "$cgroup_own_mount"/quorate-lab.* >/dev/null 2>&1; then
        umount "$cgroup_own_mount" 2>/dev/null && rmdir -p --ignore-fail-on-non-empty "$cgroup_own_mount"
    fi
    return 0
}
