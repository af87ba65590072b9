# SPDX-License-Identifier: Apache-2.0
"""log: lines in the form of the real kubelet's, for the journal."""
import os
import time


def log(level, text):
    now = time.time()
    print(f"{level}{time.strftime('%m%d %H:%M:%S', time.gmtime(now))}.{int(now % 1 * 10**6):06d} {os.getpid():7d} kubelet.go:1] {text}",
          flush=True)
