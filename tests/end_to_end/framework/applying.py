# SPDX-License-Identifier: Apache-2.0
"""An apply that something happens to while it is at work."""


def apply_until(cluster, text, *words, **options):
    """A running apply that has just printed the text."""
    process = cluster.start("apply", "--auto-approve", *words, **options)
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line and line.startswith("["):
            return process, lines
    rest = process.stderr.read()
    process.wait()
    raise AssertionError(f"the apply ended without '{text}': {''.join(lines[-15:])}{rest}")
