// SPDX-License-Identifier: Apache-2.0
#include "schemas/json.h"

#include <map>

#include <google/protobuf/descriptor.h>

#include "schemas/utf8.h"

namespace quorate {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Protobuf's own printer puts maps in another order in every process, so that equal plans would not be equal bytes.
class JsonWriter {
 public:
  explicit JsonWriter(JsonForm form) : is_pretty_(form == JsonForm::pretty) {}

  std::string text;

  void write_message(const Message& message) {
    open('{');
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      write_field(message, *message.GetDescriptor()->field(i));
    }
    close('}');
  }

 private:
  void write_field(const Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    const int count = field.is_repeated() ? reflection.FieldSize(message, &field) : 0;
    if (field.is_repeated() ? count == 0 : !reflection.HasField(message, &field)) return;
    write_key(field.json_name());
    if (field.is_map()) return write_map(message, field, count);
    if (!field.is_repeated()) return write_single(message, field);
    open('[');
    for (int i = 0; i < count; ++i) {
      next();
      write_item(message, field, i);
    }
    close(']');
  }

  void write_map(const Message& message, const FieldDescriptor& field, int count) {
    std::map<std::string, std::string> sorted;
    for (int i = 0; i < count; ++i) {
      const Message& entry = message.GetReflection()->GetRepeatedMessage(message, &field, i);
      const Reflection& reflection = *entry.GetReflection();
      sorted[reflection.GetString(entry, field.message_type()->map_key())] =
          reflection.GetString(entry, field.message_type()->map_value());
    }
    open('{');
    for (const auto& [key, value] : sorted) {
      write_key(key);
      text += json_quoted(value);
    }
    close('}');
  }

  void write_single(const Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: return write_message(reflection.GetMessage(message, &field));
      case FieldDescriptor::CPPTYPE_STRING: return write_text(reflection.GetString(message, &field));
      case FieldDescriptor::CPPTYPE_BOOL: return write_word(reflection.GetBool(message, &field) ? "true" : "false");
      case FieldDescriptor::CPPTYPE_UINT32: return write_word(std::to_string(reflection.GetUInt32(message, &field)));
      case FieldDescriptor::CPPTYPE_UINT64: return write_text(std::to_string(reflection.GetUInt64(message, &field)));
      case FieldDescriptor::CPPTYPE_INT64: return write_text(std::to_string(reflection.GetInt64(message, &field)));
      case FieldDescriptor::CPPTYPE_ENUM: return write_text(reflection.GetEnum(message, &field)->name());
      default: return write_word("null");
    }
  }

  void write_item(const Message& message, const FieldDescriptor& field, int index) {
    const Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: return write_message(reflection.GetRepeatedMessage(message, &field, index));
      case FieldDescriptor::CPPTYPE_STRING: return write_text(reflection.GetRepeatedString(message, &field, index));
      default: return write_word("null");
    }
  }

  void write_word(const std::string& word) { text += word; }
  void write_text(const std::string& value) { text += json_quoted(value); }

  void write_key(const std::string& key) {
    next();
    text += json_quoted(key) + (is_pretty_ ? ": " : ":");
  }

  void open(char bracket) {
    text += bracket;
    ++depth_;
    is_empty_ = true;
  }

  void next() {
    if (!is_empty_) text += ',';
    is_empty_ = false;
    new_line();
  }

  void close(char bracket) {
    --depth_;
    if (!is_empty_) new_line();
    text += bracket;
    is_empty_ = false;
  }

  void new_line() {
    if (is_pretty_) text += "\n" + std::string(2 * depth_, ' ');
  }

  bool is_pretty_;
  bool is_empty_ = true;
  std::size_t depth_ = 0;
};

}  // namespace

std::string to_json(const Message& record, JsonForm form) {
  JsonWriter writer(form);
  writer.write_message(record);
  return writer.text + (form == JsonForm::pretty ? "\n" : "");
}

}  // namespace quorate
