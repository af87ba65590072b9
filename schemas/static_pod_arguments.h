// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "schemas/static_pod.h"
#include "schemas/status.h"

namespace quorate {

/// One argument of a command line as Go's flag package reads it: `--flag=value`, `--flag value`, `-flag` with one dash,
/// or a boolean `--flag`.
struct FlagArgument {
  std::string flag;  ///< without dashes
  std::optional<std::string> value;
  std::size_t first = 0;  ///< the index of its word
  std::size_t words = 1;  ///< 2: the value is a word of its own
};

/// The flags of a command line, in order. The first word is the program.
std::vector<FlagArgument> flag_arguments(const std::vector<std::string>& words);

/// One change of a list of words. Changes follow each other: each index is that of the list as the ones before left it.
struct WordChange {
  enum class Kind { set, add, remove };

  Kind kind = Kind::set;
  std::size_t index = 0;
  std::string text;
  bool after_the_last = false;  ///< an added word that stands behind all others
};

/// The changes that make an edit of a command line. Where a flag is there more than once, the last one is set and the
/// others go. Added flags come before the first that sorts after them, which is the order of kubeadm. Invalid: a flag
/// to be set and to be removed; a name or value that cannot be one.
absl::StatusOr<std::vector<WordChange>> plan_word_changes(std::vector<std::string> words, const ManifestEdit& edit);

/// Makes one change.
void make_change(const WordChange& change, std::vector<std::string>* words);

}  // namespace quorate
