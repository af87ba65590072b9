// SPDX-License-Identifier: Apache-2.0
#include "providers/node/frames.h"

#include "providers/node/text.h"

namespace quorate::node {
namespace {

constexpr std::size_t longest_header = 64;

bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

absl::Status garbage(std::string_view rest) {
  if (rest.empty()) return corrupt("the answer was cut off");
  return corrupt("unexpected in the answer: \"" + quote_line(rest) + "\"");
}

struct Header {
  std::string_view name;
  std::uint64_t length = 0;
  std::size_t size = 0;
};

std::optional<Header> read_header(std::string_view rest) {
  const std::size_t newline = rest.substr(0, longest_header).find('\n');
  const std::size_t space = rest.substr(0, longest_header).find(' ');
  if (rest.substr(0, 1) != "=" || newline == std::string_view::npos || space > newline) return std::nullopt;
  const std::string_view digits = rest.substr(space + 1, newline - space - 1);
  const std::optional<std::uint64_t> length = to_number(digits);
  const std::string_view name = rest.substr(1, space - 1);
  if (!is_name(name) || !length || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  return Header{name, *length, newline + 1};
}

absl::StatusOr<Frame> take_frame(std::string_view* rest) {
  const std::optional<Header> header = read_header(*rest);
  if (!header) return garbage(*rest);
  const std::string_view behind = rest->substr(header->size);
  if (header->length >= behind.size()) return corrupt("the answer was cut off in " + std::string(header->name));
  if (behind[header->length] != '\n') return corrupt("the length of " + std::string(header->name) + " is wrong");
  rest->remove_prefix(header->size + header->length + 1);
  return Frame{header->name, behind.substr(0, header->length)};
}

constexpr unsigned not_a_digit = 64;

unsigned base64_digit(char character) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t at = digits.find(character);
  return at == std::string_view::npos ? not_a_digit : static_cast<unsigned>(at);
}

unsigned hex_digit(char character) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::size_t at = digits.find(character);
  return at == std::string_view::npos ? not_a_digit : static_cast<unsigned>(at);
}

// Groups of bits to bytes, most significant first. False: a character that is no digit, or bits left over that are not
// zero.
bool unpack(std::string_view digits, unsigned bits, unsigned (*digit)(char), std::string* bytes) {
  std::uint32_t pending = 0;
  unsigned filled = 0;
  for (const char character : digits) {
    const unsigned value = digit(character);
    if (value == not_a_digit) return false;
    pending = ((pending << bits) | value) & 0xFFFFU;
    filled += bits;
    if (filled < 8) continue;
    filled -= 8;
    bytes->push_back(static_cast<char>((pending >> filled) & 0xFFU));
  }
  return filled < bits && (pending & ((1U << filled) - 1U)) == 0;
}

std::string without_space(std::string_view text) {
  std::string packed;
  packed.reserve(text.size());
  for (const char character : text) {
    if (character != '\n' && character != ' ' && character != '\r') packed += character;
  }
  return packed;
}

std::string known(std::string_view word) { return word == "-" ? "" : std::string(word); }

}  // namespace

std::optional<std::string_view> Answer::find(std::string_view name) const {
  for (const Frame& frame : frames_) {
    if (frame.name == name) return frame.body;
  }
  return std::nullopt;
}

std::vector<std::string_view> Answer::all(std::string_view name) const {
  std::vector<std::string_view> bodies;
  for (const Frame& frame : frames_) {
    if (frame.name == name) bodies.push_back(frame.body);
  }
  return bodies;
}

absl::StatusOr<Answer> split_frames(std::string_view answer) {
  std::vector<Frame> frames;
  std::string_view rest = answer;
  while (true) {
    absl::StatusOr<Frame> frame = take_frame(&rest);
    if (!frame.ok()) return frame.status();
    if (frame->name == "end") {
      if (to_number(frame->body) != frames.size()) return corrupt("records are missing from the answer");
      if (!rest.empty()) return garbage(rest);
      return Answer(std::move(frames));
    }
    frames.push_back(*frame);
  }
}

absl::StatusOr<std::string> decode(std::string_view encoding, std::string_view text) {
  std::string packed = without_space(text);
  const Secret wiped(packed);
  std::string bytes;
  // Without it the growing string would leave copies of a key behind.
  bytes.reserve(packed.size());
  bool good = false;
  if (encoding == "hex") {
    good = unpack(packed, 4, hex_digit, &bytes);
  } else if (encoding == "base64") {
    std::string_view digits = packed;
    for (int padding = 0; padding < 2 && !digits.empty() && digits.back() == '='; ++padding) digits.remove_suffix(1);
    good = packed.size() % 4 == 0 && unpack(digits, 6, base64_digit, &bytes);
  }
  if (!good) return corrupt("bytes in the answer are not " + quote_line(encoding));
  return bytes;
}

absl::StatusOr<FileFrame> read_file_frame(std::string_view body) {
  const std::size_t newline = body.find('\n');
  const std::vector<std::string_view> words = split_words(body.substr(0, newline));
  const std::optional<std::uint64_t> path_length = words.size() == 6 ? to_number(words[5]) : std::nullopt;
  if (!path_length || newline == std::string_view::npos) return corrupt("a file's record is malformed");
  const std::string_view rest = body.substr(newline + 1);
  if (*path_length >= rest.size() || rest[*path_length] != '\n') return corrupt("a file's path is malformed");

  FileFrame file;
  file.owner = known(words[0]);
  file.mode = known(words[1]);
  file.modified_seconds = static_cast<long long>(to_number(words[2]).value_or(0));
  file.path = std::string(rest.substr(0, *path_length));
  const std::string_view encoding = words[4];
  if (encoding == "absent") {
    file.state = FileFrame::State::absent;
    file.problem = "it is not there";
  } else if (encoding == "too-large") {
    file.state = FileFrame::State::too_large;
    file.problem = "it is too large: " + std::string(words[3]) + " bytes";
  } else if (encoding == "unreadable") {
    file.problem = "it cannot be read";
  } else if (encoding == "no-encoder") {
    file.problem = "the node has neither base64 nor od";
  } else {
    absl::StatusOr<std::string> content = decode(encoding, rest.substr(*path_length + 1));
    if (!content.ok()) return content.status();
    file.state = FileFrame::State::read;
    file.content = Secret(*std::move(content));
  }
  return file;
}

}  // namespace quorate::node
