#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All tests, from a bare machine: installs what is missing, builds with gcc and with clang under sanitizers, runs every suite, and then
# the quickstart and the procedures end to end on labs of real nodes. Needs Debian 12, root, and Debian's archive.
#   tests/run.sh                   everything but nodes with a real kubelet, containerd and kubeadm
#   tests/run.sh --quick           without the sanitized build (the suites then run as gcc built them) and without the kill matrix
#   tests/run.sh --kubernetes      those too, for a rule of most procedures
#   tests/run.sh --kubernetes-all  those too, for every rule there is: an hour or two more
#   tests/run.sh --fuzz SECONDS    beside any of these: looks for inputs that break a reader, so long for each
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
quick='' kubernetes='' everywhere='' fuzz=''
usage() { echo 'usage: tests/run.sh [--quick | --kubernetes | --kubernetes-all] [--fuzz SECONDS]' >&2; exit 2; }
# of most procedures a rule; where nodes without stand-ins cannot be had, or are not asked for, they run on the others
sample=(-k 'two nodes of three are wiped' -k 'that is not in the spec is removed' -k 'are started from kubeadm' -k 'unstarted learner of'
        -k 'bak beside the' -k 'restored on all nodes at once' -k 'both begin anew from' -k 'its store differs from' -k 'flags of the spec'
        -k 'that expires soon' -k 'a rotation of the CA shows')
without_stand_ins=(-k 'restored control plane' -k 'keeps kubeadm from' -k 'a join by kubeadm shows')
while [ $# -gt 0 ]; do
    case $1 in
        --quick) quick=1;;
        --kubernetes) kubernetes=1;;
        --kubernetes-all) kubernetes=1 everywhere=1;;
        --fuzz) shift; [[ ${1:-} =~ ^[1-9][0-9]*$ ]] || usage; fuzz=$1;;
        *) usage;;
    esac
    shift
done
[ -z "$quick" ] || [ -z "$kubernetes" ] || usage
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
    setsid nice -n 19 bash -ec '[ "$1" = 1.20.2 ] || tests/lab/lab fetch-etcd 3.6.16; tests/lab/lab base --kubernetes "$1"' - \
        "$kubernetes_version" >"$kubernetes_log" 2>&1 &
    kubernetes_build=$!
    trap end_kubernetes EXIT
}
end_kubernetes() {
    # a session of its own, with whatever it started
    [ -z "$kubernetes_build" ] || kill -- "-$kubernetes_build" 2>/dev/null || true
    rm -f "$kubernetes_log"
}
run_kubernetes() {
    local etcd=() rules=("${sample[@]}" "${without_stand_ins[@]}") built=1
    [ -z "$everywhere" ] || rules=()
    wait "$kubernetes_build" || built=
    kubernetes_build=
    [ -n "$built" ] || { tail -n 40 "$kubernetes_log" >&2; return 1; }
    [ "$kubernetes_version" = 1.20.2 ] || etcd=(--etcd 3.6.16)
    tests/end_to_end/run --quick --all --kubernetes "$kubernetes_version" "${etcd[@]}" --labs 2 "${rules[@]}"
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
grep -ah '^states of \|runs died' "build/$preset/Testing/Temporary/LastTest.log"
if [ -n "$fuzz" ]; then
    part "what breaks a reader, $fuzz s for each"
    tests/fuzz/run "$fuzz"
fi
kubernetes_missing='not asked for'
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
        -k 'node that was reinstalled gets' -k 'under the name of a lost one joins' -k 'one joins and one is removed' -k 'of two applies'
    part 'snapshots, restores and a lost quorum, with etcd 3.5'
    # of Debian's later suites, unpacked and not installed
    newer=$(tests/lab/lab fetch-etcd 2>/dev/null | grep -o '3\.5\.[0-9]*$' | head -n 1) || true
    if [ -n "$newer" ]; then
        tests/end_to_end/run --quick --all --etcd "$newer" \
            -k 'all nodes at once' -k 'which the others join, the' -k 'copy of its data is served' -k 'lone survivor' -k 'full of history'
    else
        not_run 'etcd 3.5 cannot be had from Debian'
    fi
fi
if [ -z "$kubernetes_missing" ]; then
    part 'end to end, without stand-ins'
    run_kubernetes
else
    part 'what else runs without stand-ins'
    [ -z "$kubernetes" ] || not_run "$kubernetes_missing"
    tests/end_to_end/run --quick --all "${sample[@]}"
fi
part "all passed$left_out"
