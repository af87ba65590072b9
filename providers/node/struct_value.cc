// SPDX-License-Identifier: Apache-2.0
#include "providers/node/struct_value.h"

#include <google/protobuf/util/json_util.h>

#include "providers/node/text.h"

namespace quorate::node {
namespace {

const google::protobuf::Value* value_at(const JsonObject& object, std::initializer_list<const char*> keys) {
  const JsonObject* inside = &object;
  const google::protobuf::Value* value = nullptr;
  for (const char* key : keys) {
    if (inside == nullptr) return nullptr;
    const auto found = inside->fields().find(key);
    if (found == inside->fields().end()) return nullptr;
    value = &found->second;
    inside = value->has_struct_value() ? &value->struct_value() : nullptr;
  }
  return value;
}

}  // namespace

std::optional<JsonObject> read_object(std::string_view text) {
  JsonObject object;
  if (!google::protobuf::util::JsonStringToMessage(to_utf8(text), &object).ok()) return std::nullopt;
  return object;
}

std::string text_at(const JsonObject& object, std::initializer_list<const char*> keys) {
  const google::protobuf::Value* value = value_at(object, keys);
  if (value == nullptr) return "";
  if (value->kind_case() == google::protobuf::Value::kStringValue) return value->string_value();
  if (value->kind_case() != google::protobuf::Value::kNumberValue) return "";
  // The runtime's JSON has its large numbers as strings.
  return std::to_string(static_cast<long long>(value->number_value()));
}

const google::protobuf::ListValue& list_at(const JsonObject& object, std::initializer_list<const char*> keys) {
  const google::protobuf::Value* value = value_at(object, keys);
  return value == nullptr ? google::protobuf::ListValue::default_instance() : value->list_value();
}

}  // namespace quorate::node
