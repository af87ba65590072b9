// SPDX-License-Identifier: Apache-2.0
#include "plans/kubeadm_manifest.h"

#include <algorithm>
#include <fstream>

#include <catch2/catch.hpp>

#include "schemas/static_pod.h"
#include "tests/plans/support/scripted_cluster.h"

namespace quorate {
namespace {

KubeadmMember member_with(const std::string& image) {
  return {.name = "node1",
          .peer_url = "https://10.20.30.101:2380",
          .initial_cluster = "node1=https://10.20.30.101:2380",
          .data_directory = "/var/lib/etcd",
          .pki_directory = "/etc/kubernetes/pki/etcd",
          .image = image};
}

// Without the comments that say where it is from.
std::string kubeadms_own(const std::string& name) {
  std::ifstream file(std::string(SOURCES) + "/tests/schemas/manifests/" + name);
  std::string text;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind('#', 0) != 0) text += line + "\n";
  }
  return text;
}

TEST_CASE("for the etcd that a kubeadm brings the manifest is that kubeadm's own, to the letter") {
  const auto [name, image] = GENERATE(table<std::string, std::string>({{"kubeadm-1.20.yaml", scripted_image},
                                                                       {"kubeadm-1.25.yaml", "registry.k8s.io/etcd:3.5.4-0"},
                                                                       {"kubeadm-1.31.yaml", "registry.k8s.io/etcd:3.5.15-0"},
                                                                       {"kubeadm-1.34.yaml", "registry.k8s.io/etcd:3.6.4-0"}}));
  INFO(name);
  const std::string real = kubeadms_own(name);
  REQUIRE(real.size() > 1000);
  const auto made = kubeadm_manifest(member_with(image));
  REQUIRE(made.ok());
  CHECK(*made == real);
}

TEST_CASE("who joins a cluster says so, as kubeadm join does") {
  KubeadmMember member = member_with(scripted_image);
  CHECK(kubeadm_manifest(member)->find("--initial-cluster-state") == std::string::npos);
  member.joins = true;
  CHECK(kubeadm_manifest(member)->find("    - --initial-cluster-state=existing\n") != std::string::npos);
}

TEST_CASE("each etcd gets the flags and probes that it understands") {
  struct Row {
    std::string image;
    std::string flag;
    std::string liveness;
    std::string startup;
    bool ready_probe;
  };
  const Row row = GENERATE(values<Row>({
      {"k8s.gcr.io/etcd:3.4.13-0", "", "path: /health\n", "path: /health\n", false},
      {"registry.k8s.io/etcd:3.5.4-0", "--experimental-initial-corrupt-check=true",
       "path: /health?exclude=NOSPACE&serializable=true\n", "path: /health?serializable=false\n", false},
      {"registry.k8s.io/etcd:3.5.15-0", "--experimental-initial-corrupt-check=true", "path: /livez\n", "path: /readyz\n", true},
      {"registry.k8s.io/etcd:3.6.4-0", "--feature-gates=InitialCorruptCheck=true", "path: /livez\n", "path: /readyz\n", true},
      {"gcr.io/etcd-development/etcd:v3.7.0", "--feature-gates=InitialCorruptCheck=true", "path: /livez\n", "path: /readyz\n",
       true},
  }));
  const auto made = kubeadm_manifest(member_with(row.image));
  REQUIRE(made.ok());
  CHECK_THAT(*made, Catch::Contains(row.liveness) && Catch::Contains(row.startup) && Catch::Contains("image: " + row.image));
  CHECK((made->find("readinessProbe") != std::string::npos) == row.ready_probe);
  const auto pod = read_static_pod(*made);
  REQUIRE(pod.ok());
  const bool has_flag = std::find(pod->command.begin(), pod->command.end(), row.flag) != pod->command.end();
  CHECK(has_flag == !row.flag.empty());
  // etcd 3.7 knows none of them any more, and does not start.
  if (row.flag.rfind("--feature", 0) == 0) CHECK(made->find("--experimental") == std::string::npos);
  CHECK(claims_etcd(*pod, "/var/lib/etcd"));
}

TEST_CASE("for an image whose tag says no version none is made") {
  CHECK(kubeadm_manifest(member_with("example.com/etcd:latest")).status().code() == absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace quorate
