# SPDX-License-Identifier: Apache-2.0
"""probes: liveness and startup probes of running containers (httpGet and tcpSocket), each in a thread of its own."""
import http.client
import socket
import ssl
import threading
import time

from log import log


class Probe(threading.Thread):
    def __init__(self, kind, container, specification, may_run):
        super().__init__(daemon=True)
        self.kind, self.container, self.specification, self.may_run = kind, container, specification, may_run
        self.settings = specification[kind]
        self.succeeded = False
        self.failed = None
        self.over = threading.Event()

    def run(self):
        failures = 0
        period = self.settings.get("periodSeconds") or 10
        begin = time.monotonic()
        while not self.over.wait(max(0, begin - time.monotonic())):
            # late probes are left out, not made up for
            begin = max(begin + period, time.monotonic() - period)
            running_for = time.time() - self.container.started / 10**9
            if running_for < (self.settings.get("initialDelaySeconds") or 0) or not self.may_run():
                continue
            problem = attempt(self.settings, self.specification)
            if problem is None:
                failures, self.succeeded = 0, True
                if self.kind == "startupProbe":
                    return
                continue
            failures += 1
            log("I", f'"Probe failed" probeType="{self.kind}" containerName="{self.container.name}" probeResult=failure output="{problem}"')
            if failures >= (self.settings.get("failureThreshold") or 3):
                self.failed = f"Container {self.container.name} failed {self.kind.removesuffix('Probe')} probe, will be restarted"
                return


class Probes:
    """Those of one pod's containers."""

    def __init__(self):
        self.running = {}  # container id: its probes

    def check(self, container, specification):
        """Why the container has to be killed, or None."""
        if container.id not in self.running:
            self.running[container.id] = self.begin(container, specification)
        return next((probe.failed for probe in self.running[container.id] if probe.failed), None)

    def begin(self, container, specification):
        probes = []
        started = lambda: True  # noqa: E731
        if specification.get("startupProbe"):
            startup = Probe("startupProbe", container, specification, lambda: True)
            probes.append(startup)
            started = lambda: startup.succeeded  # noqa: E731
        if specification.get("livenessProbe"):
            probes.append(Probe("livenessProbe", container, specification, started))
        for probe in probes:
            probe.start()
        return probes

    def forget(self, alive):
        for container_id in [key for key in self.running if key not in alive]:
            for probe in self.running.pop(container_id):
                probe.over.set()


def port_of(port, specification):
    if isinstance(port, int) or str(port).isdigit():
        return int(port)
    return next((entry["containerPort"] for entry in specification.get("ports") or [] if entry.get("name") == port), 0)


def node_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return probe.getsockname()[0]


def attempt(settings, specification):
    """None when all is well, else what is wrong."""
    timeout = settings.get("timeoutSeconds") or 1
    try:
        if "httpGet" in settings:
            return http_get(settings["httpGet"], specification, timeout)
        if "tcpSocket" in settings:
            target = settings["tcpSocket"]
            socket.create_connection((target.get("host") or node_address(), port_of(target["port"], specification)), timeout).close()
        return None
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__


def http_get(target, specification, timeout):
    address = (target.get("host") or node_address(), port_of(target["port"], specification))
    if target.get("scheme", "HTTP") == "HTTPS":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(*address, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(*address, timeout=timeout)
    try:
        headers = {header["name"]: header["value"] for header in target.get("httpHeaders") or []}
        connection.request("GET", target.get("path") or "/", headers=headers)
        status = connection.getresponse().status
    finally:
        connection.close()
    return None if 200 <= status < 400 else f"HTTP probe failed with statuscode: {status}"
