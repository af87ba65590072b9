// SPDX-License-Identifier: Apache-2.0
// Every bad spec says where, what, and what would be right; the texts are the contract with users.
#include <catch2/catch.hpp>

#include "schemas/spec_reader.h"

namespace quorate {
namespace {

// Seven lines, so that `tail` begins in line 6 under `spec:`.
std::string spec_with(const std::string& tail) {
  return "apiVersion: quorate/v1alpha1\nkind: EtcdCluster\nmetadata:\n  name: prod\nspec:\n" + tail;
}

const std::string three =
    "  members:\n  - {name: a, host: 10.0.0.1}\n  - {name: b, host: 10.0.0.2}\n  - {name: c, host: 10.0.0.3}\n";

std::string diagnosed(const std::string& text) {
  std::string lines;
  for (const Diagnostic& diagnostic : read_spec(text, "cluster.yaml").diagnostics) lines += diagnostic.text() + "\n";
  return lines;
}

struct Case {
  std::string rule;
  std::string text;
  std::string expected;
};

void check(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    DYNAMIC_SECTION(each.rule) { CHECK(diagnosed(each.text) == each.expected); }
  }
}

}  // namespace

TEST_CASE("a good spec has no diagnostics") { CHECK(diagnosed(spec_with(three)).empty()); }

TEST_CASE("what is not YAML is one error with its place") {
  check({
      {"an unclosed list", "a: [1, 2\n",
       "cluster.yaml:1:4: error: this is not YAML: the bracket that begins here is never closed\n"},
      {"an unterminated quote", "a: \"b\n", "cluster.yaml:1:4: error: the quote that begins here is never closed\n"},
      {"bytes that are not UTF-8", "kind: \xFF\n", "cluster.yaml:1:7: error: this is not UTF-8 text\n"},
      {"a NUL byte", std::string("a\0", 2), "cluster.yaml:1:2: error: a NUL byte (this is no text file)\n"},
      {"a control character, which yaml-cpp takes for the end", "a: b\n\x04",
       "cluster.yaml:2:1: error: a control character \"\\u0004\"\n"},
      {"a text", "hello\n", "cluster.yaml:1:1: error: the file must be a mapping, not \"hello\" (key: value)\n"},
      {"a list", "- a\n", "cluster.yaml:1:1: error: the file must be a mapping, not a list (key: value)\n"},
      {"an empty file", "", "cluster.yaml: error: the file must be a mapping, not nothing (key: value)\n"},
      {"a second document", spec_with(three) + "---\na: b\n",
       "cluster.yaml:10:1: error: a second document begins here (one file holds one document)\n"},
      {"five megabytes", std::string(5U << 20U, 'a'), "cluster.yaml: error: larger than 1024 KiB\n"},
      {"deep nesting", "a: " + std::string(1000, '[') + std::string(1000, ']'),
       "cluster.yaml:1:35: error: nested deeper than 32 levels\n"},
  });
}

TEST_CASE("the shape of a spec: keys and types") {
  const std::string more = "  ssh:\n";
  check({
      {"an unknown key, with the one that was meant", spec_with("  membrs: []\n" + three),
       "cluster.yaml:6:3: error: unknown key \"membrs\" in spec (did you mean members?)\n"},
      {"an unknown key, far from any", spec_with(three + "  colour: red\n"),
       "cluster.yaml:10:3: error: unknown key \"colour\" in spec (known keys: ssh, etcd, certificates, kubeadm, backup, "
       "setAside, members)\n"},
      {"a misspelt key is not called missing too", spec_with("  members:\n  - nam: a\n    host: 10.0.0.1\n"),
       "cluster.yaml:7:5: error: unknown key \"nam\" in spec.members[0] (did you mean name?)\n"},
      {"a duplicate key", spec_with(three + more + "    user: a\n    user: b\n"),
       "cluster.yaml:12:5: error: duplicate key \"user\" in spec.ssh (first in line 11)\n"},
      {"a text where a list is wanted", spec_with("  members: node1\n"),
       "cluster.yaml:6:12: error: spec.members must be a list, not \"node1\" (- item)\n"},
      {"a list where a mapping is wanted", spec_with(three + "  ssh: [a]\n"),
       "cluster.yaml:10:8: error: spec.ssh must be a mapping, not a list (key: value)\n"},
      {"a member that is a text", spec_with("  members:\n  - node1\n"),
       "cluster.yaml:7:5: error: spec.members[0] must be a mapping, not \"node1\" (key: value)\n"},
      {"a list where a text is wanted", spec_with("  members:\n  - {name: [a], host: 10.0.0.1}\n"),
       "cluster.yaml:7:12: error: spec.members[0].name must be text, not a list\n"},
      {"yes is no boolean", spec_with(three + more + "    sudo: yes\n"),
       "cluster.yaml:11:11: error: spec.ssh.sudo must be true or false, not \"yes\" (write true)\n"},
      {"a quoted boolean", spec_with(three + more + "    sudo: \"true\"\n"),
       "cluster.yaml:11:11: error: spec.ssh.sudo must be true or false, not \"true\" (without quotes)\n"},
      {"a quoted number", spec_with(three + more + "    port: \"22\"\n"),
       "cluster.yaml:11:11: error: spec.ssh.port must be a whole number, not \"22\" (without quotes)\n"},
      {"a negative number", spec_with(three + more + "    port: -1\n"),
       "cluster.yaml:11:11: error: spec.ssh.port must be a whole number, not \"-1\" (0 to 4294967295, in decimal "
       "digits)\n"},
      {"a number too large", spec_with(three + "  backup: {keep: 4294967296}\n"),
       "cluster.yaml:10:18: error: spec.backup.keep must be a whole number, not \"4294967296\" (0 to 4294967295, in "
       "decimal digits)\n"},
      {"a backup that keeps none", spec_with(three + "  backup: {keep: 0}\n"),
       "cluster.yaml:10:18: error: spec.backup.keep: 0 would keep none (1 or more; without `keep` all are kept)\n"},
      {"an octal number", spec_with(three + more + "    port: 022\n"),
       "cluster.yaml:11:11: error: spec.ssh.port must be a whole number, not \"022\" (0 to 4294967295, in decimal "
       "digits)\n"},
      {"a key without a value", spec_with(three + more + "    user:\n"),
       "cluster.yaml:11:5: error: spec.ssh.user has no value (leave the key out where nothing is to be said)\n"},
      {"a mapping without a value is left out", spec_with(three + more), ""},
      {"a tag", spec_with(three + more + "    user: !x ops\n"),
       "cluster.yaml:11:11: error: tags (!name) are not accepted (leave it out)\n"},
      {"anchors and aliases", spec_with(three + "  ssh: &a {user: ops}\n  backup: *a\n"),
       "cluster.yaml:10:8: error: anchors (&name) are not accepted (leave it out)\n"
       "cluster.yaml:11:11: error: aliases (*name) are not accepted (write the value again)\n"},
  });
}

TEST_CASE("a plain number where a text is wanted is taken as it is written") {
  const SpecReading reading = read_spec(spec_with("  members:\n  - {name: 1, host: 10.0.0.1}\n"), "cluster.yaml");
  CHECK(reading.diagnostics.empty());
  CHECK(reading.spec.spec().members(0).name() == "1");
}

TEST_CASE("what must be there, and how often") {
  check({
      {"no member", spec_with("  members: []\n"),
       "cluster.yaml:6:12: error: spec.members is empty (a cluster has at least one member)\n"},
      {"no list of members", spec_with("  backup: {keep: 1}\n"),
       "cluster.yaml:6:3: error: spec.members is missing (a cluster has at least one member)\n"},
      {"an even count warns", spec_with("  members:\n  - {name: a, host: 10.0.0.1}\n  - {name: b, host: 10.0.0.2}\n"),
       "cluster.yaml:7:3: warning: 2 members tolerate the loss of 0, no more than 1 do (use an odd number)\n"},
      {"a wrong version and kind", "apiVersion: quorate/v1\nkind: Cluster\nmetadata: {name: prod}\nspec:\n" + three,
       "cluster.yaml:1:13: error: apiVersion \"quorate/v1\" is not known (this quorate reads quorate/v1alpha1)\n"
       "cluster.yaml:2:7: error: kind \"Cluster\" is not known (this quorate reads EtcdCluster)\n"},
      {"nothing but members", "spec:\n" + three,
       "cluster.yaml:1:1: error: apiVersion is missing (apiVersion: quorate/v1alpha1)\n"
       "cluster.yaml:1:1: error: kind is missing (kind: EtcdCluster)\n"
       "cluster.yaml:1:1: error: metadata.name is missing (the cluster's name)\n"},
      {"a member without name and host", spec_with("  members:\n  - {address: 10.0.0.1}\n"),
       "cluster.yaml:7:5: error: spec.members[0].name is missing (the node's name in kubeadm, etcd's --name)\n"
       "cluster.yaml:7:5: error: spec.members[0].host is missing (where SSH goes)\n"},
      {"duplicate names and hosts",
       spec_with("  members:\n  - {name: a, host: 10.0.0.1}\n  - {name: a, host: 10.0.0.1}\n  - {name: c, host: 10.0.0.3}\n"),
       "cluster.yaml:8:12: error: duplicate name \"a\" (spec.members[0].name in line 7 has it)\n"
       "cluster.yaml:8:21: error: duplicate host \"10.0.0.1\" (spec.members[0].host in line 7 has it)\n"},
      {"one address in two forms",
       spec_with("  members:\n  - {name: a, host: h1, address: 'fd00::1'}\n  - {name: b, host: h2, address: "
                 "'fd00:0::1'}\n  - {name: c, host: h3}\n"),
       "cluster.yaml:8:34: error: duplicate address \"fd00:0::1\" (spec.members[0].address in line 7 has it)\n"},
      {"one host on two ports is two nodes",
       spec_with("  members:\n  - {name: a, host: gate, address: 10.0.0.1}\n  - {name: b, host: gate, address: "
                 "10.0.0.2, ssh: {port: 2222}}\n  - {name: c, host: h3}\n"),
       ""},
  });
}

TEST_CASE("more than seven members warn") {
  std::string members = "  members:\n";
  for (int i = 1; i <= 9; ++i) members += "  - {name: n" + std::to_string(i) + ", host: 10.0.0." + std::to_string(i) + "}\n";
  CHECK(diagnosed(spec_with(members)) == "cluster.yaml:7:3: warning: 9 members make every write slow (etcd advises at most 7)\n");
}

TEST_CASE("words that a shell, ssh or DNS would read otherwise are refused") {
  for (const char* host : {"-oProxyCommand=x", "a b", "a;b", "$(id)", "a\\tb", "10.0.0.300", "a_b", "a..b", "`id`"}) {
    INFO(host);
    const std::string text = spec_with("  members:\n  - {name: a, host: \"" + std::string(host) + "\"}\n");
    CHECK(diagnosed(text) == "cluster.yaml:7:21: error: spec.members[0].host: \"" + std::string(host) +
                                 "\" is not a DNS name or an IP address (cp1.example.com or 10.20.30.101)\n");
  }
  for (const char* name : {"-a", "A", "a b", "a/b", "a-", "a,b", "a=b"}) {
    INFO(name);
    const std::string text = spec_with("  members:\n  - {host: 10.0.0.1, name: \"" + std::string(name) + "\"}\n");
    CHECK(diagnosed(text) == "cluster.yaml:7:28: error: spec.members[0].name: \"" + std::string(name) +
                                 "\" is not a name (lower-case letters, digits, '-' and '.', at most 253)\n");
  }
}

TEST_CASE("values that have a form of their own") {
  const std::string etcd = three + "  etcd:\n";
  const std::string certificates = three + "  certificates:\n";
  check({
      {"an address that is none", spec_with("  members:\n  - {name: a, host: h1, address: h1}\n"),
       "cluster.yaml:7:34: error: spec.members[0].address: \"h1\" is not an IP address (10.20.30.101 or fd00::101)\n"},
      {"port 0", spec_with(three + "  ssh: {port: 0}\n"),
       "cluster.yaml:10:15: error: spec.ssh.port: 0 is not a port (1 to 65535)\n"},
      {"port 65536", spec_with(three + "  ssh: {port: 65536}\n"),
       "cluster.yaml:10:15: error: spec.ssh.port: 65536 is not a port (1 to 65535)\n"},
      {"a flag with dashes", spec_with(etcd + "    extraArgs: {--log-level: info}\n"),
       "cluster.yaml:11:17: error: spec.etcd.extraArgs: \"--log-level\" is not a flag's name (without dashes: "
       "log-level)\n"},
      {"a flag that every member has of its own", spec_with(etcd + "    extraArgs: {name: a}\n"),
       "cluster.yaml:11:17: error: spec.etcd.extraArgs: name is not for a spec to set (quorate sets it for each "
       "member)\n"},
      {"a data directory that is relative", spec_with(etcd + "    dataDir: var/lib/etcd\n"),
       "cluster.yaml:11:14: error: spec.etcd.dataDir: \"var/lib/etcd\" is not an absolute path (/var/lib/etcd)\n"},
      {"a data directory that is climbing", spec_with(etcd + "    dataDir: /var/lib/../etcd\n"),
       "cluster.yaml:11:14: error: spec.etcd.dataDir: \"/var/lib/../etcd\" is not an absolute path (/var/lib/etcd)\n"},
      {"a duration", spec_with(certificates + "    validity: 1 year\n"),
       "cluster.yaml:11:15: error: spec.certificates.validity: \"1 year\" is not a duration (365d, 8760h, 90m or "
       "1d12h)\n"},
      {"a renewal before every certificate's birth", spec_with(certificates + "    validity: 30d\n    renewBefore: 720h\n"),
       "cluster.yaml:12:18: error: spec.certificates.renewBefore is not shorter than validity (every certificate would "
       "be renewed at once)\n"},
      {"a name for certificates", spec_with(certificates + "    extraSANs: [ok.example.com, \"*.example.com\", a b]\n"),
       "cluster.yaml:11:50: error: spec.certificates.extraSANs[2]: \"a b\" is not a DNS name or an IP address "
       "(cp1.example.com or 10.20.30.101)\n"},
      {"a folder for the CA", spec_with(certificates + "    authority: \"a\\tb\"\n"),
       "cluster.yaml:11:16: error: spec.certificates.authority: \"a\\tb\" is not a path\n"},
      {"the socket of a container runtime", spec_with(three + "  kubeadm: {criSocket: \"a b\"}\n"),
       "cluster.yaml:10:24: error: spec.kubeadm.criSocket: \"a b\" is not a socket (unix:///run/containerd/containerd.sock)\n"},
      {"an API server's port", spec_with(three + "  kubeadm: {bindPort: 65536}\n"),
       "cluster.yaml:10:23: error: spec.kubeadm.bindPort: 65536 is not a port (1 to 65535)\n"},
      {"a check of kubeadm's", spec_with(three + "  kubeadm: {ignorePreflightErrors: [Swap, 'a\"b']}\n"),
       "cluster.yaml:10:43: error: spec.kubeadm.ignorePreflightErrors[1]: \"a\\\"b\" is not the name of a check (Swap, "
       "NumCPU)\n"},
      {"every check of kubeadm's", spec_with(three + "  kubeadm: {ignorePreflightErrors: [All]}\n"),
       "cluster.yaml:10:37: error: spec.kubeadm.ignorePreflightErrors[0]: \"All\" is not a check (name each)\n"},
      {"several jump hosts", spec_with(three + "  ssh: {proxyJump: 'a,b'}\n"),
       "cluster.yaml:10:20: error: spec.ssh.proxyJump: \"a,b\" is not a jump host (one [user@]host[:port])\n"},
      {"a user", spec_with(three + "  ssh: {user: -l}\n"),
       "cluster.yaml:10:15: error: spec.ssh.user: \"-l\" is not a user name (letters, digits, '_', '.', '-' and "
       "'@')\n"},
  });
}

TEST_CASE("every one of twenty thousand unknown keys is reported") {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "k" + std::to_string(i) + ": \n";
  CHECK(read_spec(text, "cluster.yaml").diagnostics.size() == 20004);
}

}  // namespace quorate
