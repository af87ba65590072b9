// SPDX-License-Identifier: Apache-2.0
#include "schemas/document.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "schemas/json.h"

namespace quorate {
namespace {

std::string text_at(const google::protobuf::Struct& document, const std::string& key) {
  const auto found = document.fields().find(key);
  return found == document.fields().end() ? "" : found->second.string_value();
}

}  // namespace

absl::Status read_document(const std::string& path, const std::string& text, google::protobuf::Message* record) {
  const std::string& kind = record->GetDescriptor()->name();
  // A newer version's keys may be unknown here, or mean something else.
  google::protobuf::Struct document;
  if (google::protobuf::util::JsonStringToMessage(text, &document).ok()) {
    if (text_at(document, "kind") != kind) return invalid(path + " is not of kind " + kind + ", or of before there were kinds");
    const std::string version = text_at(document, "apiVersion");
    if (version != document_version)
      return invalid(path + " was made by another version: " + (version.empty() ? "it has no apiVersion" : version));
  }
  return annotate(from_json(text, record), path + " cannot be read as " + kind + " by this version");
}

}  // namespace quorate
