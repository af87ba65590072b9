# SPDX-License-Identifier: Apache-2.0
"""A client of etcd that writes throughout a test, through the JSON gateway, and afterwards looks for every acknowledged write.

    writer.py write  FOLDER CLUSTER-ID ADDRESS...   until SIGTERM; acknowledged.txt grows, summary.json is left; `any`: of whatever cluster
    writer.py verify FOLDER ADDRESS...              asks each of them, linearizable, for all that was acknowledged
"""
import base64
import http.client
import json
import os
import signal
import ssl
import sys
import time

TIMEOUT = 1.5
PAUSE = 0.04


def encoded(text):
    return base64.b64encode(text.encode()).decode()


class Endpoint:
    """One keep-alive connection; after a failure it is left alone for a moment."""

    def __init__(self, folder, address, timeout=TIMEOUT):
        self.folder, self.address, self.timeout = folder, address, timeout
        self.connection = None
        self.not_before = 0.0

    def connect(self):
        """As the certificates are by then."""
        context = ssl.create_default_context(cafile=os.path.join(self.folder, "ca.crt"))
        context.load_cert_chain(os.path.join(self.folder, "client.pem"))
        return http.client.HTTPSConnection(self.address, 2379, timeout=self.timeout, context=context)

    def post(self, path, body):
        try:
            if self.connection is None:
                self.connection = self.connect()
            self.connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise OSError(f"{answer.status} {text[:200]!r}")
            return json.loads(text)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            # one that does not answer costs a whole timeout, one that refuses costs nothing
            self.not_before = time.monotonic() + (3.0 if isinstance(problem, TimeoutError) else 0.5)
            raise OSError(f"{self.address}: {problem}") from problem


class Writing:
    def __init__(self, folder, cluster_id, addresses):
        self.folder, self.cluster_id = folder, cluster_id
        self.endpoints = [Endpoint(folder, address) for address in addresses]
        self.stopping = False
        self.acknowledged = self.strays = self.failures = 0
        self.longest_gap = 0.0
        self.longest_gap_at = 0.0
        self.last = self.began = time.monotonic()

    def candidates(self, turn):
        now = time.monotonic()
        ready = [each for each in self.endpoints if each.not_before <= now] or self.endpoints
        return ready[turn % len(ready)]

    def note_gap(self):
        now = time.monotonic()
        if now - self.last > self.longest_gap:
            self.longest_gap, self.longest_gap_at = now - self.last, self.last - self.began
        self.last = now

    def put(self, number, log):
        endpoint = self.candidates(number)
        key, value = f"writer/{number:08d}", f"{number}-{os.getpid()}"
        try:
            header = endpoint.post("/v3/kv/put", {"key": encoded(key), "value": encoded(value)})["header"]
        except (OSError, KeyError):
            self.failures += 1
            return
        if self.cluster_id != "any" and f"{int(header['cluster_id']):x}" != self.cluster_id.lstrip("0"):
            # an etcd of another cluster took it: a client of the real one has no acknowledgement
            self.strays += 1
            return
        log.write(f"{key} {value} {header['revision']}\n")
        self.acknowledged += 1
        self.note_gap()

    def run(self):
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "stopping", True))
        number = 0
        with open(os.path.join(self.folder, "acknowledged.txt"), "w", encoding="ascii", buffering=1) as log:
            # without the tests that started it there is nobody to end it
            parent = os.getppid()
            while not self.stopping and os.getppid() == parent:
                number += 1
                self.put(number, log)
                time.sleep(PAUSE)
        self.note_gap()
        with open(os.path.join(self.folder, "summary.json"), "w", encoding="ascii") as summary:
            json.dump({"acknowledged": self.acknowledged, "failures": self.failures, "strays": self.strays,
                       "gap": round(self.longest_gap, 2), "gap_at": round(self.longest_gap_at, 1)}, summary)


def found_at(folder, address):
    """Key to value and revision of its last change, as this member says after it has asked the leader."""
    answer = Endpoint(folder, address, timeout=15).post(
        "/v3/kv/range", {"key": encoded("writer/"), "range_end": encoded("writer0"), "serializable": False})
    return {base64.b64decode(one["key"]).decode(): (base64.b64decode(one["value"]).decode(), one["mod_revision"])
            for one in answer.get("kvs", [])}


def verify(folder, addresses):
    with open(os.path.join(folder, "acknowledged.txt"), encoding="ascii") as log:
        acknowledged = [line.split() for line in log if line.endswith("\n")]
    lost = []
    for address in addresses:
        found = found_at(folder, address)
        lost += [f"{address}: {key} of revision {revision}: {found.get(key, 'is gone')}"
                 for key, value, revision in acknowledged if found.get(key) != (value, revision)]
    if lost:
        print(f"{len(lost)} acknowledged writes are lost:", *lost[:5], sep="\n  ")
    return 1 if lost else 0


if __name__ == "__main__":
    if sys.argv[1] == "write":
        Writing(sys.argv[2], sys.argv[3], sys.argv[4:]).run()
    else:
        sys.exit(verify(sys.argv[2], sys.argv[3:]))
