# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# fetch_etcd.sh: the newer etcd versions of Debian's later suites, unpacked beside the base and not installed.

fetch_etcd() {
    local work=$lab_store/etcd-packages suite version short options package unpacked binary
    mkdir -p "$work"/{lists/partial,cache/archives/partial,packages} "$etcd_store"
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
    ls -d "$etcd_store"/*
}
