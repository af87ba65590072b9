# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# DIRECTORY, after frame.sh. Changes nothing.
emit_file certificate "$1/ca.crt" 65536
emit_file key "$1/ca.key" 65536
emit_end
