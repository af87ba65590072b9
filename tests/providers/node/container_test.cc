// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/escaping.h"
#include <catch2/catch.hpp>

#include "providers/node/facts.h"
#include "providers/node/probe_parser.h"
#include "tests/providers/node/answer_builder.h"

namespace quorate::test {
namespace {

NodeFacts facts_of(const AnswerBuilder& answer) {
  const auto probe = node::parse_probe(answer.text(), {});
  REQUIRE(probe.ok());
  return probe->facts;
}

TEST_CASE("what the real crictl prints is read") {
  const NodeFacts facts = facts_of(AnswerBuilder()
                                       .add("crictl-containers", test_data("crictl-ps-a.json"))
                                       .add("crictl-images", test_data("crictl-images.json"))
                                       .add("log",
                                            "/var/log/pods/kube-system_etcd-node1_a3c6/etcd/0.log\n"
                                            "2026-11-23T03:00:00.1Z stderr F {\"level\":\"info\"}\n"
                                            "not in the kubelet's form"));
  REQUIRE(facts.containers_size() == 1);
  const Container& etcd = facts.containers(0);
  CHECK(etcd.id() == "84b2d0eaab1cf9575c69ea5acda548f250a608a1795a1e5940febc2b6f114145");
  CHECK(etcd.state() == "CONTAINER_RUNNING");
  CHECK(etcd.created_at_seconds() == 1795404670);
  // The image has three tags here: none of them is more right than its digest.
  CHECK(etcd.image() == "sha256:d651f6dbf7768bae52edbf7eaa9a9fa331dd3bef5a906e1215faf8b0eb078976");
  REQUIRE(etcd.log_tail_size() == 2);
  CHECK(etcd.log_tail(0) == "{\"level\":\"info\"}");
  CHECK(etcd.log_tail(1) == "not in the kubelet's form");
  CHECK(facts.images_size() == 7);
  for (const std::string& image : facts.images()) CHECK(image.find("/etcd:") != std::string::npos);
}

std::string container(const std::string& id, int attempt, const std::string& created, const std::string& pod_namespace) {
  return R"({"id":")" + id + R"(","metadata":{"name":"etcd","attempt":)" + std::to_string(attempt) +
         R"(},"image":{"image":"sha256:1"},"state":"CONTAINER_EXITED","createdAt":")" + created +
         R"(000000000","labels":{"io.kubernetes.container.name":"etcd","io.kubernetes.pod.namespace":")" + pod_namespace + R"("}})";
}

TEST_CASE("several attempts are newest first, each with its log, and no other pod's etcd is among them") {
  const NodeFacts facts = facts_of(
      AnswerBuilder()
          .add("crictl-containers", R"({"containers":[)" + container("a", 3, "100", "kube-system") + "," +
                                        container("b", 4, "200", "kube-system") + "," + container("c", 0, "300", "calico") + "]}")
          .add("crictl-images", R"({"images":[{"id":"sha256:1","repoTags":["registry.k8s.io/etcd:3.5.16-0"]}]})")
          .add("log", "/var/log/pods/x/etcd/4.log\nlatest")
          .add("log", "/var/log/pods/x/etcd/3.log\nearlier"));
  REQUIRE(facts.containers_size() == 2);
  CHECK(facts.containers(0).id() == "b");
  CHECK(facts.containers(0).attempt() == 4);
  CHECK(facts.containers(0).log_tail(0) == "latest");
  CHECK(facts.containers(0).image() == "registry.k8s.io/etcd:3.5.16-0");
  CHECK(facts.containers(1).log_tail(0) == "earlier");
}

TEST_CASE("without crictl, what ctr prints is read") {
  const NodeFacts facts = facts_of(
      AnswerBuilder()
          .add("ctr-tasks", "TASK    PID     STATUS    \nnew    4711    RUNNING\nold    12    STOPPED\n")
          .add(
              "ctr-container",
              R"({"ID":"old","Image":"k8s.gcr.io/etcd:3.4.13-0","CreatedAt":"2026-11-23T03:00:00.1Z","Labels":{},"Spec":{"process":{"env":["A=b"]}}})")
          .add("ctr-container", R"({"ID":"new","Image":"k8s.gcr.io/etcd:3.4.13-0","CreatedAt":"2026-11-23T04:00:00.1Z"})")
          .add("ctr-images", "k8s.gcr.io/etcd:3.4.13-0\nk8s.gcr.io/pause:3.2\nsha256:12\n"));
  REQUIRE(facts.containers_size() == 2);
  CHECK(facts.containers(0).id() == "new");
  CHECK(facts.containers(0).state() == "CONTAINER_RUNNING");
  CHECK(facts.containers(1).state() == "CONTAINER_EXITED");
  CHECK(facts.images_size() == 1);
}

std::string pod(const std::string& id, const std::string& source) {
  return R"({"id":")" + id + R"(","state":"SANDBOX_READY","annotations":{"kubernetes.io/config.source":")" + source + "\"}}";
}

TEST_CASE("a static pod that is ready is one in which the kubelet may start etcd anew; one of the API's is not") {
  const NodeFacts facts =
      facts_of(AnswerBuilder()
                   .add("crictl-containers", R"({"containers":[]})")
                   .add("crictl-pods", R"({"items":[)" + pod("static", "file") + "," + pod("backup", "api") + "]}"));
  REQUIRE(facts.ready_pods_size() == 1);
  CHECK(facts.ready_pods(0) == "static");
}

TEST_CASE("without crictl, a pod is ready whose own task runs, and nothing is said of it beside a container that runs") {
  const std::string exited = "TASK    PID     STATUS    \npod    12    RUNNING\nended    13    STOPPED\n";
  CHECK(facts_of(AnswerBuilder().add("ctr-tasks", exited).add("ctr-pods", "pod\nended\n")).ready_pods_size() == 1);
  const NodeFacts runs = facts_of(AnswerBuilder()
                                      .add("ctr-tasks", exited + "new    4711    RUNNING\n")
                                      .add("ctr-container", R"({"ID":"new","Image":"k8s.gcr.io/etcd:3.4.13-0"})")
                                      .add("ctr-pods", "pod\n"));
  CHECK(runs.ready_pods().empty());
}

// As containerd 1.6 keeps it for a container that the kubelet has tried seven times.
std::string with_attempt(const std::string& id, const std::string& created, const std::string& attempt) {
  const std::string metadata = R"({"Version":"v1","Metadata":{"ID":"x","Config":{"metadata":{"name":"etcd")" + attempt + "}}}}";
  return R"({"ID":")" + id + R"(","Image":"k8s.gcr.io/etcd:3.4.13-0","CreatedAt":")" + created +
         R"(","Extensions":{"io.cri-containerd.container.metadata":{"type_url":"t","value":")" + absl::Base64Escape(metadata) +
         "\"}}}";
}

TEST_CASE("without crictl, the log of an attempt is its container's, though the earlier ones are gone") {
  const NodeFacts facts = facts_of(AnswerBuilder()
                                       .add("ctr-tasks", "TASK    PID     STATUS    \n")
                                       .add("ctr-container", with_attempt("last", "2026-11-23T04:00:00.1Z", R"(,"attempt":7)"))
                                       .add("ctr-container", with_attempt("first", "2026-11-23T03:00:00.1Z", ""))
                                       .add("log", "/var/log/pods/kube-system_etcd-n_12/etcd/7.log\nlatest\n"));
  REQUIRE(facts.containers_size() == 2);
  CHECK(facts.containers(0).attempt() == 7);
  REQUIRE(facts.containers(0).log_tail_size() == 1);
  CHECK(facts.containers(0).log_tail(0) == "latest");
  CHECK(facts.containers(1).attempt() == 0);
}

TEST_CASE("without crictl, the first attempts of two pods both stay first") {
  const NodeFacts facts = facts_of(AnswerBuilder()
                                       .add("ctr-tasks", "TASK    PID     STATUS    \n")
                                       .add("ctr-container", with_attempt("new-pod", "2026-11-23T04:00:00.1Z", ""))
                                       .add("ctr-container", with_attempt("old-pod", "2026-11-23T03:00:00.1Z", ""))
                                       .add("log", "/var/log/pods/kube-system_etcd-n_34/etcd/0.log\nlatest\n"));
  REQUIRE(facts.containers_size() == 2);
  CHECK(facts.containers(0).id() == "new-pod");
  REQUIRE(facts.containers(0).log_tail_size() == 1);
  CHECK(facts.containers(0).log_tail(0) == "latest");
}

TEST_CASE("a runtime that answers nonsense makes the containers unknown") {
  const NodeFacts facts = facts_of(AnswerBuilder().add("crictl-containers", "E1123 no route").add("crictl-images", "[]"));
  CHECK(facts.containers_size() == 0);
  int told = 0;
  for (const Unknown& unknown : facts.unknowns()) told += unknown.fact() == "containers" || unknown.fact() == "images" ? 1 : 0;
  CHECK(told == 2);
}

TEST_CASE("only etcd's images are etcd's") {
  CHECK(node::names_etcd_image("registry.k8s.io/etcd:3.5.16-0"));
  CHECK(node::names_etcd_image("mirror:5000/k8s/etcd@sha256:12"));
  CHECK_FALSE(node::names_etcd_image("quay.io/etcd/backup:1"));
  CHECK_FALSE(node::names_etcd_image("etcd-defrag:1"));
}

}  // namespace
}  // namespace quorate::test
