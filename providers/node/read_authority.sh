# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# DIRECTORY, after frame.sh. Changes nothing.
emit_files certificate 65536 "$1/ca.crt"
emit_files key 65536 "$1/ca.key"
emit_end
