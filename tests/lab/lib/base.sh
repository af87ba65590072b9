# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# base.sh: the Debian root that all nodes have below their own files, built once and shared by every lab.

base_suite=bookworm
base_packages=(systemd systemd-sysv dbus openssh-server sudo iproute2 procps openssl python3-minimal python3-yaml curl)

hash_of() { sha256sum | head -c 16; }
base_archive() { echo "$lab_store/base/$(echo "$base_suite" "${base_packages[@]}" "$(kind_packages)" | hash_of).tar"; }
base_root() { # named by everything that it is made from
    echo "$lab_store/base/$lab_kind-$({ base_archive; declare -f base_settle take_etcd_away kind_settle_base; kind_files; } | hash_of)"
}

base_build() { # one at a time; the others wait, and find it done
    local root archive
    root=$(base_root); archive=$(base_archive)
    [ ! -d "$root" ] || return 0
    mkdir -p "$lab_store/base"
    kind_make_programs
    (
        flock 9
        [ ! -d "$root" ] || exit 0
        if [ ! -e "$archive" ]; then
            echo "lab: building the base in $lab_store/base, once: about a minute" >&2
            # what it mounts goes with its namespace, also when it is killed
            rm -rf --one-file-system "$lab_store/base/temporary"; mkdir -p "$lab_store/base/temporary"
            # shellcheck disable=SC2046 # the kind's packages are words
            TMPDIR=$lab_store/base/temporary unshare --mount --propagation private -- \
                mmdebstrap --quiet --variant=minbase --mode=root --skip=check/qemu \
                --include="$(echo "${base_packages[@]}" $(kind_packages) | tr ' ' ,)" \
                "$base_suite" "$archive.new.tar" ${LAB_DEBIAN_MIRROR:+"$LAB_DEBIAN_MIRROR"} </dev/null >&2
            mv "$archive.new.tar" "$archive"
        fi
        rm -rf "$root.new"; mkdir -p "$root.new"
        tar -C "$root.new" --xattrs --xattrs-include='*' --exclude './dev/*' --exclude './usr/share/doc/*' --exclude './usr/share/man/*' \
            --exclude './usr/share/locale/*' --exclude './var/cache/apt/*' --exclude './var/lib/apt/lists/*' -xf "$archive"
        base_settle "$root.new"
        kind_settle_base "$root.new"
        mv "$root.new" "$root"
    ) 9>"$lab_store/base/lock"
}

base_settle() {
    local root=$1 units=$1/etc/systemd/system unit
    mkdir -p "$root"/etc/systemd/{journald,system}.conf.d "$root"/etc/ssh/sshd_config.d
    printf '[Journal]\nReadKMsg=no\nStorage=persistent\nSystemMaxUse=64M\n' >"$root/etc/systemd/journald.conf.d/lab.conf"
    printf '[Manager]\nDefaultTimeoutStopSec=40s\n' >"$root/etc/systemd/system.conf.d/lab.conf"
    # no part of what a node is for, and some of them would reach through to the machine below
    for unit in systemd-{sysctl,modules-load,remount-fs,random-seed,logind,pstore,binfmt,update-utmp,machine-id-commit}.service \
        e2scrub_reap.service getty@tty1.service console-getty.service systemd-initctl.socket \
        apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer systemd-tmpfiles-clean.timer \
        dev-hugepages.mount dev-mqueue.mount sys-kernel-{config,debug,tracing}.mount sys-fs-fuse-connections.mount \
        proc-sys-fs-binfmt_misc.automount; do
        ln -sfn /dev/null "$units/$unit"
    done
    ln -sfn /lib/systemd/system/multi-user.target "$units/default.target"
    printf 'PermitRootLogin prohibit-password\nPasswordAuthentication no\nUseDNS no\n' >"$root/etc/ssh/sshd_config.d/lab.conf"
    rm -f "$root"/etc/ssh/ssh_host_* "$root"/etc/machine-id "$root"/var/lib/dbus/machine-id
    printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$root/etc/resolv.conf"
    chroot "$root" useradd --create-home --shell /bin/bash ops
    printf 'ops ALL=(ALL) NOPASSWD:ALL\n' >"$root/etc/sudoers.d/ops"
    chmod 440 "$root/etc/sudoers.d/ops"
}
take_etcd_away() { # ROOT TO: a real node has it in images alone
    mkdir -p "$2"
    mv "$1"/usr/bin/etcd "$1"/usr/bin/etcdctl "$2/"
    rm -rf "$1"/lib/systemd/system/etcd.service "$1"/etc/systemd/system/{multi-user.target.wants/etcd.service,etcd2.service} \
        "$1"/etc/default/etcd "$1"/etc/init.d/etcd "$1"/var/lib/etcd "$1"/usr/bin/etcd-dump* "$1"/etc/etcd
}
