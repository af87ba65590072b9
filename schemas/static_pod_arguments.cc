// SPDX-License-Identifier: Apache-2.0
#include "schemas/static_pod_arguments.h"

#include <algorithm>

#include "schemas/spec_words.h"
#include "schemas/utf8.h"

namespace quorate {
namespace {

std::size_t dashes_of(const std::string& word) {
  const std::size_t dashes = word.compare(0, 2, "--") == 0 ? 2 : word.compare(0, 1, "-") == 0 ? 1 : 0;
  return word.size() > dashes ? dashes : 0;
}

std::vector<FlagArgument> occurrences(const std::vector<std::string>& words, const std::string& flag) {
  std::vector<FlagArgument> found = flag_arguments(words);
  found.erase(std::remove_if(found.begin(), found.end(), [&](const auto& argument) { return argument.flag != flag; }), found.end());
  return found;
}

class ChangePlanner {
 public:
  explicit ChangePlanner(std::vector<std::string> words) : words_(std::move(words)) {}

  std::vector<WordChange> changes;

  void remove(const std::string& flag) {
    const std::vector<FlagArgument> found = occurrences(words_, flag);
    for (auto argument = found.rbegin(); argument != found.rend(); ++argument) remove(*argument);
  }

  void set(const std::string& flag, const std::string& value) {
    std::vector<FlagArgument> found = occurrences(words_, flag);
    if (found.empty()) return add(flag, value);
    // From the back, so that the indices of those before stay.
    set(found.back(), value);
    found.pop_back();
    for (auto argument = found.rbegin(); argument != found.rend(); ++argument) remove(*argument);
  }

 private:
  void change(const WordChange& wanted) {
    make_change(wanted, &words_);
    changes.push_back(wanted);
  }

  void remove(const FlagArgument& argument) {
    for (std::size_t i = argument.words; i > 0; --i) {
      change({WordChange::Kind::remove, argument.first + i - 1, "", false});
    }
  }

  void set(const FlagArgument& argument, const std::string& value) {
    if (argument.value == value) return;
    const std::string& word = words_[argument.first];
    const std::string text = word.substr(0, dashes_of(word)) + argument.flag + "=" + value;
    const bool is_pair = argument.words == 2;
    change({WordChange::Kind::set, argument.first + (is_pair ? 1 : 0), is_pair ? value : text, false});
  }

  void add(const std::string& flag, const std::string& value) {
    const std::vector<FlagArgument> all = flag_arguments(words_);
    const auto next = std::find_if(all.begin(), all.end(), [&flag](const FlagArgument& argument) { return argument.flag > flag; });
    const bool is_last = next == all.end();
    change({WordChange::Kind::add, is_last ? words_.size() : next->first, "--" + flag + "=" + value, is_last});
  }

  std::vector<std::string> words_;
};

absl::Status check_argument(const std::string& flag, const std::string& value) {
  if (!is_flag_name(flag)) return invalid(quoted(flag) + " is not a flag's name");
  const bool is_plain = std::none_of(
      value.begin(), value.end(), [](char character) { return static_cast<unsigned char>(character) < 0x20 || character == 0x7F; });
  return is_plain ? absl::OkStatus() : invalid("the value of --" + flag + " holds control characters");
}

}  // namespace

std::vector<FlagArgument> flag_arguments(const std::vector<std::string>& words) {
  std::vector<FlagArgument> found;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t dashes = dashes_of(words[i]);
    if (dashes == 0) continue;
    const std::size_t equals = words[i].find('=');
    FlagArgument argument{words[i].substr(dashes, equals == std::string::npos ? equals : equals - dashes), {}, i, 1};
    if (equals != std::string::npos) {
      argument.value = words[i].substr(equals + 1);
    } else if (i + 1 < words.size() && dashes_of(words[i + 1]) == 0) {
      argument.value = words[++i];
      argument.words = 2;
    }
    found.push_back(argument);
  }
  return found;
}

void make_change(const WordChange& change, std::vector<std::string>* words) {
  const auto place = words->begin() + static_cast<std::ptrdiff_t>(change.index);
  switch (change.kind) {
    case WordChange::Kind::set: *place = change.text; break;
    case WordChange::Kind::add: words->insert(place, change.text); break;
    case WordChange::Kind::remove: words->erase(place); break;
  }
}

absl::StatusOr<std::vector<WordChange>> plan_word_changes(std::vector<std::string> words, const ManifestEdit& edit) {
  ChangePlanner planner(std::move(words));
  for (const std::string& flag : edit.removed_arguments) {
    if (edit.arguments.count(flag) > 0) return invalid("--" + flag + " is to be set and to be removed");
    planner.remove(flag);
  }
  for (const auto& [flag, value] : edit.arguments) {
    if (absl::Status status = check_argument(flag, value); !status.ok()) return status;
    planner.set(flag, value);
  }
  return planner.changes;
}

}  // namespace quorate
