// SPDX-License-Identifier: Apache-2.0
// The JSON Schemas beside the records' descriptors are what the descriptors say, comments and all: for an editor on a spec, and for
// who reads plans and observations. UPDATE_SCHEMAS=1 writes them.
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include "schemas/document.h"
#include "schemas/json.h"
#include "schemas/utf8.h"

namespace quorate {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

struct Root {
  std::string record;  // schemas/RECORD.proto, schemas/RECORD.schema.json
  std::string message;
  bool is_closed;  // a key that is not known is a mistake; else it is a newer version's
};

const std::vector<Root> roots = {{"spec", "Spec", true}, {"plan", "Plan", false}, {"observation", "Observation", false}};

// What their readers ask for beyond the descriptor (spec_rules.cc, document.cc).
const std::map<std::string, std::string> constants = {
    {"Spec.api_version", document_version},        {"Spec.kind", "EtcdCluster"},
    {"Plan.api_version", document_version},        {"Plan.kind", "Plan"},
    {"Observation.api_version", document_version}, {"Observation.kind", "Observation"}};
const std::map<std::string, std::string> required = {{"Spec", R"("apiVersion", "kind", "metadata", "spec")"},
                                                     {"Plan", R"("apiVersion", "kind", "id", "cluster")"},
                                                     {"Observation", R"("apiVersion", "kind", "cluster")"},
                                                     {"Spec.Metadata", R"("name")"},
                                                     {"ClusterSpec", R"("members")"},
                                                     {"MemberSpec", R"("name", "host")"}};

template <typename Described>
std::string comment_of(const Described& described) {
  google::protobuf::SourceLocation location;
  if (!described.GetSourceLocation(&location)) return "";
  std::istringstream words(location.leading_comments.empty() ? location.trailing_comments : location.leading_comments);
  std::string text;
  for (std::string word; words >> word;) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string name_of(const Descriptor& message) { return message.full_name().substr(message.file()->package().size() + 1); }

class SchemaWriter {
 public:
  SchemaWriter(const Descriptor& root, bool is_closed) : is_closed_(is_closed) {
    text_ = "{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n  \"title\": " +
            json_quoted("quorate/v1alpha1 " + root.name()) + ",\n  \"$ref\": " + reference(root) + ",\n  \"definitions\": {";
    for (std::size_t i = 0; i < wanted_.size(); ++i) write(*wanted_[i], i == 0);
    text_ += "\n  }\n}\n";
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string reference(const Descriptor& message) {
    if (named_.insert(&message).second) wanted_.push_back(&message);
    return json_quoted("#/definitions/" + name_of(message));
  }

  // YAML's reader takes 8589934592 and true for text where text is meant, as etcd's flags are.
  [[nodiscard]] std::string text_type() const {
    return is_closed_ ? R"("type": ["string", "number", "boolean"])" : R"("type": "string")";
  }

  // Numbers of 64 bits are text in JSON, where a number has 53.
  std::string type_of(const FieldDescriptor& field) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: return "\"$ref\": " + reference(*field.message_type());
      case FieldDescriptor::CPPTYPE_STRING: return text_type();
      case FieldDescriptor::CPPTYPE_BOOL: return R"("type": "boolean")";
      case FieldDescriptor::CPPTYPE_UINT32: return R"("type": "integer", "minimum": 0)";
      case FieldDescriptor::CPPTYPE_UINT64: return R"("type": "string", "pattern": "^[0-9]+$")";
      case FieldDescriptor::CPPTYPE_INT64: return R"("type": "string", "pattern": "^-?[0-9]+$")";
      case FieldDescriptor::CPPTYPE_ENUM: {
        std::string names;
        for (int i = 0; i < field.enum_type()->value_count(); ++i) {
          names += (i == 0 ? "" : ", ") + json_quoted(field.enum_type()->value(i)->name());
        }
        return "\"enum\": [" + names + "]";
      }
      default: FAIL("no schema for " << field.full_name()); return "";
    }
  }

  std::string schema_of(const FieldDescriptor& field) {
    const std::string comment = comment_of(field);
    const std::string description = comment.empty() ? "" : "\"description\": " + json_quoted(comment) + ", ";
    const auto constant = constants.find(name_of(*field.containing_type()) + "." + field.name());
    if (constant != constants.end()) return "{" + description + "\"const\": " + json_quoted(constant->second) + "}";
    if (field.is_map()) return "{" + description + R"("type": "object", "additionalProperties": {)" + text_type() + "}}";
    if (field.is_repeated()) return "{" + description + R"("type": "array", "items": {)" + type_of(field) + "}}";
    // What stands beside a reference is ignored in this draft.
    const std::string or_nothing = is_closed_ ? R"(, {"type": "null"})" : "";
    if (field.message_type() != nullptr) return "{" + description + "\"anyOf\": [{" + type_of(field) + "}" + or_nothing + "]}";
    return "{" + description + type_of(field) + "}";
  }

  void write(const Descriptor& message, bool is_first) {
    text_ += std::string(is_first ? "" : ",") + "\n    " + json_quoted(name_of(message)) + ": {\n";
    if (const std::string comment = comment_of(message); !comment.empty()) {
      text_ += "      \"description\": " + json_quoted(comment) + ",\n";
    }
    text_ += "      \"type\": \"object\",\n";
    if (is_closed_) text_ += "      \"additionalProperties\": false,\n";
    if (const auto found = required.find(name_of(message)); found != required.end()) {
      text_ += "      \"required\": [" + found->second + "],\n";
    }
    text_ += "      \"properties\": {";
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      text_ += std::string(i == 0 ? "" : ",") + "\n        " + json_quoted(field.json_name()) + ": " + schema_of(field);
    }
    text_ += "\n      }\n    }";
  }

  bool is_closed_;
  std::string text_;
  std::vector<const Descriptor*> wanted_;  // in the order in which they are met
  std::set<const Descriptor*> named_;
};

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("the JSON Schemas of the spec, the plan and the observation are as their descriptors say", "[schema]") {
  google::protobuf::FileDescriptorSet files;
  REQUIRE(files.ParseFromString(text_of_file(DESCRIPTORS)));
  google::protobuf::DescriptorPool pool;
  for (const auto& file : files.file()) REQUIRE(pool.BuildFile(file) != nullptr);
  for (const Root& root : roots) {
    const SchemaWriter writer(*pool.FindMessageTypeByName("quorate." + root.message), root.is_closed);
    const std::string path = std::string(SOURCES) + "/schemas/" + root.record + ".schema.json";
    if (std::getenv("UPDATE_SCHEMAS") != nullptr) std::ofstream(path) << writer.text();
    CHECK(text_of_file(path) == writer.text());
  }
}

}  // namespace
}  // namespace quorate
