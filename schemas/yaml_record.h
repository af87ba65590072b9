// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>

#include <google/protobuf/message.h>

#include "schemas/diagnostic.h"
#include "schemas/yaml_tree.h"

namespace quorate {

/// What reading a record from YAML showed.
struct RecordReading {
  Diagnostics diagnostics;              ///< all of the file, by place
  std::map<std::string, Place> places;  ///< of every value that is there, by path: `spec.members[2].host`
  std::set<std::string> refused;        ///< paths whose value is there and wrong: no later check should complain again

  /// The place of a path, or of what holds it where it is not there.
  [[nodiscard]] Place place_of(std::string path) const;
};

/// Fills a record from YAML by walking its descriptor; keys are the fields' JSON names. Texts, booleans, uint32,
/// messages, lists and maps of texts can be read; others are an error. Unknown and duplicate keys and wrong types are
/// refused. A key of a message, list or map without a value leaves it unset. `file` is only for the messages.
RecordReading read_record(const std::string& text, const std::string& file, google::protobuf::Message* record);

void sort_by_place(Diagnostics* diagnostics);

}  // namespace quorate
