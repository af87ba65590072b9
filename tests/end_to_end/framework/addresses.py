# SPDX-License-Identifier: Apache-2.0
"""Another address that a machine has beside the lab's."""


def new_address(cluster, node):
    return f"{cluster.lab.subnet}.{150 + int(node[4:])}"


def add_new_addresses(cluster, *nodes):
    """Again where a power cut took them."""
    for node in nodes:
        cluster.moved[node] = new_address(cluster, node)
        cluster.lab.on(node, f"ip address replace {cluster.moved[node]}/24 dev eth0")


def take_new_addresses_away(cluster):
    """Of those that are up: who was struck has lost its own."""
    running = cluster.lab.running()
    for node in tuple(cluster.moved):
        if node not in running:
            cluster.moved.pop(node)
            continue
        cluster.lab.on(node, f"ip address delete {cluster.moved.pop(node)}/24 dev eth0")


def ends_at_new_addresses(cluster, *nodes, host=None):
    """The spec's words of these members. `host`: where SSH goes to."""
    return {node: f"host: {host or cluster.lab.address(node)}, address: {new_address(cluster, node)}" for node in nodes}
