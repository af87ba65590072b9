# SPDX-License-Identifier: Apache-2.0
"""Every line of every private key there is, secrets that are planted beside them, and a search for any in whatever a run leaves or shows."""
import base64
import glob
import os
import subprocess
import threading

KEYS = "cat /etc/kubernetes/pki/*.key /etc/kubernetes/pki/etcd/*.key 2>/dev/null || true"
# What the nodes keep, but for the keys' own folder, etcd's data and what is planted.
LEFT_ON_NODE = r"""
for folder in /var/lib/quorate /etc/kubernetes/manifests /var/log /tmp /root /home; do
    find "$folder" -type f -size -4096k ! -name '*.wal' ! -path '*/.ssh/*' ! -path '*/.docker/*' -exec cat {} + 2>/dev/null || true
done
journalctl -q --no-pager -o cat -n 20000 2>/dev/null || true
"""


# Where nodes have what is nobody's business: other programs' files, the environment of who logs in, and what etcd keeps.
PLANT = r"""
mkdir -p /root/.docker /etc/systemd/system/kubelet.service.d
printf 'users: [{{user: {{token: {0}-1}}}}]\n' >/etc/kubernetes/admin.conf
printf '{{"auths": {{"registry": {{"auth": "{0}-2"}}}}}}' >/root/.docker/config.json
printf 'SECRET_OF_LOGIN={0}-3\n' >>/etc/environment
printf '[Service]\nEnvironment=SECRET_OF_KUBELET={0}-4\n' >/etc/systemd/system/kubelet.service.d/90-secret.conf
"""
PLANTED_VARIABLES = ("SECRET_OF_", "HTTPS_PROXY=")


class Poison:
    """Lines of keys, and the same keys as base64 would carry them; and what is planted: another word for each, since the arguments of
    all processes are searched, and what plants it on another lab has it there."""

    def __init__(self):
        self.lines, self.encoded = set(), set()
        self.planted = f"planted-secret-no-one-may-read-{os.urandom(6).hex()}"

    def plant(self, cluster):
        for node in cluster.lab.running():
            cluster.lab.on(node, PLANT.format(self.planted))
        cluster.lab.etcdctl("node1", "put", "/registry/secrets/kube-system/one", f"{self.planted}-7")

    def environment(self):
        return {"SECRET_OF_WORKSTATION": f"{self.planted}-5", "HTTPS_PROXY": f"http://somebody:{self.planted}-6@127.0.0.1:9"}

    def add_keys(self, text):
        for key in text.split("-----BEGIN")[1:]:
            lines = [line for line in key.splitlines()[1:] if not line.startswith("-----") and len(line) > 20]
            # the first line begins with the kind of the key, which every other of the kind has too
            self.lines.update(line[-24:] for line in lines)
            whole = base64.b64encode(("-----BEGIN" + key).encode()).decode()
            self.encoded.update(whole[at:at + 48] for at in range(160, len(whole) - 48, 240))

    def add_cluster(self, cluster):
        for node in cluster.lab.running():
            self.add_keys(cluster.lab.on(node, KEYS))
        with open(cluster.environment["LAB_SSH_KEY"], encoding="ascii") as file:
            self.add_keys(file.read())

    def found_in(self, text):
        flat = text.replace("\\n", "").replace("\n", "")
        encoded = base64.b64encode(self.planted.encode()).decode()[:-4]
        planted = [self.planted] if self.planted in text or encoded in flat else []
        return [line for line in self.lines if line in text] + [part for part in self.encoded if part in flat] + planted


class Arguments:
    """The command lines and environments of every process of this machine, and so of its nodes, while the block runs; but for
    the variables that were planted, which are passed on to whatever is started, by the test's own env first.
    Known weakness: it looks again and again, so a process that lives for less than a look, and is alone of its kind, is not seen."""

    def __init__(self):
        self.seen = set()
        self.looks = {}
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.ending.wait(0.003):
            running = list(filter(str.isdigit, os.listdir("/proc")))
            self.looks = {process: self.looks.get(process, 0) + 1 for process in running}
            for process in running:
                # a young one may become another program yet; the old ones would make a look too long to see the short-lived
                if self.looks[process] < 20 or self.looks[process] % 50 == 0:
                    self.read(process)

    def read(self, process):
        for name in ("cmdline", "environ"):
            try:
                with open(f"/proc/{process}/{name}", "rb") as file:
                    text = file.read().decode("utf-8", "replace").replace("\0", "\n")
                self.seen.add("\n".join(line for line in text.splitlines() if not line.startswith(PLANTED_VARIABLES)))
            except OSError:
                pass  # it has ended

    def sees_short_lived(self):
        """A process that lives for 50 ms is seen, at the latest the twentieth of them, however busy the machine."""
        for _ in range(20):
            subprocess.run(["sleep", "0.05", "0.0"], check=True)
            if "sleep\n0.05\n0.0" in self.text():
                return True
        return False

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()

    def text(self):
        return "\n".join(list(self.seen))


def left_on_nodes(cluster):
    return "\n".join(cluster.lab.on(node, LEFT_ON_NODE) for node in cluster.lab.running())


def left_in_folders(cluster):
    """Journals, plans, records: all but what the client that writes has, whose certificate shares its modulus with its key."""
    text = []
    for path in glob.glob(os.path.join(cluster.folder, "**", "*"), recursive=True):
        if os.path.isfile(path) and os.path.join(cluster.folder, "writer") not in path:
            with open(path, encoding="utf-8", errors="replace") as file:
                text.append(file.read())
    return "\n".join(text)
