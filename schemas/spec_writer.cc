// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <google/protobuf/descriptor.h>

#include "schemas/spec_reader.h"
#include "schemas/utf8.h"
#include "schemas/yaml_tree.h"

namespace quorate {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string scalar(const std::string& text) { return may_stand_plain(text, YamlContext::block) ? text : json_quoted(text); }

std::string scalar_of(const Message& message, const FieldDescriptor& field) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return reflection.GetBool(message, &field) ? "true" : "false";
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) return std::to_string(reflection.GetUInt32(message, &field));
  return scalar(reflection.GetString(message, &field));
}

std::string block(const Message& message, const std::string& indent);

// The first line of a list's item stands behind its dash.
std::string list_item(const std::string& lines, const std::string& indent) {
  return indent + "- " + lines.substr(indent.size() + 2);
}

std::string list(const Message& message, const FieldDescriptor& field, const std::string& indent) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::string text;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    if (field.message_type() == nullptr) {
      text += indent + "- " + scalar(reflection.GetRepeatedString(message, &field, i)) + "\n";
    } else {
      const std::string lines = block(reflection.GetRepeatedMessage(message, &field, i), indent + "  ");
      text += lines.empty() ? indent + "- {}\n" : list_item(lines, indent);
    }
  }
  return "\n" + text;
}

std::string map(const Message& message, const FieldDescriptor& field, const std::string& indent) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::map<std::string, std::string> sorted;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    const google::protobuf::Reflection& entry_reflection = *entry.GetReflection();
    sorted[entry_reflection.GetString(entry, field.message_type()->map_key())] =
        entry_reflection.GetString(entry, field.message_type()->map_value());
  }
  std::string text = "\n";
  for (const auto& [key, value] : sorted) text += indent + scalar(key) + ": " + scalar(value) + "\n";
  return text;
}

std::string value(const Message& message, const FieldDescriptor& field, const std::string& indent) {
  if (field.is_map()) return map(message, field, indent + "  ");
  if (field.is_repeated()) return list(message, field, indent + "  ");
  if (field.message_type() == nullptr) return " " + scalar_of(message, field) + "\n";
  const std::string lines = block(message.GetReflection()->GetMessage(message, &field), indent + "  ");
  return lines.empty() ? " {}\n" : "\n" + lines;
}

std::string block(const Message& message, const std::string& indent) {
  std::string text;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    const bool is_set = field.is_repeated() ? reflection.FieldSize(message, &field) > 0 : reflection.HasField(message, &field);
    if (is_set) text += indent + field.json_name() + ":" + value(message, field, indent);
  }
  return text;
}

}  // namespace

std::string write_spec(const Spec& spec) { return block(spec, ""); }

}  // namespace quorate
