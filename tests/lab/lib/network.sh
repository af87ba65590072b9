# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# network.sh: the workstation's namespace with the bridge in it, and the nodes' cables: plugged, cut, slowed.

on_workstation() { nsenter --net="/run/netns/$workstation" -- "$@"; }

workstation_up() {
    [ -e "/run/netns/$workstation" ] && return
    ip netns add "$workstation"
    on_workstation ip link set lo up
    # without a forward delay, or a node could not be reached for its first 15 seconds
    on_workstation ip link add br0 type bridge forward_delay 0
    on_workstation ip address add "$lab_subnet.1/24" dev br0
    on_workstation ip link set br0 up
}
cable_plug() { # NODE
    local namespace number
    namespace=$(node_namespace "$1"); number=$(node_number "$1")
    ip netns add "$namespace"
    on_workstation ip link add "v$1" type veth peer name eth0 netns "$namespace"
    on_workstation ip link set "v$1" master br0 up
    ip -netns "$namespace" -batch - <<-X
		link set lo up
		link set eth0 address 02:00:00:00:00:$((10 + number))
		address add $(node_address "$1")/24 dev eth0
		link set eth0 up
		route add default via $lab_subnet.1
	X
}
cable_unplug() { # first the cable, so that a dying node sends nothing; the namespace may only go when its processes are gone
    cable_slow "$1" 0
    on_workstation ip link delete "v$1" 2>/dev/null || true
}
namespace_remove() { ip netns delete "$(node_namespace "$1")" 2>/dev/null || true; }

cable_cut() { # NODE [--peers | --ports PORT,PORT | OTHER...]: frames go missing without a word, as in a broken switch
    local node=$1 table="bridge cut_$1" from to other; shift
    # a slowed node is on the bridge by another device
    from="iifname { \"v$node\", \"b$node\" }"; to="oifname { \"v$node\", \"b$node\" }"
    cable_heal "$node"
    {
        echo "add table $table"
        echo "add chain $table forward { type filter hook forward priority 0; }"
        case ${1:-} in
            '')
                echo "add chain $table input { type filter hook input priority 0; }"
                echo "add chain $table output { type filter hook output priority 0; }"
                echo "add rule $table input $from drop"
                echo "add rule $table output $to drop"
                echo "add rule $table forward $from drop"
                echo "add rule $table forward $to drop";;
            --peers)
                echo "add rule $table forward $from drop"
                echo "add rule $table forward $to drop";;
            --ports)
                echo "add rule $table forward $from tcp dport { ${2:?which ports} } drop"
                echo "add rule $table forward $to tcp dport { $2 } drop";;
            *)
                for other in "$@"; do
                    need_node "$other"
                    echo "add rule $table forward $from oifname { \"v$other\", \"b$other\" } drop"
                    echo "add rule $table forward $to iifname { \"v$other\", \"b$other\" } drop"
                done;;
        esac
    } | on_workstation nft -f -
}
cable_heal() { on_workstation nft delete table bridge "cut_$1" 2>/dev/null || true; }
cable_is_cut() { on_workstation nft list table bridge "cut_$1" >/dev/null 2>&1; }

cable_slow() { # NODE MILLISECONDS: every frame is late by that much each way; 0 ends it
    local node=$1 milliseconds=$2 device cgroup ready
    cgroup=$(lab_cgroup)/slow-$node
    [ -d "$cgroup" ] || [ "$milliseconds" != 0 ] || return 0
    cgroup_kill "$cgroup"; cgroup_remove "$cgroup"
    rm -f "$(node_directory "$node")/slow"
    on_workstation ip link delete "s$node" 2>/dev/null || true
    on_workstation ip link set "v$node" master br0 2>/dev/null || true
    [ "$milliseconds" != 0 ] || return 0
    on_workstation ip link set "v$node" nomaster
    on_workstation ip link add "s$node" type veth peer name "b$node"
    # frames are carried one by one: no device may merge them, or leave a checksum to a device that is not there
    for device in "v$node" "s$node" "b$node"; do
        on_workstation ethtool -K "$device" tx off rx off gso off tso off gro off >/dev/null
    done
    nsenter --net="/run/netns/$(node_namespace "$node")" -- ethtool -K eth0 tx off rx off gso off tso off gro off >/dev/null
    on_workstation ip link set "s$node" up
    on_workstation ip link set "b$node" master br0 up
    exec {ready}< <(
        cgroup_enter "$cgroup" "$BASHPID"
        exec </dev/null 2>/dev/null
        exec setsid nsenter --net="/run/netns/$workstation" -- /usr/bin/python3 "$lab_home/delay" "v$node" "s$node" "$milliseconds"
    )
    read -r -u "$ready" _ || die "the delay of $node did not start"
    exec {ready}<&-
    echo "$milliseconds" >"$(node_directory "$node")/slow"
}
