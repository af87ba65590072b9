# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# states.sh: the nodes' files put by under a name, and put back, without a reboot where a node runs.

saved_directory() {
    [[ ${1:-} =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || die "a saved state needs a name"
    echo "$lab_directory/saved/$1"
}
in_parallel() { # FUNCTION ARGUMENT-AFTER-NODE NODE...
    local function=$1 argument=$2 node jobs=() job failed=0; shift 2
    for node in "$@"; do "$function" "$node" "$argument" & jobs+=($!); done
    for job in "${jobs[@]}"; do wait "$job" || failed=1; done
    return "$failed"
}
copy_files() { cp -a --sparse=always --reflink=auto "$1" "$2"; }

state_hold_node() { # NODE DIRECTORY: all of them are held before the first is copied, so that the copies are of one moment
    local to=$2/$1; mkdir -p "$to"
    node_process "$1" >/dev/null || return 0
    cgroup_freeze "$(node_cgroup "$1")" 0
    touch "$to/runs"
    if kind_pods_active "$1"; then touch "$to/pods"; fi
    kind_stop_pods "$1" gently
}
state_copy_node() { # NODE DIRECTORY
    local to=$2/$1
    copy_files "$(node_directory "$1")/upper" "$to/"
    # what tells of the time before the state, not of it
    rm -rf "$to/upper"/var/log/{journal,pods}
    cp -a "$(node_directory "$1")/host-keys" "$to/"
}
state_resume_node() { # NODE DIRECTORY
    if [ -e "$2/$1/pods" ]; then kind_start_pods "$1"; fi
}
state_save() { # NAME
    local to nodes healthy=; to=$(saved_directory "$1"); nodes=$(nodes)
    rm -rf "$to" "$to.new"; mkdir -p "$to.new"
    if cluster_is_healthy 3; then healthy=yes; fi
    # shellcheck disable=SC2086 # node names are words
    in_parallel state_hold_node "$to.new" $nodes
    # shellcheck disable=SC2086
    in_parallel state_copy_node "$to.new" $nodes
    # shellcheck disable=SC2086
    in_parallel state_resume_node "$to.new" $nodes
    cp -p "$lab_directory/ssh/known_hosts" "$to.new/"
    [ -z "$healthy" ] || touch "$to.new/healthy"
    mv "$to.new" "$to"
    [ -z "$healthy" ] || cluster_wait_healthy
}

state_clear_node() { # NODE DIRECTORY: before any node gets its old data back, or one that has not yet would tell it of newer
    local node=$1 from=$2/$1
    cable_heal "$node"
    if ! node_process "$node" >/dev/null || [ ! -e "$from/runs" ]; then
        node_crash "$node"
        return
    fi
    cgroup_freeze "$(node_cgroup "$node")" 0
    cable_slow "$node" 0
    kind_stop_pods "$node" now
    in_node "$node" systemctl stop ssh
    # sessions, and whatever else a test left running, end here; pid 1 and the journal stay
    end_processes_in "$(node_cgroup "$node")/system.slice"
}
state_load_node() { # NODE DIRECTORY
    local node=$1 from=$2/$1 directory process; directory=$(node_directory "$node")
    rm -rf "$directory/host-keys"; cp -a "$from/host-keys" "$directory/"
    if process=$(node_process "$node"); then
        if /usr/bin/python3 "$lab_home/restore" "$from/upper" "$directory/upper" "/proc/$process/root" "$lab_directory/layer" "$(base_root)" |
            grep -c /systemd/ >/dev/null; then in_node "$node" systemctl daemon-reload; fi
        in_node "$node" sh -c 'systemctl reset-failed; systemctl start --no-block ssh'
    else
        rm -rf "$directory/upper"
        copy_files "$from/upper" "$directory/"
        [ -e "$from/runs" ] || return 0
        node_boot "$node"
    fi
    if [ -e "$from/pods" ]; then kind_start_pods "$node"; fi
    ssh_wait "$node"
}
end_processes_in() { # SLICE
    local unit name
    for unit in "$1"/*; do
        name=$(basename "$unit" .service)
        case " systemd-journald dbus ${kind_services[*]} " in
            *" $name "*) ;;
            *) [ ! -e "$unit/cgroup.kill" ] || echo 1 >"$unit/cgroup.kill";;
        esac
    done
}
state_load() { # NAME
    local from; from=$(saved_directory "$1")
    [ -d "$from" ] || die "lab '$lab_name' has nothing saved as '$1'"
    local nodes; nodes=$(nodes)
    # shellcheck disable=SC2086 # node names are words
    in_parallel state_clear_node "$from" $nodes || die "not all nodes could be stopped"
    # shellcheck disable=SC2086
    in_parallel state_load_node "$from" $nodes || die "not all nodes came back to '$1'"
    cp -p "$from/known_hosts" "$lab_directory/ssh/known_hosts"
    ssh_write_configuration
    [ ! -e "$from/healthy" ] || cluster_wait_healthy
}
