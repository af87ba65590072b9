# SPDX-License-Identifier: Apache-2.0
"""Ways in which nodes break."""
import base64

from .lab import MANIFESTS, until

STOP = f"""
mkdir -p /root/broken
mv {MANIFESTS}/etcd.yaml /root/broken/etcd.yaml
"""


# As a runtime stops a container: without a quorum etcd waits in vain for one to hand over to, and is killed in the end.
END_ETCD = """
for process in $(pgrep -x etcd); do
    kill $process
    for _ in $(seq 50); do [ -d /proc/$process ] || break; sleep 0.1; done
    kill -KILL $process 2>/dev/null || true
done
"""


def etcd_runs(lab, node):
    return lab.etcd_container(node) != ""


def stop_etcd(lab, node):
    """Its manifest is away, and nothing of it runs."""
    lab.on(node, STOP)
    until(lambda: not etcd_runs(lab, node), 60, f"etcd on {node} stops")


def start_etcd(lab, node):
    lab.on(node, f"mv /root/broken/etcd.yaml {MANIFESTS}/etcd.yaml")


def lose_data(lab, node):
    """etcd is stopped, the data is gone, the manifest is back: kubelet starts it over nothing."""
    stop_etcd(lab, node)
    lab.on(node, "rm -rf /var/lib/etcd/member")
    start_etcd(lab, node)


def lose_data_and_image(lab, node):
    """As above, on a machine from which etcd's image went too: a disk that was cleaned up. What puts the image back."""
    stop_etcd(lab, node)
    lab.on(node, "rm -rf /var/lib/etcd/member")
    if lab.kubernetes:
        lab.on(node, """for image in $(ctr -n k8s.io images ls -q | grep /etcd:); do
            ctr -n k8s.io images export "/root/$(basename "$image").tar" "$image"; ctr -n k8s.io images rm "$image"; done""")
    else:
        lab.on(node, "mkdir /root/images; mv /var/lib/lab-images/*etcd* /root/images")
    start_etcd(lab, node)
    back = "for image in /root/*.tar; do ctr -n k8s.io images import $image; done" if lab.kubernetes else "mv /root/images/* /var/lib/lab-images"
    return lambda: lab.on(node, back)


def reinstall(lab, node):
    """A new machine under the old address: no certificates, no manifest, no data."""
    lab("crash", node)
    lab("wipe", node)
    lab("start", node)


def begin_anew(lab, node):
    """Its data was lost, and somebody started it as the first member of a new cluster; it serves, to itself."""
    stop_etcd(lab, node)
    url = f"https://{lab.address(node)}:2380"
    lab.on(node, f"""
        rm -rf /var/lib/etcd/member
        sed -i -e 's|--initial-cluster=.*|--initial-cluster={node}={url}|' -e '/--initial-cluster-state/d' /root/broken/etcd.yaml""")
    start_etcd(lab, node)
    until(lambda: lab.succeeds("etcdctl", node, "endpoint", "health"), 60, f"etcd on {node} serves a cluster of its own")


def remove_member(cluster, node, via="node1"):
    """Behind the node's back: its etcd ends itself as a removed one, its data stays."""
    # etcd refuses while its peers have been connected for less than five seconds
    member = cluster.members(via)[node]["id"]
    until(lambda: "removed" in cluster.lab.etcdctl(via, "member", "remove", member, check=False), 15, f"{node} is removed")


def older_copy(lab, node):
    """Its own data of a while ago is put back, as from a backup of the disk."""
    stop_etcd(lab, node)
    lab.on(node, "cp -a /var/lib/etcd/member /root/older")
    start_etcd(lab, node)


def put_older_copy_back(lab, node):
    stop_etcd(lab, node)
    lab.on(node, "rm -rf /var/lib/etcd/member; mv /root/older /var/lib/etcd/member")
    start_etcd(lab, node)


def entries_in(log):
    """Where each entry of a write-ahead log ends: a length in eight bytes, of which the topmost says how many pad the record, and the
    record. Behind what is written come zeros."""
    at, ends = 0, []
    while length := int.from_bytes(log[at:at + 8], "little"):
        record, padding = length & (1 << 56) - 1, length >> 56 & 7
        if log[at + 8:at + 10] == b"\x08\x02":
            ends.append(at + 8 + record)
        at += 8 + record + padding
    return ends


def damage_log(lab, node):
    """A byte of an entry in the middle of the newest write-ahead log is another. Not of a length: etcd 3.5 takes a log that seems to end
    too early for one that was torn, cuts it off there, and serves on."""
    stop_etcd(lab, node)
    path = lab.on(node, "ls /var/lib/etcd/member/wal/*.wal | tail -n 1").strip()
    log = base64.b64decode(lab.on(node, f"head -c 10M {path} | base64"))
    ends = entries_in(log)
    place = ends[len(ends) // 2] - 1
    lab.on(node, f"base64 -d | dd of={path} bs=1 seek={place} conv=notrunc status=none",
           text=base64.b64encode(bytes([log[place] ^ 1])).decode())
    start_etcd(lab, node)


def add_member(cluster, url, learner=True):
    words = ["member", "add", "left", f"--peer-urls={url}"] + (["--learner"] if learner else [])
    until(lambda: "added" in cluster.lab.etcdctl("node1", *words, check=False), 20, f"{url} is added")


DAMAGED_LOG = "crc mismatch"


def until_log_says(lab, node, *texts):
    """etcd on the node has said one of them; a repair that begins before is planned from what etcd said before."""
    def said():
        log = lab.on(node, "cat /var/log/pods/kube-system_etcd-*/etcd/*.log || true")
        return any(text in log for text in texts)
    until(said, 60, f"etcd on {node} says '{' or '.join(texts)}'")


JOIN_BY_HAND = r"""
mkdir -p /etc/kubernetes/manifests
sed -e 's/--initial-cluster-state=new/--initial-cluster-state=existing/' /root/broken/etcd.yaml >/etc/kubernetes/manifests/.new
chmod 600 /etc/kubernetes/manifests/.new
mv /etc/kubernetes/manifests/.new /etc/kubernetes/manifests/etcd.yaml
rm -r /root/broken
"""


def start_as_learner(cluster, node):
    """Of a member that was added: with what stop_etcd put away."""
    cluster.lab.on(node, JOIN_BY_HAND)
    until(lambda: node in cluster.members(), 30, "the learner started")


def start_for_another_user(lab, node):
    """As kubeadm's rootless control plane has it, after a restore by root: etcd's user cannot write its data."""
    stop_etcd(lab, node)
    lab.on(node, f"""
        # newer ones have a security context already
        grep -q '^  securityContext:$' /root/broken/etcd.yaml || sed -i 's/^spec:/spec:\\n  securityContext:/' /root/broken/etcd.yaml
        sed -i 's/^  securityContext:$/&\\n    runAsUser: 2379\\n    runAsGroup: 2379/' /root/broken/etcd.yaml
        chown 2379:2379 /etc/kubernetes/pki/etcd/*.key
        chmod 600 /root/broken/etcd.yaml
        mv /root/broken/etcd.yaml {MANIFESTS}/etcd.yaml""")
    until_log_says(lab, node, "permission denied", "error listing data dir")


def add_flag(cluster, flag, healthy=True):
    """To every etcd, one after the other. Not `healthy`: an alarm is raised, and etcdctl calls none of them so."""
    for node in cluster.spec_nodes:
        # else the wait below is for nothing, and all are restarted at once
        assert flag not in cluster.lab.on(node, f"cat {MANIFESTS}/etcd.yaml"), f"etcd on {node} has {flag} already"
        cluster.lab.on(node, f"cp {MANIFESTS}/etcd.yaml /root/etcd.yaml; sed -i 's|^    - --name=|    - {flag}\\n&|' /root/etcd.yaml;"
                             f" mv /root/etcd.yaml {MANIFESTS}/etcd.yaml")
        until(lambda node=node: flag in cluster.lab.on(node, "tr '\\0' '\\n' </proc/$(pidof etcd)/cmdline", check=False), 60,
              f"etcd on {node} has {flag}")
        until(lambda node=node: cluster.lab.succeeds("etcdctl", node, "endpoint", "status"), 60, f"etcd on {node} answers")
        if healthy:
            cluster.wait_healthy(node)


def fill_store(cluster, of):
    """Until etcd refuses to write: with a quota of 16 MiB."""
    cluster.lab.etcdctl("node1", "put", "kept", "yes")
    add_flag(cluster, "--quota-backend-bytes=16777216")
    cluster.fill_until_full(of)


def change_behind_etcds_back(lab, node, key, value, other):
    """A key's value in the database of a stopped etcd, byte for byte; then etcd runs on with it."""
    stop_etcd(lab, node)
    changed = lab.on(node, f"grep -c {value} /var/lib/etcd/member/snap/db; sed -i s/{value}/{other}/ /var/lib/etcd/member/snap/db")
    assert changed.strip() != "0", f"{key} is not in the database of {node}"
    start_etcd(lab, node)


def etcd_is_since(cluster, minor):
    """Whether the lab's etcd is of 3.`minor` or newer: its flags are called otherwise by the version."""
    return tuple(map(int, cluster.etcd_version().split(".")[:2])) >= (3, minor)


def checks_stores_at_start(cluster, node):
    """3.7 does unless told otherwise, and kubeadm tells 3.6 to."""
    manifest = cluster.lab.on(node, f"cat {MANIFESTS}/etcd.yaml")
    if "InitialCorruptCheck=false" in manifest:
        return False
    return "InitialCorruptCheck=true" in manifest or "initial-corrupt-check=true" in manifest or etcd_is_since(cluster, 7)


def check_stores_at_start(cluster, wanted):
    """etcd compares its store with its peers' before it serves, as kubeadm has had it since 1.22, or does not."""
    if checks_stores_at_start(cluster, cluster.spec_nodes[0]) == wanted:
        return
    value = str(wanted).lower()
    add_flag(cluster, f"--feature-gates=InitialCorruptCheck={value}" if etcd_is_since(cluster, 6)
             else f"--experimental-initial-corrupt-check={value}")


def make_store_differ(cluster, node):
    """A key there has a value that nobody wrote."""
    for name in cluster.spec_nodes:
        cluster.wait_healthy(name)
    cluster.lab.etcdctl("node1", "put", "kept", "yes")
    cluster.lab.etcdctl("node1", "put", "changed", "as-it-was-written")
    cluster.wait_healthy(*cluster.spec_nodes)
    change_behind_etcds_back(cluster.lab, node, "changed", "as-it-was-written", "as-nobody-wrote-i")


def raise_corrupt(cluster, node):
    """One member's store differs, and etcd's own check finds it while it serves."""
    check_stores_at_start(cluster, False)
    make_store_differ(cluster, node)
    is_raised = lambda: "CORRUPT" in cluster.lab.etcdctl("node1", "alarm", "list", check=False)
    is_healthy = lambda: all(cluster.lab.succeeds("etcdctl", name, "endpoint", "health") for name in cluster.spec_nodes)
    until(lambda: is_raised() or is_healthy(), 60, f"etcd on {node} runs on with what was changed")
    # 3.7 finds it by itself, and knows the old name no more
    if not is_raised():
        add_flag(cluster, ("--corrupt-check-time" if etcd_is_since(cluster, 6) else "--experimental-corrupt-check-time") + "=2s",
                 healthy=False)
    until(is_raised, 60, "etcd raises the alarm CORRUPT")


def when_there(lab, node, path, act):
    """Waits in the background on the node until the path is there, then acts; not beyond the rule that asks for it."""
    lab.on(node, f"nohup timeout 90 sh -c 'until ls {path} >/dev/null 2>&1; do sleep 0.05; done; {act}' >/dev/null 2>&1 &")


def take_peer_port_when_there(lab, node, path):
    """For as long as it takes to see that etcd cannot start."""
    act = 'timeout 70 python3 -c "import socket, time; s = socket.create_server((\\"0.0.0.0\\", 2380)); time.sleep(99)"'
    when_there(lab, node, path, act)


def issue(lab, node, name, days=365, extensions=""):
    """The node's certificate NAME.crt of etcd's anew, by the cluster's CA and with the key and the alternative names that it has;
    `extensions`: others that it shall have, a line each."""
    lab.on(node, f"""
        cd /etc/kubernetes/pki/etcd
        umask 077; folder=$(mktemp -d)
        openssl x509 -in {name}.crt -noout -ext subjectAltName 2>/dev/null | sed -n 's/IP Address/IP/g; s/^  */subjectAltName=/p' >$folder/more
        printf '%s' '{extensions}' >>$folder/more
        openssl req -new -key {name}.key -subj /CN={node} -out $folder/request
        openssl x509 -req -in $folder/request -CA ca.crt -CAkey ca.key -CAcreateserial -CAserial $folder/serial -extfile $folder/more \\
            -days {days} -out $folder/crt 2>&1
        chmod 644 $folder/crt; mv $folder/crt {name}.crt; rm -r $folder""")


# With the names and the uses that they have, and the keys.
EXPIRE_EVERYTHING = r"""
umask 077; folder=$(mktemp -d)
expire() {
    openssl x509 -x509toreq -in "$1.crt" -signkey "$1.key" -copy_extensions copyall -out "$folder/request" 2>&1
    openssl x509 -req -in "$folder/request" -copy_extensions copyall -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -CAserial "$folder/serial" \
        -days -1 -out "$folder/crt" 2>&1
    cat "$folder/crt" >"$1.crt"
}
cd /etc/kubernetes
for name in server peer healthcheck-client; do expire pki/etcd/$name pki/etcd/ca; done
expire pki/apiserver-etcd-client pki/etcd/ca
for name in apiserver apiserver-kubelet-client; do expire pki/$name pki/ca; done
expire pki/front-proxy-client pki/front-proxy-ca
for name in admin controller-manager scheduler; do
    sed -n 's/^ *client-certificate-data: //p' $name.conf | base64 -d >"$folder/client.crt"
    sed -n 's/^ *client-key-data: //p' $name.conf | base64 -d >"$folder/client.key"
    expire "$folder/client" pki/ca
    sed -i "s,^\( *client-certificate-data: \).*,\1$(base64 -w 0 "$folder/client.crt")," $name.conf
done
rm -r "$folder"
"""


def expire_everything(lab, *nodes):
    """Every certificate of the control plane's, and nothing runs any more that had read the ones before. Not the kubelet's."""
    for node in nodes:
        lab.on(node, EXPIRE_EVERYTHING)
    for node in nodes:
        lab.on(node, "pkill -KILL -x 'etcd|kube-apiserver|kube-controller|kube-scheduler' || true")
