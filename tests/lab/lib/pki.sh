# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# pki.sh: etcd's certificates, with the names, the extensions and the dates that kubeadm 1.20 gives them.

pki_make_authority() { # DIRECTORY: ca.crt and ca.key
    mkdir -p "$1"
    openssl genrsa -traditional -out "$1/ca.key" 2048 2>/dev/null
    openssl req -new -x509 -key "$1/ca.key" -out "$1/ca.crt" -days 3650 -set_serial 0 -config <(cat <<-'X'
		[req]
		distinguished_name = name
		x509_extensions = extensions
		prompt = no
		[name]
		CN = etcd-ca
		[extensions]
		keyUsage = critical, digitalSignature, keyEncipherment, keyCertSign
		basicConstraints = critical, CA:TRUE
		subjectKeyIdentifier = hash
		authorityKeyIdentifier = none
	X
    )
    chmod 600 "$1/ca.key"
}

pki_issue() { # AUTHORITY FILE-WITHOUT-ENDING SUBJECT USAGE [ALTERNATIVE-NAMES]
    local authority=$1 file=$2 work begin
    work=$(mktemp -d "$authority/issue.XXXXXX")
    # kubeadm's leaves begin when their authority does
    begin=$(date -u -d "$(openssl x509 -in "$authority/ca.crt" -noout -startdate | cut -d= -f2)" +%Y%m%d%H%M%SZ)
    openssl genrsa -traditional -out "$file.key" 2048 2>/dev/null
    chmod 600 "$file.key"
    openssl req -new -key "$file.key" -subj "$3" -out "$work/request"
    : >"$work/index"
    openssl rand -hex 8 | sed 's/^[89a-f]/4/' >"$work/serial"
    cat >"$work/configuration" <<-X
		[ca]
		default_ca = authority
		[authority]
		database = $work/index
		serial = $work/serial
		new_certs_dir = $work
		certificate = $authority/ca.crt
		private_key = $authority/ca.key
		default_md = sha256
		policy = any
		preserve = yes
		email_in_dn = no
		x509_extensions = extensions
		[any]
		organizationName = optional
		commonName = supplied
		[extensions]
		keyUsage = critical, digitalSignature, keyEncipherment
		extendedKeyUsage = $4
		authorityKeyIdentifier = keyid
		${5:+subjectAltName = $5}
	X
    openssl ca -batch -notext -config "$work/configuration" -in "$work/request" -out "$file.crt" \
        -startdate "$begin" -days 365 2>"$work/log" || { cat "$work/log" >&2; return 1; }
    chmod 644 "$file.crt"
    rm -r "$work"
}

pki_issue_node() { # AUTHORITY DIRECTORY NODE ADDRESS: all that kubeadm puts below /etc/kubernetes/pki for etcd
    local both=serverAuth,clientAuth names="DNS:localhost,DNS:$3,IP:$4,IP:127.0.0.1,IP:::1" jobs=() job
    mkdir -p "$2/etcd"
    pki_issue "$1" "$2/etcd/server" "/CN=$3" "$both" "$names" & jobs+=($!)
    pki_issue "$1" "$2/etcd/peer" "/CN=$3" "$both" "$names" & jobs+=($!)
    pki_issue "$1" "$2/etcd/healthcheck-client" /O=system:masters/CN=kube-etcd-healthcheck-client clientAuth & jobs+=($!)
    pki_issue "$1" "$2/apiserver-etcd-client" /O=system:masters/CN=kube-apiserver-etcd-client clientAuth & jobs+=($!)
    for job in "${jobs[@]}"; do wait "$job"; done
    cp -p "$1/ca.crt" "$1/ca.key" "$2/etcd/"
}
