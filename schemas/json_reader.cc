// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <memory>
#include <set>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "schemas/json.h"
#include "schemas/json_scanner.h"
#include "schemas/suggestion.h"
#include "schemas/utf8.h"

namespace quorate {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::size_t largest_bytes = std::size_t{64} << 20U;
constexpr int deepest = 64;

// Protobuf's own reader takes duplicate keys, trailing commas and "yes" for true, and says no place.
class JsonReader {
 public:
  explicit JsonReader(const std::string& text) : scanner_(text) {}

  absl::Status read(Message* record) {
    read_message(record);
    if (!scanner_.failed() && !scanner_.is_at_end()) scanner_.fail("text after the end of the record");
    return scanner_.failed() ? invalid(scanner_.error()) : absl::OkStatus();
  }

 private:
  // Calls `each` for every key of an object, which is refused where it comes twice.
  template <typename Each>
  void read_object(Each each) {
    if (!scanner_.take('{')) return scanner_.fail("expected an object, found " + scanner_.name_of_next());
    if (++depth_ > deepest) scanner_.fail("nested deeper than " + std::to_string(deepest) + " levels");
    std::set<std::string> seen;
    bool is_first = true;
    while (!scanner_.failed() && !scanner_.take('}')) {
      if (!is_first && !scanner_.expect(',')) return;
      is_first = false;
      const std::size_t place = scanner_.offset();
      const std::optional<std::string> key = scanner_.take_string();
      if (!key || !scanner_.expect(':')) return;
      if (!seen.insert(*key).second) return scanner_.fail_at(place, "duplicate key " + quoted(*key));
      each(*key, place);
    }
    --depth_;
  }

  void read_message(Message* message) {
    read_object([this, message](const std::string& key, std::size_t place) { read_key(key, place, message); });
  }

  void read_key(const std::string& key, std::size_t place, Message* message) {
    const Descriptor& type = *message->GetDescriptor();
    const FieldDescriptor* field = nullptr;
    std::vector<std::string> known;
    for (int i = 0; i < type.field_count(); ++i) {
      known.push_back(type.field(i)->json_name());
      if (known.back() == key) field = type.field(i);
    }
    if (field == nullptr) {
      const std::optional<std::string> meant = closest(key, known);
      return scanner_.fail_at(place, "unknown key " + quoted(key) + (meant ? " (did you mean " + *meant + "?)" : ""));
    }
    const google::protobuf::OneofDescriptor* oneof = field->real_containing_oneof();
    if (oneof != nullptr && message->GetReflection()->HasOneof(*message, oneof)) {
      return scanner_.fail_at(place, quoted(key) + " beside another key that excludes it");
    }
    if (field->is_map()) return read_map(*field, message);
    if (field->is_repeated()) return read_list(*field, message);
    read_single(*field, message);
  }

  void read_map(const FieldDescriptor& field, Message* message) {
    read_object([this, &field, message](const std::string& key, std::size_t) {
      const std::optional<std::string> value = scanner_.take_string();
      if (!value) return;
      Message* entry = message->GetReflection()->AddMessage(message, &field);
      entry->GetReflection()->SetString(entry, field.message_type()->map_key(), key);
      entry->GetReflection()->SetString(entry, field.message_type()->map_value(), *value);
    });
  }

  void read_list(const FieldDescriptor& field, Message* message) {
    if (!scanner_.take('[')) return scanner_.fail("expected a list, found " + scanner_.name_of_next());
    bool is_first = true;
    while (!scanner_.failed() && !scanner_.take(']')) {
      if (!is_first && !scanner_.expect(',')) return;
      is_first = false;
      read_item(field, message);
    }
  }

  void read_item(const FieldDescriptor& field, Message* message) {
    const Reflection& reflection = *message->GetReflection();
    if (field.message_type() != nullptr) return read_message(reflection.AddMessage(message, &field));
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) return scanner_.fail("a type that cannot be read");
    if (const std::optional<std::string> value = scanner_.take_string()) reflection.AddString(message, &field, *value);
  }

  void read_single(const FieldDescriptor& field, Message* message) {
    const Reflection& reflection = *message->GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: return read_message(reflection.MutableMessage(message, &field));
      case FieldDescriptor::CPPTYPE_STRING: return reflection.SetString(message, &field, scanner_.take_string().value_or(""));
      case FieldDescriptor::CPPTYPE_BOOL: return reflection.SetBool(message, &field, take_boolean());
      case FieldDescriptor::CPPTYPE_UINT32: return reflection.SetUInt32(message, &field, take_number<std::uint32_t>());
      case FieldDescriptor::CPPTYPE_UINT64: return reflection.SetUInt64(message, &field, take_quoted_number<std::uint64_t>());
      case FieldDescriptor::CPPTYPE_INT64: return reflection.SetInt64(message, &field, take_quoted_number<std::int64_t>());
      case FieldDescriptor::CPPTYPE_ENUM: return read_enum(field, message);
      default: return scanner_.fail("a type that cannot be read");
    }
  }

  void read_enum(const FieldDescriptor& field, Message* message) {
    const std::size_t place = scanner_.offset();
    const std::optional<std::string> name = scanner_.take_string();
    if (!name) return;
    const EnumValueDescriptor* value = field.enum_type()->FindValueByName(*name);
    if (value == nullptr) return scanner_.fail_at(place, quoted(*name) + " is not one of the known words");
    message->GetReflection()->SetEnum(message, &field, value);
  }

  bool take_boolean() {
    const std::string found = scanner_.name_of_next();
    const std::size_t place = scanner_.offset();
    const std::string word = scanner_.take_word();
    if (word != "true" && word != "false") scanner_.fail_at(place, "expected true or false, found " + found);
    return word == "true";
  }

  template <typename Number>
  Number take_number() {
    const std::string found = scanner_.name_of_next();
    const std::size_t place = scanner_.offset();
    const std::optional<Number> number = parse<Number>(scanner_.take_word());
    if (!number) scanner_.fail_at(place, "expected a whole number, found " + found);
    return number.value_or(0);
  }

  template <typename Number>
  Number take_quoted_number() {
    const std::size_t place = scanner_.offset();
    const std::optional<std::string> text = scanner_.take_string();
    const std::optional<Number> number = text ? parse<Number>(*text) : std::nullopt;
    if (!number) scanner_.fail_at(place, "expected a whole number in quotes, found " + quoted(text.value_or("")));
    return number.value_or(0);
  }

  // Only as to_json writes it: no sign before zero or a positive number, no leading zeros.
  template <typename Number>
  static std::optional<Number> parse(const std::string& text) {
    Number number = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    const bool is_whole = error == std::errc() && rest == end;
    return is_whole && std::to_string(number) == text ? std::optional(number) : std::nullopt;
  }

  JsonScanner scanner_;
  int depth_ = 0;
};

}  // namespace

absl::Status from_json(const std::string& text, Message* record) {
  if (text.size() > largest_bytes) return invalid("larger than 64 MiB");
  const std::unique_ptr<Message> read(record->New());
  if (absl::Status status = JsonReader(text).read(read.get()); !status.ok()) return status;
  record->GetReflection()->Swap(record, read.get());
  return absl::OkStatus();
}

}  // namespace quorate
