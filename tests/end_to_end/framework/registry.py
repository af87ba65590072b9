# SPDX-License-Identifier: Apache-2.0
"""The rules, in the order in which they are written."""
RULES = []


class NotRun(Exception):
    """Raised by a rule that needs what cannot be had here: neither held nor broken."""


class Rule:
    def __init__(self, text, function, still, kill, seldom, kubernetes):
        self.text, self.function = text, function
        self.still = still  # it changes nothing on the nodes: the next test needs no fresh state
        self.kill = kill    # it is of the kill matrix
        self.seldom = seldom  # only where all are asked for: what it goes through another does too, or nearly
        self.kubernetes = kubernetes  # only without stand-ins: it asks the API
        self.group = function.__module__.rsplit(".", 1)[-1]


def rule(text, still=False, kill=False, seldom=False, kubernetes=False):
    """@rule("what must hold") before a function of a Cluster."""
    def add(function):
        RULES.append(Rule(text, function, still, kill, seldom, kubernetes))
        return function
    return add
