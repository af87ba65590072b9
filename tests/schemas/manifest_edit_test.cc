// SPDX-License-Identifier: Apache-2.0
// An edit changes the lines that it means and no other byte.
#include <catch2/catch.hpp>

#include "schemas/static_pod.h"
#include "tests/schemas/manifests.h"

namespace quorate {
namespace {

std::string pod_with(const std::string& container) {
  return "apiVersion: v1\nkind: Pod\nmetadata:\n  name: etcd # mine\nspec:\n  containers:\n" + container;
}

std::string edited(const std::string& text, const ManifestEdit& edit) {
  const absl::StatusOr<std::string> result = edit_manifest(text, edit);
  return result.ok() ? *result : "error: " + message_of(result.status());
}

ManifestEdit setting(const std::string& flag, const std::string& value) { return {{{flag, value}}, {}, {}, {}}; }
ManifestEdit removing(const std::string& flag) { return {{}, {flag}, {}, {}}; }
ManifestEdit patient(long startup_failures) {
  ManifestEdit edit;
  edit.startup_failures = startup_failures;
  return edit;
}

}  // namespace

TEST_CASE("a joining member's cluster and state change two lines of kubeadm's manifests") {
  const std::string cluster = "node1=https://10.20.30.101:2380,node2=https://10.20.30.102:2380";
  for (const std::string& name : manifest_names()) {
    INFO(name);
    const std::string before = manifest(name);
    const std::string old_line = "    - --initial-cluster=node1=https://10.20.30.101:2380\n";
    const std::string new_lines = "    - --initial-cluster=" + cluster + "\n    - --initial-cluster-state=existing\n";
    const ManifestEdit edit{{{"initial-cluster", cluster}, {"initial-cluster-state", "existing"}}, {}, {}, {}};
    REQUIRE(before.find(old_line) != std::string::npos);
    const std::string after = edited(before, edit);
    CHECK(after == replaced(before, old_line, new_lines));
    CHECK(edited(after, edit) == after);
    CHECK(edited(after, {{{"initial-cluster", "node1=https://10.20.30.101:2380"}}, {"initial-cluster-state"}, {}, {}}) == before);
  }
}

TEST_CASE("a manifest becomes another node's by its name, URLs and annotation") {
  for (const std::string& name : manifest_names()) {
    INFO(name);
    const std::string before = manifest(name);
    const std::string address = "10.20.30.102";
    const ManifestEdit edit{{{"name", "node2"},
                             {"advertise-client-urls", "https://" + address + ":2379"},
                             {"initial-advertise-peer-urls", "https://" + address + ":2380"},
                             {"initial-cluster", "node2=https://" + address + ":2380"},
                             {"listen-client-urls", "https://127.0.0.1:2379,https://" + address + ":2379"},
                             {"listen-peer-urls", "https://" + address + ":2380"}},
                            {},
                            {{"kubeadm.kubernetes.io/etcd.advertise-client-urls", "https://" + address + ":2379"}},
                            {}};
    std::string expected = replaced(before, "--name=node1", "--name=node2");
    expected = replaced(expected, "cluster=node1", "cluster=node2");
    while (expected.find("10.20.30.101") != std::string::npos) expected = replaced(expected, "10.20.30.101", address);
    CHECK(edited(before, edit) == expected);
  }
}

TEST_CASE("an added flag takes its place in kubeadm's order, in a block and in a flow list") {
  const std::string block =
      pod_with("  - command:\n    - etcd   # the program\n    # of b\n    - --b=1\n    - --d=1\n    image: i\n");
  CHECK(edited(block, setting("a", "0")) == replaced(block, "    # of b\n", "    - --a=0\n    # of b\n"));
  CHECK(edited(block, setting("c", "0")) == replaced(block, "    - --d=1\n", "    - --c=0\n    - --d=1\n"));
  CHECK(edited(block, setting("e", "0")) == replaced(block, "    - --d=1\n", "    - --d=1\n    - --e=0\n"));
  const std::string flow = pod_with("  - command: [etcd, --b=1, --d=1]\n");
  CHECK(edited(flow, setting("c", "0")) == replaced(flow, "--d=1", "--c=0, --d=1"));
  CHECK(edited(flow, setting("e", "x,y")) == replaced(flow, "--d=1", "--d=1, \"--e=x,y\""));
  const std::string json = R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"command":["etcd","--b=1"]}]}})";
  CHECK(edited(json, setting("c", "\"")) == replaced(json, "\"--b=1\"", "\"--b=1\",\"--c=\\\"\""));
  const std::string lines =
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"command\":[\n  \"etcd\",\n  "
      "\"--b=1\"\n]}]}}";
  CHECK(edited(lines, setting("c", "1")) == replaced(lines, "\"--b=1\"", "\"--b=1\",\n  \"--c=1\""));
}

TEST_CASE("args beside command are edited where they stand") {
  const std::string both = pod_with("  - command: [etcd]\n    args:\n    - --b=1\n    - '--d=1'\n");
  CHECK(edited(both, setting("a", "0")) == replaced(both, "    - --b=1\n", "    - --a=0\n    - --b=1\n"));
  CHECK(edited(both, setting("d", "it's")) == replaced(both, "'--d=1'", "'--d=it''s'"));
  CHECK(edited(both, setting("e", "1")) == replaced(both, "    - '--d=1'\n", "    - '--d=1'\n    - '--e=1'\n"));
}

TEST_CASE("a flag in two words keeps its form, and one that is repeated is left once") {
  const std::string pair = pod_with("  - command: [etcd, --a, x, \"--b=1\", --a=2]\n");
  CHECK(edited(pair, setting("a", "3")) == replaced(replaced(pair, "--a, x, ", ""), "--a=2", "--a=3"));
  CHECK(edited(pair, setting("a", "2")) == replaced(pair, "--a, x, ", ""));
  CHECK(edited(pair, removing("a")) == pod_with("  - command: [etcd, \"--b=1\"]\n"));
  const std::string last = pod_with("  - command: [etcd, --a, x]\n");
  CHECK(edited(last, setting("a", "123")) == replaced(last, " x]", " \"123\"]"));
  CHECK(edited(last, removing("a")) == pod_with("  - command: [etcd]\n"));
}

TEST_CASE("comments, Windows line ends, tabs and a missing last line break survive") {
  const std::string text =
      "# top\r\napiVersion: v1\r\nkind: Pod\r\nspec:\r\n  containers:\r\n  - image: i # image\r\n    command:\r\n    - "
      "etcd\r\n    - \"--a=\t1\" # first\r\n    # second\r\n    - --c=1";
  CHECK(edited(text, setting("a", "2")) == replaced(text, "\"--a=\t1\"", "\"--a=2\""));
  CHECK(edited(text, setting("b", "2")) == replaced(text, "    # second", "    - \"--b=2\"\r\n    # second"));
  CHECK(edited(text, setting("d", "2")) == text + "\r\n    - --d=2");
  CHECK(edited(text, removing("c")) == replaced(text, "\r\n    - --c=1", ""));
  CHECK(edited(text, {{}, {}, {}, "x/y:1"}) == replaced(text, "image: i ", "image: x/y:1 "));
  CHECK(edited("\xEF\xBB\xBF" + text, setting("c", "2")) == "\xEF\xBB\xBF" + replaced(text, "--c=1", "--c=2"));
}

TEST_CASE("an annotation that is not there is not added, and one that is there keeps to be a text") {
  const std::string text = pod_with("  - {name: etcd, image: 'i'}\n");
  CHECK(edited(text, {{}, {}, {{"a", "b"}}, {}}) == text);
  const std::string annotated = replaced(text, "metadata:\n", "metadata:\n  annotations: {a: b}\n");
  CHECK(edited(annotated, {{}, {}, {{"a", "true"}}, {}}) == replaced(annotated, "{a: b}", "{a: \"true\"}"));
  CHECK(edited(annotated, {{}, {}, {{"a", "c, d"}}, "j"}) ==
        replaced(replaced(annotated, "{a: b}", "{a: \"c, d\"}"), "'i'", "'j'"));
}

TEST_CASE("a startup probe's patience is a number, and changes in its own line alone") {
  for (const std::string& name : manifest_names()) {
    INFO(name);
    const std::string before = manifest(name);
    const absl::StatusOr<StaticPod> pod = read_static_pod(before);
    REQUIRE(pod.ok());
    CHECK(pod->startup_failures == 24);
    CHECK(pod->startup_period == 10);
    const std::string after = edited(before, patient(217));
    CHECK(after == replaced(before, "failureThreshold: 24", "failureThreshold: 217"));
    CHECK(edited(after, patient(24)) == before);
  }
  const std::string none = pod_with("  - name: etcd\n    command: [etcd]\n");
  CHECK(edited(none, patient(217)) == none);
  const std::string flow =
      pod_with("  - name: etcd\n    command: [etcd]\n    startupProbe: {failureThreshold: 24, httpGet: {path: /}} # ours\n");
  CHECK(edited(flow, patient(30)) == replaced(flow, "24", "30"));
  CHECK_THAT(edited(pod_with("  - name: etcd\n    command: [etcd]\n    startupProbe: {failureThreshold: '24'}\n"), patient(30)),
             Catch::Contains("is not edited"));
}

TEST_CASE("what is not understood is refused rather than written") {
  const std::string not_edited = "written in a way that is not edited";
  CHECK(edited(pod_with("  - command:\n    - etcd\n    - >-\n      --a=1\n"), setting("a", "2")) ==
        "error: line 9, column 7: " + not_edited);
  CHECK(edited(pod_with("  - command:\n    - etcd\n    - \"--a=1\n      2\"\n"), setting("a", "2")) ==
        "error: line 9, column 7: " + not_edited);
  CHECK(edited(pod_with("  - command: [etcd, &x --a=1, *x]\n"), removing("a")).substr(0, 6) == "error:");
  CHECK(edited(pod_with("  - command: [sh, -c, etcd --a=1]\n"), setting("a", "2")) == "error: the command is not etcd itself");
  CHECK(edited(pod_with("  - name: etcd\n"), setting("a", "2")) == "error: the command is not etcd itself");
  CHECK(edited(pod_with("  - command: [etcd]\n"), {{}, {}, {}, "i"}) == "error: the container names no image");
  CHECK(edited(pod_with("  - command: [etcd]\n"), setting("--a", "2")) == "error: \"--a\" is not a flag's name");
  CHECK(edited(pod_with("  - command: [etcd]\n"), setting("a", "2\n3")) == "error: the value of --a holds control characters");
  CHECK(edited(pod_with("  - command: [etcd]\n"), {{{"a", "1"}}, {"a"}, {}, {}}) == "error: --a is to be set and to be removed");
  CHECK(edited("a: [", setting("a", "2")) ==
        "error: line 1, column 4: this is not YAML: the bracket that begins here is never closed");
}

}  // namespace quorate
