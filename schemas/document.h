// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <google/protobuf/message.h>

#include "schemas/status.h"

namespace quorate {

/// The apiVersion of everything that quorate writes down and reads again, and of specs.
inline constexpr char document_version[] = "quorate/v1alpha1";

/// Reads what was saved as JSON with apiVersion and kind, which is the record's own name: `Plan`. `path` is for messages. invalid:
/// it is of another kind, or was made by another version, which is said whatever else cannot be read in it; or as from_json().
absl::Status read_document(const std::string& path, const std::string& text, google::protobuf::Message* record);

}  // namespace quorate
