# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# manifest.sh: the etcd.yaml that kubeadm 1.20 writes, to the letter.

etcd_image() {
    case $1 in
        "$etcd_default") echo k8s.gcr.io/etcd:3.4.13-0;;   # what kubeadm 1.20 asks for, played by Debian's
        *) echo "registry.k8s.io/etcd:$1-0";;
    esac
}

etcd_manifest() { # NODE ADDRESS IMAGE INITIAL-CLUSTER
    cat <<-X
		apiVersion: v1
		kind: Pod
		metadata:
		  annotations:
		    kubeadm.kubernetes.io/etcd.advertise-client-urls: https://$2:2379
		  creationTimestamp: null
		  labels:
		    component: etcd
		    tier: control-plane
		  name: etcd
		  namespace: kube-system
		spec:
		  containers:
		  - command:
		    - etcd
		    - --advertise-client-urls=https://$2:2379
		    - --cert-file=/etc/kubernetes/pki/etcd/server.crt
		    - --client-cert-auth=true
		    - --data-dir=/var/lib/etcd
		    - --initial-advertise-peer-urls=https://$2:2380
		    - --initial-cluster=$4
		    - --initial-cluster-state=new
		    - --key-file=/etc/kubernetes/pki/etcd/server.key
		    - --listen-client-urls=https://127.0.0.1:2379,https://$2:2379
		    - --listen-metrics-urls=http://127.0.0.1:2381
		    - --listen-peer-urls=https://$2:2380
		    - --name=$1
		    - --peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt
		    - --peer-client-cert-auth=true
		    - --peer-key-file=/etc/kubernetes/pki/etcd/peer.key
		    - --peer-trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt
		    - --snapshot-count=10000
		    - --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt
		    image: $3
		    imagePullPolicy: IfNotPresent
		    livenessProbe:
		      failureThreshold: 8
		      httpGet:
		        host: 127.0.0.1
		        path: /health
		        port: 2381
		        scheme: HTTP
		      initialDelaySeconds: 10
		      periodSeconds: 10
		      timeoutSeconds: 15
		    name: etcd
		    resources:
		      requests:
		        cpu: 100m
		        ephemeral-storage: 100Mi
		        memory: 100Mi
		    startupProbe:
		      failureThreshold: 24
		      httpGet:
		        host: 127.0.0.1
		        path: /health
		        port: 2381
		        scheme: HTTP
		      initialDelaySeconds: 10
		      periodSeconds: 10
		      timeoutSeconds: 15
		    volumeMounts:
		    - mountPath: /var/lib/etcd
		      name: etcd-data
		    - mountPath: /etc/kubernetes/pki/etcd
		      name: etcd-certs
		  hostNetwork: true
		  priorityClassName: system-node-critical
		  volumes:
		  - hostPath:
		      path: /etc/kubernetes/pki/etcd
		      type: DirectoryOrCreate
		    name: etcd-certs
		  - hostPath:
		      path: /var/lib/etcd
		      type: DirectoryOrCreate
		    name: etcd-data
		status: {}
	X
}
