// SPDX-License-Identifier: Apache-2.0
#include "providers/node/node_script.h"

#include "providers/node/text.h"

namespace quorate::node {
namespace {

constexpr int lease_status = 75;
constexpr int first_signal_status = 129;
constexpr std::string_view lease_mark = "quorate-lease: ";
constexpr std::string_view busy_mark = "quorate-busy: ";
constexpr std::string_view command_mark = "quorate-status: ";

bool begins_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

// kubeadm's last one says how to see more, and nothing of the error.
constexpr std::string_view hint_of_kubeadm = "To see the stack trace of this error";

std::string last_line(std::string_view text) {
  std::string last;
  for (const std::string_view line : split_lines(text)) {
    if (!line.empty() && !begins_with(line, hint_of_kubeadm)) last = quote_line(line, 500);
  }
  return last;
}

std::string join(const std::string& reason, const std::string& detail) { return detail.empty() ? reason : reason + ": " + detail; }

}  // namespace

absl::StatusOr<ssh::CommandResult> NodeScript::call(scripts::Change change, const std::string& run_id,
                                                    const std::vector<std::string>& arguments, const Input& input,
                                                    Deadline deadline) {
  ssh::Command command;
  command.arguments = {"sh", "-c", scripts::change_text(change), "quorate", run_id};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.input = input.text;
  command.input_file = input.file;
  return session_.run(command, deadline);
}

Outcome NodeScript::change(scripts::Change change, const std::string& run_id, const std::vector<std::string>& arguments,
                           const Input& input, Deadline deadline) {
  if (!is_run_id(run_id)) return Outcome::not_done("\"" + quote_line(run_id) + "\" cannot be the ID of a run");
  const absl::StatusOr<ssh::CommandResult> result = call(change, run_id, arguments, input, deadline);
  // The file to be read is not there: nothing was sent.
  if (absl::IsNotFound(result.status())) return Outcome::not_done(message_of(result.status()));
  if (!result.ok()) return Outcome::unknown(node_ + ": " + message_of(result.status()));
  return judge(*result, run_id);
}

Outcome NodeScript::judge(const ssh::CommandResult& result, const std::string& run_id) const {
  if (result.exit_status == 0) return Outcome::done();
  // It may have been killed after it had acted.
  if (result.exit_status < 0 || result.exit_status >= first_signal_status) {
    return Outcome::unknown("the shell on " + node_ + " was killed");
  }
  const std::string said = last_line(result.output);
  if (result.exit_status == lease_status && begins_with(said, lease_mark)) {
    return Outcome::not_done("the lease of run " + run_id + " on " + node_ + " is " + said.substr(lease_mark.size()));
  }
  if (result.exit_status == lease_status && begins_with(said, busy_mark)) {
    return Outcome::not_yet(node_ + ": " + said.substr(busy_mark.size()));
  }
  const std::string complaint = last_line(result.error_output);
  if (begins_with(said, command_mark)) {
    return Outcome::not_done(join("on " + node_ + " the command ended with status " + said.substr(command_mark.size()), complaint));
  }
  if (!said.empty()) return Outcome::not_done(join(node_ + ": " + said, complaint));
  return Outcome::not_done(join(node_ + ": the shell ended with status " + std::to_string(result.exit_status), complaint));
}

bool is_run_id(const std::string& text) {
  constexpr const char* permitted = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
  return !text.empty() && text.size() <= 128 && text.front() != '-' && text.find_first_not_of(permitted) == std::string::npos;
}

std::string problem_of_path(const std::string& path) {
  if (path.empty() || path.front() != '/') return "is not an absolute path";
  if (path.find('\0') != std::string::npos) return "has a NUL in it";
  std::string_view rest = std::string_view(path).substr(1);
  while (true) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    if (part.empty() || part == "." || part == "..") return "is not a plain path";
    if (part.size() == rest.size()) return "";
    rest.remove_prefix(part.size() + 1);
  }
}

Outcome bad_path(const std::string& path, const std::string& problem) {
  return Outcome::not_done("\"" + quote_line(path) + "\" " + problem);
}

}  // namespace quorate::node
