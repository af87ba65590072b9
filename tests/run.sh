#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All tests, from a bare machine: installs what is missing, builds with gcc and with clang under sanitizers, runs every suite, and then
# the quickstart and the procedures end to end on labs of real nodes. Needs Debian 12, root, and Debian's archive.
#   tests/run.sh                   everything
#   tests/run.sh --quick           without the sanitized build (the suites then run as gcc built them) and without the kill matrix
#   tests/run.sh --kubernetes      everything, and then a rule of each procedure on nodes with a real kubelet, containerd and kubeadm
#   tests/run.sh --kubernetes-all  everything, and then every rule there: an hour or two more
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
quick='' kubernetes=''
case ${1:-} in
    '') ;;
    --quick) quick=1;;
    --kubernetes) kubernetes='two nodes of three are wiped|that is not in the spec is removed|are started from kubeadm|unstarted learner of|bak beside the|'
        kubernetes+='restored on all nodes at once|both begin anew from|its store differs from|flags of the spec|that expires soon|restored control plane|'
        kubernetes+='keeps kubeadm from';;
    --kubernetes-all) kubernetes=.;;
    *) echo 'usage: tests/run.sh [--quick | --kubernetes | --kubernetes-all]' >&2; exit 2;;
esac
left_out=
not_run() { echo "NOT RUN: $*"; left_out+=", NOT RUN: $*"; }
part() { printf '\n=== %s (%s s)\n' "$*" "$SECONDS"; }

# Nodes without stand-ins are made in the background, while the rules mostly wait: of the Kubernetes of today where there is a Go to build
# it by, else of Debian's.
start_kubernetes() {
    kubernetes_version=1.34.4
    [ -z "$(tests/lab/lab missing --kubernetes "$kubernetes_version")" ] || kubernetes_version=1.20.2
    kubernetes_missing=$(tests/lab/lab missing --kubernetes "$kubernetes_version")
    [ -z "$kubernetes_missing" ] || return 0
    tests/packages kubernetes "$kubernetes_version"
    kubernetes_log=$(mktemp)
    # shellcheck disable=SC2016 # for the inner shell
    nice -n 19 bash -ec '[ "$1" = 1.20.2 ] || tests/lab/lab fetch-etcd 3.6.16; tests/lab/lab base --kubernetes "$1"' - "$kubernetes_version" \
        >"$kubernetes_log" 2>&1 &
    kubernetes_build=$!
    trap 'pkill -P $kubernetes_build 2>/dev/null || true; kill $kubernetes_build 2>/dev/null || true; rm -f "$kubernetes_log"' EXIT
}
run_kubernetes() {
    if [ -n "$kubernetes_missing" ]; then
        not_run "$kubernetes_missing"
        return
    fi
    wait "$kubernetes_build" || { tail -n 40 "$kubernetes_log" >&2; return 1; }
    local etcd=()
    [ "$kubernetes_version" = 1.20.2 ] || etcd=(--etcd 3.6.16)
    tests/end_to_end/run --quick --all --kubernetes "$kubernetes_version" "${etcd[@]}" --labs 2 -k "$kubernetes"
}

part 'packages'
tests/packages all
part 'formatted by the settings'
find engine plans providers schemas tests '(' -name '*.cc' -o -name '*.h' -o -name '*.c' ')' -exec clang-format --dry-run --Werror {} +
part 'what users build, with gcc, warnings are errors'
cmake --preset release >/dev/null
cmake --build --preset release -- --quiet
# the suites are built once: by clang under sanitizers, or where it must be quick by gcc
preset=${quick:+dev}
preset=${preset:-sanitize}
part "the tests, preset $preset, warnings are errors"
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" -- --quiet
part 'the suites'
ctest --preset "$preset"
[ -z "$kubernetes" ] || start_kubernetes
part 'the lab'
tests/lab/self_test
part 'the quickstart'
examples/quickstart.sh
part 'end to end'
tests/end_to_end/run ${quick:+--quick}
if [ -z "$quick" ]; then
    part 'a rule of each procedure, with the sanitized program'
    # what a sanitizer finds ends the program with another code than any rule expects
    ASAN_OPTIONS=exitcode=99 tests/end_to_end/run --quick --all --program build/sanitize/bin/quorate \
        -k 'node that was reinstalled gets|under the name of a lost one joins|one joins and one is removed|of two applies'
    part 'snapshots, restores and a lost quorum, with etcd 3.5'
    # of Debian's later suites, unpacked and not installed
    newer=$(tests/lab/lab fetch-etcd 2>/dev/null | grep -o '3\.5\.[0-9]*$' | head -n 1) || true
    if [ -n "$newer" ]; then
        tests/end_to_end/run --quick --all --etcd "$newer" \
            -k 'all nodes at once|which the others join, the|copy of its data is served|lone survivor|full of history'
    else
        not_run 'etcd 3.5 cannot be had from Debian'
    fi
fi
if [ -n "$kubernetes" ]; then
    part 'end to end, without stand-ins'
    run_kubernetes
fi
part "all passed$left_out"
