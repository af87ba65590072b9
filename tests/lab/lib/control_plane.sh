# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# control_plane.sh: the API server, the controller manager and the scheduler beside etcd: stand-ins (node/control_plane).

control_plane_programs=(kube-apiserver kube-controller-manager kube-scheduler)
control_plane_image() { echo "k8s.gcr.io/$1:v1.20.2"; }

control_plane_manifest() { # PROGRAM ADDRESS
    cat <<-X
		apiVersion: v1
		kind: Pod
		metadata:
		  labels:
		    component: $1
		    tier: control-plane
		  name: $1
		  namespace: kube-system
		spec:
		  containers:
		  - command:
		    - $1
		    - --advertise-address=$2
		    env:
		    - name: PYTHONHOME
		      value: /usr
		    image: $(control_plane_image "$1")
		    imagePullPolicy: IfNotPresent
		    name: $1
		    volumeMounts:
		    - mountPath: /etc/kubernetes/pki
		      name: k8s-certs
		      readOnly: true
		    - mountPath: /usr/lib
		      name: libraries
		      readOnly: true
		  hostNetwork: true
		  priorityClassName: system-node-critical
		  volumes:
		  - hostPath:
		      path: /etc/kubernetes/pki
		      type: DirectoryOrCreate
		    name: k8s-certs
		  - hostPath:
		      path: /usr/lib
		      type: Directory
		    name: libraries
		status: {}
	X
}

control_plane_add() { # NODE: the manifests, into the kubelet's sight
    local program
    for program in "${control_plane_programs[@]}"; do
        # shellcheck disable=SC2016 # for the node's shell
        control_plane_manifest "$program" "$(node_address "$1")" |
            in_node "$1" sh -c 'cd /etc/kubernetes/manifests; umask 077; cat >.new; mv .new "$1"' - "$program.yaml"
    done
}
