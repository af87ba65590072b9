# SPDX-License-Identifier: Apache-2.0
"""What the rules beside it are written with."""
