# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# ssh.sh: the lab's key, and what the workstation knows of the nodes' host keys.

ssh_key() { echo "$lab_directory/ssh/id_ed25519"; }

ssh_make_key() {
    mkdir -p "$lab_directory/ssh"
    chmod 700 "$lab_directory/ssh"
    [ -e "$(ssh_key)" ] || ssh-keygen -q -t ed25519 -N '' -C "quorate-lab $lab_name" -f "$(ssh_key)"
}
ssh_make_host_keys() { # NODE DIRECTORY
    local type
    mkdir -p "$2"
    for type in ed25519 ecdsa; do
        [ -e "$2/ssh_host_${type}_key" ] || ssh-keygen -q -t "$type" -N '' -C "$1" -f "$2/ssh_host_${type}_key"
    done
}
ssh_host_lines() { # NODE
    local key
    for key in "$(node_directory "$1")"/host-keys/*.pub; do
        echo "$1,$(node_address "$1") $(cut -d' ' -f1,2 "$key")"
    done
}
ssh_trust() { # NODE: its host keys of today, in the file that is handed to the tool under test
    local file=$lab_directory/ssh/known_hosts
    touch "$file"
    { grep -v "^$1," "$file" || true; ssh_host_lines "$1"; } >"$file.new"
    mv "$file.new" "$file"
}
ssh_write_configuration() {
    local node
    # a file of its own, always up to date: a node with a new host key stays within the lab's own reach
    for node in $(nodes); do ssh_host_lines "$node"; done >"$lab_directory/ssh/known_hosts.lab"
    {
        for node in $(nodes); do
            printf 'Host %s %s\n  HostName %s\n  HostKeyAlias %s\n' "$node" "$(node_address "$node")" "$(node_address "$node")" "$node"
        done
        printf 'Host *\n  User root\n  IdentityFile %s\n  IdentitiesOnly yes\n' "$(ssh_key)"
        printf '  UserKnownHostsFile %s\n  GlobalKnownHostsFile /dev/null\n' "$lab_directory/ssh/known_hosts.lab"
        printf '  StrictHostKeyChecking yes\n  ConnectTimeout 5\n  LogLevel ERROR\n'
    } >"$lab_directory/ssh/config"
}
ssh_node() { local node=$1; shift; on_workstation ssh -F "$lab_directory/ssh/config" "$node" "$@"; }
ssh_wait() { # NODE: until its sshd greets
    # shellcheck disable=SC2016 # for the inner shell
    on_workstation timeout 40 bash -c 'until { exec 3<>"/dev/tcp/$0/22" && read -r -t 3 -u 3 _; } 2>/dev/null; do sleep .1; done' \
        "$(node_address "$1")" || die "$1 does not answer over ssh: see $(node_directory "$1")/console.log"
}
