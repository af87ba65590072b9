# SPDX-License-Identifier: Apache-2.0
"""Which CA of etcd's is in force."""
import re

PKI = "/etc/kubernetes/pki/etcd"
OLD = "etcd-ca"
LEAFS = (f"{PKI}/server.crt", f"{PKI}/peer.crt", f"{PKI}/healthcheck-client.crt", "/etc/kubernetes/pki/apiserver-etcd-client.crt")


def content(cluster, node, name="ca.crt"):
    return cluster.lab.on(node, f"cat {PKI}/{name}")


def names(cluster, node, file="ca.crt"):
    """The common names in the file, in its order."""
    shown = cluster.lab.on(node, f"""
        openssl crl2pkcs7 -nocrl -certfile {PKI}/{file} | openssl pkcs7 -print_certs -noout | sed -n 's/^subject=//p'""")
    return re.findall(r"CN = (\S+)", shown)


def is_accepted(cluster, node, client, port=2379):
    """Whether etcd there takes a client that shows this certificate of the node's."""
    answer = cluster.lab.on(node, f"""
        curl -s -m 5 -o /dev/null -w '%{{http_code}}' --cacert {PKI}/ca.crt --cert {client}.crt --key {client}.key \
            https://127.0.0.1:{port}/health || true""")
    return answer.strip().endswith("200")


def rotated(cluster, to="etcd-ca-2"):
    """`to`: None for whatever new one, as after a second time."""
    to = to or names(cluster, cluster.spec_nodes[0])[0]
    assert to != OLD, f"{OLD} is in force still"
    for node in cluster.spec_nodes:
        assert names(cluster, node) == [to], (node, names(cluster, node))
        leafs = [leaf for leaf in LEAFS if cluster.lab.on(node, f"ls {leaf} 2>/dev/null || true")]
        verified = cluster.lab.on(node, f"openssl verify -CAfile {PKI}/ca.crt {' '.join(leafs)}")
        assert verified.count(": OK") == len(leafs) >= 3, verified
        same = cluster.lab.on(node, f"openssl x509 -in {PKI}/ca.crt -noout -pubkey | sha256sum; openssl pkey -in {PKI}/ca.key -pubout | sha256sum")
        assert len(set(same.split())) == 2, same
        assert "600" == cluster.lab.on(node, f"stat -c %a {PKI}/ca.key").strip()
        assert not cluster.lab.on(node, "ls -d /var/lib/quorate/authority 2>/dev/null || true")


OLD_CLIENT = "/root/old-client"


def keep_old_clients(cluster):
    """On each node a client's certificate that the CA of before has signed."""
    for node in cluster.spec_nodes:
        cluster.lab.on(node, f"for of in crt key; do cp {PKI}/healthcheck-client.$of {OLD_CLIENT}.$of; done")


def old_clients_are_refused(cluster):
    """Each etcd has read the new CA, and none but that."""
    for node in cluster.spec_nodes:
        assert not is_accepted(cluster, node, OLD_CLIENT), f"{node}: what the old CA has signed is still accepted"
        assert is_accepted(cluster, node, f"{PKI}/healthcheck-client"), f"{node}: what the new CA has signed is not accepted"
