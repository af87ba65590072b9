// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "providers/node/node.h"

namespace quorate::node {

/// The workstation's clock before the probe was sent and after its answer had come: Unix time.
struct ProbeTimes {
  std::int64_t before_milliseconds = 0;
  std::int64_t after_milliseconds = 0;
};

/// Reads the probe's answer. corrupt: garbage, cut off, or a record that this version does not know. What the probe did
/// not say is unknown, with the reason.
absl::StatusOr<Probe> parse_probe(std::string_view answer, const ProbeTimes& times);

/// Where the probe should have looked: the node's side of the paths in the manifest's arguments.
struct Directories {
  std::string data;
  std::string pki;
  bool operator==(const Directories&) const = default;
};

/// What the live manifest of etcd says, as far as it says so: the probe's own search in it is only a search in text.
Directories directories_of(const NodeFacts& facts);

}  // namespace quorate::node
