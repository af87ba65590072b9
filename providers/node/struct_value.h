// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <google/protobuf/struct.pb.h>

namespace quorate::node {

using JsonObject = google::protobuf::Struct;

/// Any JSON object; nothing where the text is none.
std::optional<JsonObject> read_object(std::string_view text);

/// The string or number along the keys, as text; empty where there is none.
std::string text_at(const JsonObject& object, std::initializer_list<const char*> keys);

/// The array along the keys; an empty one where there is none.
const google::protobuf::ListValue& list_at(const JsonObject& object, std::initializer_list<const char*> keys);

}  // namespace quorate::node
