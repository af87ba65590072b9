# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# cluster.sh: a whole lab: brought up, looked at, ended.

etcd_nodes() { # those that run, and are told to run etcd
    local node
    for node in $(nodes_running); do
        ! in_node "$node" test -e /etc/kubernetes/manifests/etcd.yaml || echo "$node"
    done
}
cluster_is_healthy() { # SECONDS
    local nodes; nodes=$(etcd_nodes)
    # shellcheck disable=SC2086 # node names are words
    [ -n "$nodes" ] && in_parallel healthy_node "$1" $nodes
}
healthy_node() { # NODE SECONDS: until its etcd says that it has a leader and commits
    in_node "$1" python3 -c '
import sys, time, urllib.request
until = time.monotonic() + float(sys.argv[1])
while time.monotonic() < until:
    try:
        with urllib.request.urlopen("http://127.0.0.1:2381/health", timeout=5) as answer:
            if b"\"true\"" in answer.read():
                sys.exit(0)
    except OSError:
        pass
    time.sleep(0.05)
sys.exit(1)' "$2"
}
cluster_wait_healthy() { cluster_is_healthy 60 || die "lab '$lab_name': etcd is not healthy on every node after 60 s"; }

start_clock() { clock=$(date +%s.%N); }
elapsed() { awk -v from="$clock" -v to="$(date +%s.%N)" 'BEGIN {printf "%.1f s", to - from}'; }

lab_up() { # NODES [--members M] [--etcd VERSION] [--kubernetes [VERSION]]
    local count=${1:-3} members='' version=$etcd_usual number node initial='' authority missing jobs=() job
    [ $# = 0 ] || shift
    while [ $# -gt 0 ]; do
        case $1 in
            --members) members=$2; shift 2;;
            --etcd) version=$2; shift 2;;
            --kubernetes) shift; [[ ! ${1:-} =~ ^1\.[0-9]+\.[0-9]+$ ]] || shift;;
            *) die "up: what is '$1'?";;
        esac
    done
    members=${members:-$count}
    [[ $count =~ ^[1-9]$ && $members =~ ^[0-9]$ && $members -le $count ]] || die "up N [--members M]: 1 to 9 nodes"
    [ "$version" = "$etcd_default" ] || [ -x "$etcd_store/$version/etcd" ] || die "no $etcd_store/$version/etcd: lab fetch-etcd"
    [ ! -e "$lab_directory/ready" ] || die "lab '$lab_name' is up already: lab down"
    # an 'up' that was broken off
    [ ! -e "$lab_directory" ] || lab_down
    start_clock
    missing=$(kind_missing); [ -z "$missing" ] || die "NOT HAD: $missing"
    need_cgroups
    # what begins here can be ended with the lab, even when this process is gone by then
    cgroup_enter "$(lab_cgroup)/up" "$BASHPID"
    base_build
    mkdir -p "$lab_directory/nodes"
    write_setting subnet "$lab_subnet"; write_setting kind "$lab_kind"; write_setting base "$(base_root)"; write_setting etcd "$version"
    kind_settings
    kind_need_machine
    workstation_up
    ssh_make_key
    authority=$lab_directory/authority
    pki_make_authority "$authority" & jobs+=($!)
    kind_make_layer "$lab_directory/layer"
    for number in $(seq "$count"); do node_make "node$number" & jobs+=($!); done
    for job in "${jobs[@]}"; do wait "$job"; done
    for number in $(seq "$members"); do initial+=${initial:+,}node$number=https://$(node_address "node$number"):2380; done
    jobs=()
    for number in $(seq "$members"); do
        kind_seed_member "node$number" "$(node_directory "node$number")/upper" "$authority" "$version" "$initial" & jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job"; done
    for node in $(nodes); do ssh_trust "$node"; done
    ssh_write_configuration
    jobs=()
    for node in $(nodes); do node_boot "$node" & jobs+=($!); done
    for job in "${jobs[@]}"; do wait "$job"; done
    for node in $(nodes); do ssh_wait "$node"; done
    jobs=()
    for number in $(seq "$members"); do kind_found_member "node$number" & jobs+=($!); done
    for job in "${jobs[@]}"; do wait "$job"; done
    [ "$members" = 0 ] || cluster_wait_healthy
    touch "$lab_directory/ready"
    echo "up: $(nodes | xargs) in $(elapsed)"
}

lab_down() { # also what is left of a lab whose 'up' or whose files went missing half-way
    local namespace cgroup node
    cgroup=$(lab_cgroup)
    if [ -n "$(cgroup_root)" ]; then cgroup_kill "$cgroup"; cgroup_remove "$cgroup"; cgroups_unmount; fi
    for node in $(nodes); do kind_remove_cgroups "$node"; done
    kind_leave_machine
    for namespace in /run/netns/"$workstation".node[1-9] /run/netns/"$workstation"; do
        [ ! -e "$namespace" ] || ip netns delete "$(basename "$namespace")"
    done
    rm -rf "$lab_directory"
}

lab_status() {
    local node state
    for node in $(nodes); do
        state=down
        if node_process "$node" >/dev/null; then
            state=up
            ! grep -qs 'frozen 1' "$(node_cgroup "$node")/cgroup.events" || state+=' frozen'
            ! cable_is_cut "$node" || state+=' cut'
            [ ! -e "$(node_directory "$node")/slow" ] || state+=" slow=$(cat "$(node_directory "$node")/slow")"
        fi
        echo "$node $(node_address "$node") $state"
    done
}

lab_environment() {
    local node
    echo "LAB_DIR=$lab_directory"
    echo "LAB_SSH_KEY=$(ssh_key)"
    echo "LAB_KNOWN_HOSTS=$lab_directory/ssh/known_hosts"
    echo "LAB_SSH_CONFIG=$lab_directory/ssh/config"
    echo "LAB_ETCD_STORE=$etcd_store"
    echo "LAB_ETCD_VERSION=$(read_setting etcd)"
    for node in $(nodes); do echo "LAB_${node^^}=$(node_address "$node")"; done
}

lab_specification() {
    local node
    printf 'apiVersion: quorate/v1alpha1\nkind: EtcdCluster\nmetadata:\n  name: lab\nspec:\n  ssh:\n    user: root\n'
    printf '    identityFile: %s\n    knownHostsFile: %s\n  members:\n' "$(ssh_key)" "$lab_directory/ssh/known_hosts"
    for node in $(nodes); do echo "    - {name: $node, host: $(node_address "$node")}"; done
}
