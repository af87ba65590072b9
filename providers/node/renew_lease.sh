# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
require_lease -s
touch -c -- "$record" || fail "cannot touch $record"
