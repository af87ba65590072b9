# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# fetch_etcd.sh: newer versions of etcd, beside the base and not installed: those of Debian's later suites, unpacked; and any that is asked for
# by its number, built from its Go modules.

fetch_etcd() { # [VERSION...]
    local version
    mkdir -p "$etcd_store"
    [ $# -gt 0 ] || unpack_debian_etcd
    for version in "$@"; do [ -x "$etcd_store/$version/etcd" ] || build_etcd "$version"; done
    ls -d "$etcd_store"/*
}

build_etcd() { # VERSION: under a minute on two cores
    local version=$1 work=$lab_store/etcd-module program module=go.etcd.io/etcd
    [[ $version =~ ^3\.[0-9]+\.[0-9]+$ ]] || die "a version of etcd is three numbers: '$version'"
    has_go || die "NOT HAD: etcd $version is built by a Go of 1.24 or newer, and there is none on the path"
    # one at a time; the others wait, and find it done
    exec 8>"$lab_store/etcd-module.lock"
    flock 8
    [ ! -x "$etcd_store/$version/etcd" ] || return 0
    mkdir -p "$work"/{module,programs}
    (
        cd "$work/module" || exit
        export GOFLAGS='-mod=mod -modcacherw' GOPATH=$work/gopath GOCACHE=$work/cache CGO_ENABLED=0
        printf 'module lab\n' >go.mod
        for program in server etcdctl etcdutl; do printf 'require %s/%s/v3 v%s\n' $module $program "$version" >>go.mod; done
        for program in server etcdctl etcdutl; do
            go build -p 2 -ldflags '-s -w' -o "$work/programs/$program" $module/$program/v3 || exit
        done
    ) >&2 || die "etcd $version cannot be built"
    mv "$work/programs/server" "$work/programs/etcd"
    rm -rf "${etcd_store:?}/$version"
    mv "$work/programs" "$etcd_store/$version"
    rm -rf "$work"
}

unpack_debian_etcd() {
    local work=$lab_store/etcd-packages suite version short options package unpacked binary
    mkdir -p "$work"/{lists/partial,cache/archives/partial,packages}
    for suite in bookworm trixie sid; do
        # the machine's own way to Debian's archive, under other suites' names
        awk 'BEGIN {RS = ""; ORS = "\n\n"} !/security/ {print; exit}' /etc/apt/sources.list.d/debian.sources |
            sed -E "s/^Types:.*/Types: deb/; s/^Suites:.*/Suites: $suite/; s/^Components:.*/Components: main/"
        echo
    done >"$work/debian.sources"
    options=(-o "Dir::Etc::sourcelist=$work/debian.sources" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache")
    apt-get "${options[@]}" -qq update
    cd "$work/packages" || return
    for version in $(apt-cache "${options[@]}" madison etcd-server | awk -F'|' '{gsub(/ /, "", $2); print $2}' | sort -u); do
        short=${version%%[-+]*}
        if [ "$short" = "$etcd_default" ] || [ -x "$etcd_store/$short/etcd" ]; then continue; fi
        apt-get "${options[@]}" download "etcd-server=$version" "etcd-client=$version" >/dev/null
        unpacked=$work/unpacked-$short
        for package in etcd-server_"${version/:/%3a}"_*.deb etcd-client_"${version/:/%3a}"_*.deb; do dpkg -x "$package" "$unpacked"; done
        mkdir -p "$etcd_store/$short"
        for binary in etcdctl etcdutl etcd; do
            [ ! -x "$unpacked/usr/bin/$binary" ] || mv "$unpacked/usr/bin/$binary" "$etcd_store/$short/"
        done
    done
}
