// SPDX-License-Identifier: Apache-2.0
#include "schemas/static_pod.h"

#include <catch2/catch.hpp>

#include "tests/schemas/manifests.h"

namespace quorate {
namespace {

std::string pod_with(const std::string& container) {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: kube-system}\nspec:\n  containers:\n" + container;
}

StaticPod read(const std::string& text) {
  const absl::StatusOr<StaticPod> pod = read_static_pod(text);
  INFO(message_of(pod.status()));
  REQUIRE(pod.ok());
  return *pod;
}

}  // namespace

TEST_CASE("the manifests of kubeadm's versions are read") {
  for (const std::string& name : manifest_names()) {
    INFO(name);
    const StaticPod pod = read(manifest(name));
    CHECK(pod.name == "etcd");
    CHECK(pod.name_space == "kube-system");
    CHECK(pod.container == "etcd");
    CHECK(pod.image.find("/etcd:3.") != std::string::npos);
    CHECK(pod.argument("initial-cluster") == "node1=https://10.20.30.101:2380");
    CHECK(pod.argument("initial-cluster-state") == std::nullopt);
    CHECK(pod.host_paths.at("/var/lib/etcd") == "/var/lib/etcd");
    CHECK(pod.annotations.at("kubeadm.kubernetes.io/etcd.advertise-client-urls") == "https://10.20.30.101:2379");
    CHECK(claims_etcd(pod, "/var/lib/etcd"));
  }
}

TEST_CASE("an argument is read as Go's flag package reads it; the last one counts") {
  const StaticPod pod = read(pod_with("  - command: [/usr/bin/etcd, --a=1, --b, two, -c=3, --d]\n    args: [\"--a=4\"]\n"));
  CHECK(pod.argument("a") == "4");
  CHECK(pod.argument("b") == "two");
  CHECK(pod.argument("c") == "3");
  CHECK(pod.argument("d") == "true");
  CHECK(pod.argument("e") == std::nullopt);
}

TEST_CASE("the container is the one that runs etcd, else the one of that name, else the first") {
  CHECK(read(pod_with("  - {name: etcd, command: [x]}\n  - {name: b, command: [/bin/etcd]}\n")).container == "b");
  CHECK(read(pod_with("  - {name: a, command: [x]}\n  - {name: etcd, image: i}\n")).container == "etcd");
  CHECK(read(pod_with("  - {name: a}\n  - {name: b}\n")).container == "a");
}

TEST_CASE("a manifest in JSON is read, with tabs and creationTimestamp null") {
  const StaticPod pod = read(
      "{\"apiVersion\": \"v1\", \"kind\": \"Pod\",\n \"metadata\": {\"name\": \"etcd\", \"creationTimestamp\": null},\n"
      " \"spec\": {\"containers\": [{\"name\": \"etcd\", \"command\": [\"etcd\", \"--name=a\\tb\"]}]}}");
  CHECK(pod.argument("name") == "a\tb");
}

TEST_CASE("variables whose values stand in the manifest are named, of every container, and others are not") {
  const StaticPod pod =
      read(pod_with("  - name: etcd\n    env:\n    - {name: PASSWORD, value: poison}\n"
                    "    - {name: ADDRESS, valueFrom: {fieldRef: {fieldPath: status.podIP}}}\n"
                    "    - {name: EMPTY}\n  - name: beside\n    env: [{name: KEY, value: poison}]\n"));
  CHECK(pod.environment == std::vector<std::string>{"KEY", "PASSWORD"});
  CHECK(read(pod_with("  - name: etcd\n")).environment.empty());
}

TEST_CASE("a manifest forces a new cluster by the flag in each of its forms, or by the variable") {
  const auto forces = [](const std::string& words, const std::string& more = "") {
    return read(pod_with("  - name: etcd\n    command: [etcd" + words + "]\n" + more)).forces_new_cluster();
  };
  for (const char* words :
       {", --force-new-cluster", ", -force-new-cluster", ", --force-new-cluster=true", ", --force-new-cluster=1"}) {
    INFO(words);
    CHECK(forces(words));
  }
  for (const char* words : {"", ", --force-new-cluster=false", ", --force-new-cluster=0", ", --force-new-cluster-and-more=1"}) {
    INFO(words);
    CHECK_FALSE(forces(words));
  }
  CHECK(forces("", "    env: [{name: ETCD_FORCE_NEW_CLUSTER, value: 'true'}]\n"));
}

TEST_CASE("the user is the container's, else the pod's") {
  CHECK(read(pod_with("  - {name: a, securityContext: {runAsUser: 7}}\n  securityContext: {runAsUser: 8}\n")).run_as_user == 7);
  CHECK(read(pod_with("  - {name: a}\n  securityContext: {runAsUser: 8}\n")).run_as_user == 8);
  CHECK(read(pod_with("  - {name: a}\n")).run_as_user == std::nullopt);
}

TEST_CASE("aliases are resolved, as the kubelet does, but not without bound") {
  CHECK(read(pod_with("  - {name: a, command: [&x etcd, *x]}\n")).command == std::vector<std::string>{"etcd", "etcd"});
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 8; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) bomb += before + ", ";
    bomb += before + "]\n";
  }
  CHECK(message_of(read_static_pod(bomb).status()).find("the aliases stand for too many values") != std::string::npos);
}

TEST_CASE("what is no pod's manifest is invalid, with its place") {
  const auto error = [](const std::string& text) { return message_of(read_static_pod(text).status()); };
  CHECK(error("") == "this is no manifest of a Pod");
  CHECK(error("a: [") == "line 1, column 4: this is not YAML: the bracket that begins here is never closed");
  CHECK(error("apiVersion: v1\nkind: Service\n") == "this is no manifest of a Pod");
  CHECK(error("apiVersion: v1\nkind: Pod\nspec: {containers: []}\n") == "the pod has no container");
  CHECK(error("apiVersion: v1\nkind: Pod\nkind: Pod\n") == "line 3, column 1: duplicate key \"kind\"");
  CHECK(error(pod_with("  - {command: etcd}\n")) == "line 6, column 15: command is not a list");
  CHECK(error(pod_with("  - {command: [[a]]}\n")) == "line 6, column 16: command holds what is no text");
}

TEST_CASE("kube-vip beside etcd's manifest does not claim etcd; a second etcd and a reader of its data do") {
  const StaticPod other = read(pod_with("  - {name: kube-vip, args: [manager]}\n"));
  CHECK_FALSE(claims_etcd(other, "/var/lib/etcd"));
  CHECK(claims_etcd(read(pod_with("  - {name: x, command: [/bin/etcd]}\n")), "/var/lib/etcd"));
  const StaticPod reader =
      read(pod_with("  - {name: x, volumeMounts: [{name: d, mountPath: /d}]}\n  volumes: [{name: d, hostPath: {path: "
                    "/var/lib/etcd/}}]\n"));
  CHECK(claims_etcd(reader, "/var/lib/etcd"));
  CHECK_FALSE(claims_etcd(reader, "/var/lib/other"));
}

}  // namespace quorate
