# SPDX-License-Identifier: Apache-2.0
"""The rules: one file for each procedure or subject."""
