// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <google/protobuf/message.h>

#include "schemas/status.h"

namespace quorate {

/// A record as JSON: keys in the descriptor's order with proto's JSON names, indented by two spaces where `pretty`,
/// equal records byte-equal (maps are sorted). 64-bit numbers are strings, as proto3 says. Ends with a newline where
/// `pretty`.
enum class JsonForm { pretty, line };
std::string to_json(const google::protobuf::Message& record, JsonForm form);

/// Reads a record back. Refused as invalid with what and where: unknown or duplicate keys, a wrong type, trailing text,
/// a file over 64 MiB. `record` is untouched then.
absl::Status from_json(const std::string& text, google::protobuf::Message* record);

}  // namespace quorate
