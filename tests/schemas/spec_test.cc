// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <google/protobuf/descriptor.h>

#include "schemas/json.h"
#include "schemas/spec_reader.h"

namespace quorate {
namespace {

const std::string whole = R"(apiVersion: quorate/v1alpha1
kind: EtcdCluster
metadata:
  name: prod-eu1
spec:
  ssh:
    user: ops
    sudo: true
    identityFile: ~/.ssh/id_ed25519
    knownHostsFile: ~/.ssh/known_hosts
    proxyJump: ops@bastion.example.com:2222
    port: 22
  etcd:
    dataDir: /var/lib/etcd
    image: registry.k8s.io/etcd:3.5.15-0
    extraArgs:
      quota-backend-bytes: "8589934592"
      snapshot-count: "10000"
  certificates:
    validity: 365d
    renewBefore: 30d
    extraSANs:
      - etcd.eu1.example.com
      - 10.20.30.100
    authority: ./etcd-ca
  kubeadm:
    criSocket: unix:///run/containerd/containerd.sock
    bindPort: 8443
    ignorePreflightErrors:
      - Swap
      - NumCPU
  backup:
    directory: ./backups
    keep: 7
  setAside:
    keep: 1
    maxAge: 7d
  members:
    - name: node1
      host: 10.20.30.101
    - name: node2
      host: 10.20.30.102
    - name: node3
      host: cp3.eu1.example.com
      address: 10.20.30.103
      ssh:
        port: 2222
)";

// A field of another type would be refused with an error that no user can do anything about.
void check_types(const google::protobuf::Descriptor& type) {
  using google::protobuf::FieldDescriptor;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    INFO(field.full_name());
    if (field.is_map()) {
      CHECK(field.message_type()->map_value()->cpp_type() == FieldDescriptor::CPPTYPE_STRING);
    } else if (field.message_type() != nullptr) {
      check_types(*field.message_type());
    } else {
      const bool is_text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
      const bool is_single =
          field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL || field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32;
      CHECK((is_text || (is_single && !field.is_repeated())));
    }
  }
}

}  // namespace

TEST_CASE("every field of the spec is of a type that the reader knows") { check_types(*Spec::descriptor()); }

TEST_CASE("a written spec is what was read, byte for byte") {
  const SpecReading reading = read_spec(whole, "cluster.yaml");
  REQUIRE(reading.diagnostics.empty());
  CHECK(write_spec(reading.spec) == whole);
  CHECK(reading.spec.spec().ssh().identity_file() == "~/.ssh/id_ed25519");
  CHECK(reading.spec.spec().members(2).ssh().port() == 2222);
}

TEST_CASE("texts that YAML would read otherwise are written in quotes and come back") {
  Spec spec = read_spec(whole, "cluster.yaml").spec;
  for (const char* text : {"yes", "null", "007", "1e3", "a: b", "a #b", "'",          "\"",       "\\",      "[a]", "{}",
                           "*",   "&a",   "!x",  " a ", "",     "a:",   "2001-01-01", "\xC3\xA9", "fd00::1", "-",   "@"}) {
    (*spec.mutable_spec()->mutable_etcd()->mutable_extra_args())["log-level"] = text;
    INFO(text);
    const SpecReading again = read_spec(write_spec(spec), "cluster.yaml");
    CHECK(again.diagnostics.empty());
    CHECK(again.spec.spec().etcd().extra_args().at("log-level") == text);
  }
}

TEST_CASE("an optional value that is zero is kept apart from one that is absent") {
  Spec spec = read_spec(whole, "cluster.yaml").spec;
  spec.mutable_spec()->mutable_backup()->set_keep(0);
  spec.mutable_spec()->mutable_set_aside()->clear_keep();
  const Spec again = read_spec(write_spec(spec), "cluster.yaml").spec;
  CHECK(again.spec().backup().has_keep());
  CHECK_FALSE(again.spec().set_aside().has_keep());
}

TEST_CASE("Windows line ends, a byte order mark and a missing last line break change nothing") {
  std::string text = "\xEF\xBB\xBF" + whole.substr(0, whole.size() - 1);
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2)) text.insert(at, "\r");
  const SpecReading reading = read_spec(text, "cluster.yaml");
  CHECK(reading.diagnostics.empty());
  CHECK(write_spec(reading.spec) == whole);
}

TEST_CASE("JSON is YAML: a spec in JSON is read") {
  const SpecReading reading = read_spec(to_json(read_spec(whole, "cluster.yaml").spec, JsonForm::pretty), "cluster.json");
  CHECK(reading.diagnostics.empty());
  CHECK(write_spec(reading.spec) == whole);
}

}  // namespace quorate
