// SPDX-License-Identifier: Apache-2.0
#include "schemas/json.h"

#include <catch2/catch.hpp>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/message_differencer.h>

#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/run.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Sets every field; of a oneof only the branch of this number, counted modulo.
void fill(Message* message, int branch) {
  const google::protobuf::Reflection& reflection = *message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message->GetDescriptor()->field(i);
    const google::protobuf::OneofDescriptor* oneof = field.real_containing_oneof();
    if (oneof != nullptr && field.index_in_oneof() != branch % oneof->field_count()) continue;
    INFO(field.full_name());
    if (field.is_map()) {
      Message* entry = reflection.AddMessage(message, &field);
      fill(entry, branch);
    } else if (field.message_type() != nullptr) {
      fill(field.is_repeated() ? reflection.AddMessage(message, &field) : reflection.MutableMessage(message, &field), branch);
    } else if (field.is_repeated()) {
      REQUIRE(field.cpp_type() == FieldDescriptor::CPPTYPE_STRING);
      reflection.AddString(message, &field, "one \"two\"\n\t\\ \x01 \xC3\xA9 \xF0\x9F\x98\x80");
      reflection.AddString(message, &field, "");
    } else {
      switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_STRING: reflection.SetString(message, &field, "x" + std::to_string(i)); break;
        case FieldDescriptor::CPPTYPE_BOOL: reflection.SetBool(message, &field, true); break;
        case FieldDescriptor::CPPTYPE_UINT32: reflection.SetUInt32(message, &field, 4294967295U); break;
        case FieldDescriptor::CPPTYPE_UINT64: reflection.SetUInt64(message, &field, 18446744073709551615U); break;
        case FieldDescriptor::CPPTYPE_INT64: reflection.SetInt64(message, &field, -9223372036854775807L - 1); break;
        case FieldDescriptor::CPPTYPE_ENUM: reflection.SetEnumValue(message, &field, 1); break;
        default: FAIL("a type that JSON cannot hold yet");
      }
    }
  }
}

template <typename Record>
void round_trip() {
  for (int branch = 0; branch < 24; ++branch) {
    Record record;
    fill(&record, branch);
    for (const JsonForm form : {JsonForm::pretty, JsonForm::line}) {
      const std::string text = to_json(record, form);
      Record again;
      const absl::Status status = from_json(text, &again);
      INFO(message_of(status));
      REQUIRE(status.ok());
      CHECK(google::protobuf::util::MessageDifferencer::Equals(record, again));
      CHECK(to_json(again, form) == text);
    }
  }
}

std::string refused(const std::string& text) {
  Spec spec;
  spec.set_kind("before");
  const absl::Status status = from_json(text, &spec);
  CHECK(spec.kind() == (status.ok() ? "" : "before"));
  return status.ok() ? "" : message_of(status);
}

}  // namespace

TEST_CASE("every field of every record comes back from JSON") {
  round_trip<Spec>();
  round_trip<Observation>();
  round_trip<Plan>();
  round_trip<JournalRecord>();
  round_trip<RunRecord>();
}

TEST_CASE("a record's JSON has proto's names, sorted maps and quoted 64-bit numbers") {
  Spec spec;
  spec.set_api_version("quorate/v1alpha1");
  auto& flags = *spec.mutable_spec()->mutable_etcd()->mutable_extra_args();
  for (const char* flag : {"z", "b", "a"}) flags[flag] = "1";
  spec.mutable_spec()->mutable_certificates()->add_extra_sans("x");
  spec.mutable_spec()->mutable_backup()->set_keep(0);
  CHECK(to_json(spec, JsonForm::line) ==
        R"({"apiVersion":"quorate/v1alpha1","spec":{"etcd":{"extraArgs":{"a":"1","b":"1","z":"1"}},)"
        R"("certificates":{"extraSANs":["x"]},"backup":{"keep":0}}})");
  Observation observation;
  observation.set_taken_at_seconds(9007199254740993);
  observation.add_nodes()->mutable_ssh()->set_state(SshState::REACHABLE);
  CHECK(to_json(observation, JsonForm::pretty) ==
        "{\n  \"takenAtSeconds\": \"9007199254740993\",\n  \"nodes\": [\n    {\n      \"ssh\": {\n        \"state\": "
        "\"REACHABLE\"\n      }\n    }\n  ]\n}\n");
  CHECK(to_json(Spec(), JsonForm::pretty) == "{}\n");
}

TEST_CASE("an optional value that is absent stays absent, and one that is zero stays") {
  EtcdEndpoint endpoint;
  endpoint.set_answers(false);
  EtcdEndpoint again;
  REQUIRE(from_json(to_json(endpoint, JsonForm::line), &again).ok());
  CHECK(again.has_answers());
  CHECK_FALSE(again.has_port_open());
}

TEST_CASE("bytes that are not UTF-8 cannot make a record unreadable") {
  Spec spec;
  spec.set_kind("a\xFF");
  Spec again;
  REQUIRE(from_json(to_json(spec, JsonForm::line), &again).ok());
  CHECK(again.kind() == "a\xEF\xBF\xBD");
}

TEST_CASE("what is not a record is refused with its place, and the record is untouched") {
  CHECK(refused("{}").empty());
  CHECK(refused("") == "line 1, column 1: expected an object, found the end of the text");
  CHECK(refused("[]") == "line 1, column 1: expected an object, found a list");
  CHECK(refused("{\"knd\": \"x\"}") == "line 1, column 2: unknown key \"knd\" (did you mean kind?)");
  CHECK(refused("{\"api_version\": \"x\"}") == "line 1, column 2: unknown key \"api_version\" (did you mean apiVersion?)");
  CHECK(refused("{\n  \"kind\": \"x\",\n  \"kind\": \"x\"\n}") == "line 3, column 3: duplicate key \"kind\"");
  CHECK(refused("{\"kind\": \"x\",}") == "line 1, column 14: expected a string, found \"}\"");
  CHECK(refused("{} x") == "line 1, column 4: text after the end of the record");
  CHECK(refused("{\"kind\": 1}") == "line 1, column 10: expected a string, found \"1\"");
  CHECK(refused("{\"kind\": null}") == "line 1, column 10: expected a string, found \"null\"");
  CHECK(refused("{\"kind\": \"\xFF\"}") == "line 1, column 11: this is not UTF-8 text");
  CHECK(refused("{\"kind\": \"\\ud800\"}") == "line 1, column 11: an escape that is no character");
  CHECK(refused("{\"kind\": \"\\x\"}") == "line 1, column 11: an unknown escape in a string");
  CHECK(refused("{\"kind\": \"a\nb\"}") == "line 1, column 12: a control character in a string");
  CHECK(refused("{\"kind\": \"a") == "line 1, column 10: the string that begins here is never closed");
  CHECK(refused("{\"spec\": {\"ssh\": {\"sudo\": \"yes\"}}}") == "line 1, column 27: expected true or false, found a string");
  CHECK(refused("{\"spec\": {\"ssh\": {\"port\": \"22\"}}}") == "line 1, column 27: expected a whole number, found a string");
  CHECK(refused("{\"spec\": {\"ssh\": {\"port\": 2.5}}}") == "line 1, column 27: expected a whole number, found \"2.5\"");
  CHECK(refused("{\"spec\": {\"ssh\": {\"port\": 4294967296}}}") ==
        "line 1, column 27: expected a whole number, found \"4294967296\"");
  CHECK(refused("{\"spec\": {\"members\": {}}}") == "line 1, column 22: expected a list, found an object");
  CHECK(refused("{\"spec\": {\"members\": [{},]}}") == "line 1, column 26: expected an object, found \"]\"");
  CHECK(refused(std::string((64U << 20U) + 1, ' ')) == "larger than 64 MiB");
}

TEST_CASE("escapes and pairs of surrogates are read") {
  Spec spec;
  REQUIRE(from_json(R"({"kind": "\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\"})", &spec).ok());
  CHECK(spec.kind() == "\xC3\xA9\xF0\x9F\x98\x80/\b\f\n\r\t\"\\");
}

TEST_CASE("numbers, words and oneofs of an observation or a plan are strict") {
  const auto error = [](const std::string& text, Message* record) { return message_of(from_json(text, record)); };
  Observation observation;
  CHECK(error(R"({"takenAtSeconds": 5})", &observation) == "line 1, column 20: expected a string, found \"5\"");
  CHECK(error(R"({"takenAtSeconds": "05"})", &observation) == "line 1, column 20: expected a whole number in quotes, found \"05\"");
  CHECK(error(R"({"nodes": [{"ssh": {"state": "MAYBE"}}]})", &observation) ==
        "line 1, column 30: \"MAYBE\" is not one of the known words");
  Fact fact;
  CHECK(error(R"({"etcdStopped": {"node": "a"}, "dataAbsent": {"node": "a"}})", &fact) ==
        "line 1, column 32: \"dataAbsent\" beside another key that excludes it");
}

}  // namespace quorate
