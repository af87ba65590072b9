# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# node.sh: a node's files and its life: made, booted, shut down, cut from power, wiped.

node_process() { # its pid 1, as seen from here; fails when the node is not running
    local process
    process=$(cat "$(node_directory "$1")/init.pid" 2>/dev/null) || return 1
    # the number may be another's by now: only a process in the node's own cgroup is meant
    grep -qs "/$workstation/$1\(/\|$\)" "/proc/$process/cgroup" && echo "$process"
}
nodes_running() { local node; for node in $(nodes); do ! node_process "$node" >/dev/null || echo "$node"; done; }
need_running() { node_process "$1" >/dev/null || die "$1 is not running: lab start $1"; }
in_node() { # NODE COMMAND...: without ssh, so that it works on a node that is cut off
    local process node=$1; shift
    process=$(node_process "$node") || die "$node is not running: lab start $node"
    nsenter -t "$process" -m -u -i -n -p -C -r -w -- env -i HOME=/root TERM=dumb \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

node_make() { # NODE: the files of a machine that was just installed
    local directory own; directory=$(node_directory "$1"); own=$directory/upper
    mkdir -p "$own"/{etc/ssh,root/.ssh,home/ops/.ssh,var/lib} "$directory"/{work,root}
    ssh_make_host_keys "$1" "$directory/host-keys"
    cp -p "$directory"/host-keys/* "$own/etc/ssh/"
    echo "$1" >"$own/etc/hostname"
    {
        echo "127.0.0.1 localhost"
        local number; for number in 1 2 3 4 5 6 7 8 9; do echo "$lab_subnet.$((100 + number)) node$number"; done
        echo "$lab_subnet.1 workstation"
    } >"$own/etc/hosts"
    tr -d - </proc/sys/kernel/random/uuid >"$own/etc/machine-id"
    cp "$(ssh_key).pub" "$own/root/.ssh/authorized_keys"
    cp "$(ssh_key).pub" "$own/home/ops/.ssh/authorized_keys"
    chmod 700 "$own"/root "$own"/root/.ssh "$own"/home/ops/.ssh
    chmod 600 "$own"/root/.ssh/* "$own"/home/ops/.ssh/*
    chown -R "$(awk -F: '$1 == "ops" {print $3 ":" $4}' "$(base_root)/etc/passwd")" "$own/home/ops"
    kind_seed_node "$1" "$own"
}

node_boot() {
    local node=$1 directory cgroup _; directory=$(node_directory "$node"); cgroup=$(node_cgroup "$node")
    node_finish_stop "$node"
    cable_unplug "$node"; namespace_remove "$node"; cgroup_remove "$cgroup"; kind_remove_cgroups "$node"
    cable_plug "$node"
    rm -rf "$directory/work"; mkdir -p "$directory/work"; : >"$directory/init.pid"
    (
        cgroup_enter "$cgroup" "$BASHPID"
        kind_enter_cgroups "$node" "$BASHPID"
        exec </dev/null >>"$directory/console.log" 2>&1
        exec setsid nsenter --net="/run/netns/$(node_namespace "$node")" -- \
            unshare --mount --uts --ipc --pid --cgroup --fork --propagation private -- \
            "$lab_home/node/boot" "$directory" "$node" "$lab_directory/layer:$(base_root)" "$kind_boot"
    ) &
    disown
    for _ in $(seq 200); do
        [ -s "$directory/init.pid" ] && return
        sleep .02
    done
    die "$node did not start: see $directory/console.log"
}
node_finish_stop() { # a node that is just shutting down or rebooting is let finish: the lab, not its pid 1, boots it again
    local _ node=$1
    for _ in $(seq 100); do
        node_process "$node" >/dev/null || return 0
        [ "$(in_node "$node" systemctl is-system-running 2>/dev/null || true)" = stopping ] || die "$node runs already"
        sleep .2
    done
    node_crash "$node"
}
node_gone() { # what is left of it when its processes are
    local cgroup; cgroup=$(node_cgroup "$1")
    cgroup_kill "$cgroup"; cgroup_remove "$cgroup"; kind_remove_cgroups "$1"
    namespace_remove "$1"
    : >"$(node_directory "$1")/init.pid"
}
node_crash() { # a power cut: everything in it ends at once, and not a frame of goodbye leaves it
    cable_unplug "$1"
    node_gone "$1"
}
node_stop() {
    local process _
    process=$(node_process "$1") || return 0
    cgroup_freeze "$(node_cgroup "$1")" 0
    kill -s SIGRTMIN+4 "$process"   # how systemd in a container is told to power off
    for _ in $(seq 1200); do
        node_process "$1" >/dev/null || break
        sleep .05
    done
    cable_unplug "$1"
    node_gone "$1"
}
node_freeze() { cgroup_freeze "$(node_cgroup "$1")" 1; }
node_thaw() { cgroup_freeze "$(node_cgroup "$1")" 0; }

node_wipe() { # NODE [--new-host-key]
    ! node_process "$1" >/dev/null || die "$1 runs: stop or crash it first"
    local directory; directory=$(node_directory "$1")
    case ${2:-} in
        --new-host-key) rm -rf "$directory/host-keys";;
        '') ;;
        *) die "wipe NODE [--new-host-key]: what is '$2'?";;
    esac
    rm -rf "$directory/upper" "$directory/work"
    node_make "$1"
    ssh_write_configuration
}
