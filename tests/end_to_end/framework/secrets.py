# SPDX-License-Identifier: Apache-2.0
"""Every line of every private key there is, what kubeadm joins by, secrets that are planted beside them, and a search for any in whatever a
run leaves or shows."""
import base64
import contextlib
import glob
import os
import re
import stat
import subprocess
import threading
import time

from .lab import Broken

# In files, in those of kubectl and the kubelet, and of a CA that does not sign yet.
KEYS = r"""
cd /etc/kubernetes 2>/dev/null || exit 0
cat pki/*.key pki/etcd/*.key /var/lib/quorate/authority/*.key 2>/dev/null || true
sed -n 's/^ *client-key-data: *//p' *.conf 2>/dev/null | while read -r key; do echo "$key" | base64 -d; done
"""
CERTIFICATES = r"""
cd /etc/kubernetes 2>/dev/null || exit 0
cat pki/*.crt pki/*.pub pki/etcd/*.crt /var/lib/quorate/authority/*.crt 2>/dev/null || true
sed -n 's/^ *client-certificate-data: *//p' *.conf 2>/dev/null | while read -r one; do echo "$one" | base64 -d; done
"""
MARK = "here was searched:"
IN_FILE = "this is in the file "
SEARCHED_ON_NODE = ("/var/lib/quorate", "/etc/kubernetes", "/var/log", "/tmp", "/var/tmp", "/dev/shm", "/run", "/root", "/home")
SEARCHED_HERE = ("/tmp", "/var/tmp", "/dev/shm", "/run")
LARGEST = 4096 * 1024
# What the nodes keep, but for the keys' own files (a CA that does not sign yet has one, before a reset all are copied, and until its kubelet
# is let in a node that kubeadm joins has the token), etcd's data and what is planted. In each folder a file is put that the search has to
# find. What is mounted in a folder are containers' own files.
LEFT_ON_NODE = rf"""
for folder in {" ".join(SEARCHED_ON_NODE)}; do
    [ -d "$folder" ] || {{ echo "{MARK} $folder"; continue; }}
    echo "{MARK} $folder" >"$folder/.searched"
    find "$folder" -xdev -type f -size -{LARGEST // 1024}k ! -name '*.wal' ! -path '*/.ssh/*' ! -path '*/.docker/*' \
        ! -path '/etc/kubernetes/pki/*.key' ! -regex '/etc/kubernetes/\(admin\|super-admin\|\(bootstrap-\)?kubelet\|controller-manager\|scheduler\).conf' \
        ! -path /var/lib/quorate/authority/ca.key ! -path '/var/lib/quorate/*/kubernetes/*' \
        -exec sh -c 'for file; do printf "\n{IN_FILE}%s\n" "$file"; cat "$file"; done' - {{}} + 2>/dev/null || true
    rm "$folder/.searched"
done
printf '\n{IN_FILE}%s\n' 'of the journal'
journalctl -q --no-pager -o cat -n 20000 2>/dev/null || true
"""
# Those files are no one else's.
OPEN_TO_OTHERS = r"""
find /etc/kubernetes /var/lib/quorate/authority /var/lib/quorate/*/kubernetes -type f '(' -name '*.key' -o -name '*.conf' ')' -perm /077 2>/dev/null || true
"""


# Where nodes have what is nobody's business: other programs' files, the environment of who logs in, and what etcd keeps.
PLANT = r"""
umask 077
mkdir -p /root/.docker /etc/systemd/system/kubelet.service.d
[ -e /etc/kubernetes/admin.conf ] || printf 'users: [{{user: {{token: {0}-1}}}}]\n' >/etc/kubernetes/admin.conf
printf '{{"auths": {{"registry": {{"auth": "{0}-2"}}}}}}' >/root/.docker/config.json
printf 'SECRET_OF_LOGIN={0}-3\n' >>/etc/environment
printf '[Service]\nEnvironment=SECRET_OF_KUBELET={0}-4\n' >/etc/systemd/system/kubelet.service.d/90-secret.conf
"""
PLANTED_VARIABLES = ("SECRET_OF_", "HTTPS_PROXY=")


def in_base64(content):
    """What of its base64 is the same wherever in a longer text it stands."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + content).decode()
        yield encoded[(before * 8 + 5) // 6:len(encoded) - 4]


def key_lines(text):
    return [line for line in text.splitlines()[1:] if not line.startswith("-----") and len(line) > 20]


def private_half(kind, content):
    """Where it is: of RSA the primes are behind the middle; else it has 32 bytes, behind words that depend on the kind of the key."""
    if len(content) > 500:
        return len(content) // 2, len(content)
    begin = 7 if kind.startswith(" EC") else 161 if kind.startswith(" OPENSSH") else 36
    return begin, begin + 32


def as_lines(lines, begin, end):
    """What these bytes are in the key's file."""
    width = len(lines[0]) + 1
    first, last = -(-begin * 4 // 3), end * 4 // 3
    return "\n".join(lines)[first + first // (width - 1):last + last // (width - 1)]


class Poison:
    """Keys, by their lines, as base64 would carry them, and as bytes; and words: what is planted, and what is known to be secret.
    Planted is another word for each, since the arguments of all processes are searched, and what plants it on another lab has it there."""

    def __init__(self):
        # what is searched for, to what it is called where it is found; base64 may be broken into lines
        self.forms, self.wrapped = {}, {}
        self.lines = set()
        self.public = ""
        self.planted = f"planted-secret-no-one-may-read-{os.urandom(6).hex()}"
        self.add_word(self.planted, self.planted)
        self.began = time.time()

    def plant(self, cluster):
        for node in cluster.lab.running():
            cluster.lab.on(node, PLANT.format(self.planted))
        if cluster.lab.kubernetes and cluster.control_planes:
            # a real API server lists no secrets any more when there is one that it cannot read
            cluster.kubectl("node1", "-n", "kube-system", "create", "secret", "generic", "one", f"--from-literal=one={self.planted}-7")
        else:
            cluster.lab.etcdctl("node1", "put", "/registry/secrets/kube-system/one", f"{self.planted}-7")

    def environment(self):
        return {"SECRET_OF_WORKSTATION": f"{self.planted}-5", "HTTPS_PROXY": f"http://somebody:{self.planted}-6@127.0.0.1:9"}

    def add_word(self, word, name):
        self.forms[word] = name
        self.wrapped.update({form: f"{name} in base64" for form in in_base64(word.encode())})

    def add_keys(self, text, certificates=""):
        """A certificate has its key's public half, and it is no secret."""
        self.public += "".join(key_lines(certificates))
        for key in text.split("-----BEGIN")[1:]:
            lines = key_lines(key)
            # the first line begins with the kind of the key, which every other of the kind has too
            secret = {line[-24:] for line in lines if line[-24:] not in self.public}
            self.lines.update(secret)
            self.forms.update({line: "a line of a private key" for line in secret})
            content = base64.b64decode("".join(lines))
            begin, end = private_half(key, content)
            self.forms.update({content[at:at + 16].decode("latin-1"): "a private key's bytes" for at in range(begin, end - 16, 240)})
            for part in (content[begin:end], as_lines(lines, begin, end).encode()):
                for whole in in_base64(part):
                    self.wrapped.update({whole[at:at + 36]: "a private key in base64" for at in range(0, len(whole) - 35, 240)})

    def add_cluster(self, cluster):
        for node in cluster.lab.running():
            self.add_keys(cluster.lab.on(node, KEYS), cluster.lab.on(node, CERTIFICATES))
        with open(cluster.environment["LAB_SSH_KEY"], encoding="ascii") as file:
            self.add_keys(file.read())

    def found_in(self, text):
        """What was found, each by its name."""
        flat = text.replace("\\n", "").replace("\n", "")
        return {name for form, name in self.forms.items() if form in text} | {name for form, name in self.wrapped.items() if form in flat}

    def places_in(self, text):
        """Of the files that were put together, those in which it was found."""
        return sorted({part.split("\n", 1)[0] for part in text.split(f"\n{IN_FILE}")[1:] if self.found_in(part)})

    def names(self):
        return {*self.forms.values(), *self.wrapped.values()}

    def samples(self):
        """One of each name."""
        return {name: form for form, name in (*self.forms.items(), *self.wrapped.items())}.values()


class Watching:
    """A thread that takes a look again and again while the block runs."""

    def __init__(self, pause):
        self.pause = pause
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.ending.wait(self.pause):
            self.look()

    def look(self):
        raise NotImplementedError

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()


class Arguments(Watching):
    """The command lines and environments of every process of this machine, and so of its nodes, while the block runs; but for
    the variables that were planted, which are passed on to whatever is started, by the test's own env first.
    Known weakness: it looks again and again, so a process that lives for less than a look, and is alone of its kind, is not seen."""

    def __init__(self):
        super().__init__(pause=0.003)
        self.seen = set()
        self.looks = {}

    def look(self):
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

    def text(self):
        return "\n".join(list(self.seen))


class JoinSecrets(Watching):
    """While the block runs, the tokens and keys that kubeadm is given to join a node: by a file in memory, for as long as it takes."""

    FILE = "/run/quorate-kubeadm.yaml"

    def __init__(self, cluster, nodes):
        super().__init__(pause=0.1)
        self.cluster, self.nodes = cluster, nodes
        self.tokens, self.keys = set(), set()

    def look(self):
        for node in self.nodes:
            with contextlib.suppress(Broken):
                text = self.cluster.lab.on(node, f"cat {self.FILE} 2>/dev/null || true")
                self.tokens.update(re.findall(r"token: [a-z0-9]{6}\.([a-z0-9]{16})\n", text))
                self.keys.update(re.findall(r"certificateKey: ([0-9a-f]{64})\n", text))

    def add_to(self, poison):
        for token in self.tokens:
            poison.add_word(token, "a bootstrap token")
        for key in self.keys:
            poison.add_word(key, "a certificate key")


def left_on_nodes(cluster):
    """Byte for byte, so that a key's own bytes are found too."""
    text = []
    for node in cluster.lab.running():
        done = subprocess.run(cluster.lab.words("enter", node, "sh", "-ec", LEFT_ON_NODE), capture_output=True, timeout=180, check=True)
        text.append(done.stdout.decode("latin-1").replace(f"\n{IN_FILE}", f"\n{IN_FILE}{node}:"))
        missed = [folder for folder in SEARCHED_ON_NODE if f"{MARK} {folder}\n" not in text[-1]]
        assert not missed, f"{node}: not searched: {missed}"
        opened = cluster.lab.on(node, OPEN_TO_OTHERS)
        assert not opened, f"{node}: keys that not only root reads: {opened}"
    return "\n".join(text)


def content_of(path):
    with open(path, "rb") as file:
        return f"\n{IN_FILE}{path}\n{file.read().decode('latin-1')}"


def left_in_folders(cluster):
    """Journals, plans, records: all but what the client that writes has, whose certificate shares its modulus with its key."""
    return "\n".join(content_of(path) for path in glob.glob(os.path.join(cluster.folder, "**", "*"), recursive=True, include_hidden=True)
                     if os.path.isfile(path) and os.path.join(cluster.folder, "writer") not in path)


def left_here(cluster, since):
    """Of the files of this machine where programs leave what they need for a while, those that have changed since; but for the tests' own
    folder, and the lab's, where the nodes' keys are."""
    own = (os.path.dirname(cluster.folder), cluster.environment["LAB_DIR"])
    text = []
    for folder in SEARCHED_HERE:
        mark = os.path.join(folder, f".searched-{os.path.basename(cluster.folder)}")
        with open(mark, "w", encoding="ascii") as file:
            file.write(f"{MARK} {folder}\n")
        try:
            text += list(changed_since(folder, since, own))
        finally:
            os.remove(mark)
    missed = [folder for folder in SEARCHED_HERE if f"{MARK} {folder}\n" not in "".join(text)]
    assert not missed, f"not searched here: {missed}"
    return "\n".join(text)


def changed_since(folder, since, without):
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if os.path.join(place, name) not in without and not os.path.ismount(os.path.join(place, name))]
        for name in files:
            path = os.path.join(place, name)
            # whatever else is at work on this machine takes its files away again
            with contextlib.suppress(OSError):
                facts = os.lstat(path)
                if stat.S_ISREG(facts.st_mode) and facts.st_ctime >= since and facts.st_size < LARGEST:
                    yield content_of(path)
