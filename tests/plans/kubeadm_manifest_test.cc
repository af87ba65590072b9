// SPDX-License-Identifier: Apache-2.0
#include "plans/kubeadm_manifest.h"

#include <algorithm>
#include <fstream>
#include <sstream>

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

TEST_CASE("for etcd 3.4 the manifest is kubeadm 1.20's own, to the letter") {
  std::ostringstream real;
  real << std::ifstream(std::string(SOURCES) + "/tests/providers/node/etcd.yaml").rdbuf();
  REQUIRE(real.str().size() > 1000);
  const auto made = kubeadm_manifest(member_with(scripted_image));
  REQUIRE(made.ok());
  CHECK(*made == real.str());
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
