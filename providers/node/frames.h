// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/secret.h"
#include "schemas/status.h"

namespace quorate::node {

/// One record of a script's answer (frame.sh). The views are into the answer.
struct Frame {
  std::string_view name;
  std::string_view body;
};

/// The records of an answer. The views are into the text it was made from.
class Answer {
 public:
  explicit Answer(std::vector<Frame> frames) : frames_(std::move(frames)) {}
  [[nodiscard]] const std::vector<Frame>& frames() const { return frames_; }
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }
  /// The first of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// The first of that name, empty where there is none.
  [[nodiscard]] std::string_view text(std::string_view name) const { return find(name).value_or(""); }
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;

 private:
  std::vector<Frame> frames_;
};

/// Splits an answer. corrupt, with what was found instead: anything before, between or behind the records, a length
/// that is not the record's, a missing end, an end that counts another number of records.
absl::StatusOr<Answer> split_frames(std::string_view answer);

/// The body of a record made by emit_file.
struct FileFrame {
  enum class State { read, absent, unreadable, too_large };
  State state = State::unreadable;
  std::string owner;  ///< uid:gid, empty where it is not known
  std::string mode;   ///< octal
  long long modified_seconds = 0;
  std::string path;
  Secret content;       ///< of every file, since a key may be among them
  std::string problem;  ///< why it was not read
};

absl::StatusOr<FileFrame> read_file_frame(std::string_view body);

/// Bytes from `base64` or `hex` text; white space is skipped. corrupt: anything else in it.
absl::StatusOr<std::string> decode(std::string_view encoding, std::string_view text);

}  // namespace quorate::node
