// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "providers/node/node.h"
#include "providers/node/scripts.h"
#include "providers/ssh/session.h"

namespace quorate::node {

/// What a script reads: a text, or a file of this machine.
struct Input {
  std::string text = {};
  std::string file = {};
};

/// A changing script's call on a node, and how its end is read.
class NodeScript {
 public:
  /// `node` is the node's name, for messages; the session must outlive this object.
  NodeScript(std::string node, ssh::Session& session) : node_(std::move(node)), session_(session) {}

  /// What the shell answered, not yet judged.
  absl::StatusOr<ssh::CommandResult> call(scripts::Change change, const std::string& run_id,
                                          const std::vector<std::string>& arguments, const Input& input, Deadline deadline);
  /// done, not done with the script's reason, or unknown where the connection broke, the deadline passed or the shell
  /// was killed.
  Outcome change(scripts::Change change, const std::string& run_id, const std::vector<std::string>& arguments, const Input& input,
                 Deadline deadline);
  /// So, of an answer of `call`.
  [[nodiscard]] Outcome judge(const ssh::CommandResult& result, const std::string& run_id) const;

 private:
  std::string node_;
  ssh::Session& session_;
};

/// A run's ID is compared within JSON text on the node, and names a folder there: letters, digits and dashes, not a
/// dash first.
bool is_run_id(const std::string& text);

/// An absolute path without `.` and `..`, an empty part, a slash at its end or a NUL. Otherwise why not.
std::string problem_of_path(const std::string& path);
Outcome bad_path(const std::string& path, const std::string& problem);

}  // namespace quorate::node
