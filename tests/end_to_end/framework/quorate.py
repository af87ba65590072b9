# SPDX-License-Identifier: Apache-2.0
"""The shipped program, run on the lab's workstation."""
import os
import pty
import subprocess
import time

ENVIRONMENT = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}


class Run:
    """What a run of it said; `text` is all of it, in the order of the streams."""

    def __init__(self, words, code, out, problems, seconds):
        self.words, self.code, self.out, self.problems, self.seconds = words, code, out, problems, seconds

    @property
    def text(self):
        return self.out + self.problems

    def describe(self):
        return f"$ quorate {' '.join(self.words)}   (exit {self.code}, {self.seconds:.1f} s)\n{self.text}"


class Quorate:
    def __init__(self, program, lab, home):
        self.program, self.lab, self.home = program, lab, home
        self.runs, self.started = [], []

    def end_all(self):
        """What a rule that broke left running."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                self.finish(process)

    def environment(self, home, more):
        # a home of its own: neither the settings nor the known hosts of whoever runs the tests
        # and its sockets in there, which a killed program leaves behind
        return {**ENVIRONMENT, "HOME": home, "XDG_STATE_HOME": os.path.join(home, "state"), "XDG_RUNTIME_DIR": home, **(more or {})}

    def start(self, *words, home=None, more=None, before=(), **streams):
        """The process, to be ended by finish(). `before`: words in front of the program, as `unshare`."""
        home = home or self.home
        os.makedirs(home, exist_ok=True)
        # given by env, which replaces itself: the lab's own program keeps its home
        settings = [f"{name}={value}" for name, value in self.environment(home, more).items()]
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        process = self.lab.start_in_network([*before, "env", "-i", *settings, self.program, *words], text=True, errors="replace", cwd=home,
                                            **streams)
        process.quorate_words, process.quorate_began, process.quorate_home = words, time.monotonic(), home
        self.started.append(process)
        return process

    def finish(self, process, expect=None, seconds=300):
        try:
            out, problems = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            out, problems = process.communicate()
            problems += f"\n(the test ended it after {seconds} s)\n"
        run = Run(process.quorate_words, process.returncode, out or "", problems or "", time.monotonic() - process.quorate_began)
        self.runs.append(run)
        if expect is not None:
            expected = expect if isinstance(expect, tuple) else (expect,)
            assert run.code in expected, f"exit {run.code}, not {' or '.join(map(str, expected))}: quorate {' '.join(run.words)}"
        return run

    def on_terminal(self, *words, answer, meanwhile=None, expect=None, **options):
        """With a terminal on its input, on which a person types the answer, and takes time for it where something happens meanwhile."""
        person, terminal = pty.openpty()
        try:
            process = self.start(*words, stdin=terminal, **options)
            if meanwhile:
                time.sleep(5)  # long enough for the question; what is asked later is not answered wrongly, but tests less
                meanwhile()
            os.write(person, answer.encode() + b"\n")
            return self.finish(process, expect)
        finally:
            os.close(terminal)
            os.close(person)

    def __call__(self, *words, expect=None, seconds=300, **options):
        return self.finish(self.start(*words, **options), expect, seconds)
