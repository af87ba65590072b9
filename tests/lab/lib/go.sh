# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# go.sh: the Go that builds what no Debian package has.

# What today's modules want; a newer one than that, where they want it, this one fetches by itself.
has_go() { [[ $(go env GOVERSION 2>/dev/null) =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge 24 ]; }
