// SPDX-License-Identifier: Apache-2.0
#include "providers/node/facts.h"
#include "providers/node/text.h"
#include "schemas/json.h"

namespace quorate::node {
namespace {

absl::Status read_record(std::string_view body, std::int64_t now_seconds, NodeFacts* facts) {
  const absl::StatusOr<FileFrame> file = read_file_frame(body);
  if (!file.ok()) return file.status();
  // It may have been removed while the probe ran.
  if (file->state == FileFrame::State::absent) return absl::OkStatus();
  RunRecord record;
  const absl::Status status =
      file->state == FileFrame::State::read ? from_json(std::string(file->content.expose()), &record) : invalid(file->problem);
  if (!status.ok()) {
    add_unknown(facts, "run", file->path + ": " + message_of(status));
    return absl::OkStatus();
  }
  record.set_lease_age_seconds(now_seconds - file->modified_seconds);
  *facts->mutable_run() = record;
  return absl::OkStatus();
}

void read_ended(const std::vector<std::string_view>& words, std::int64_t now_seconds, NodeFacts* facts) {
  if (words.size() != 3) return;
  EndedRun& ended = *facts->add_ended_runs();
  ended.set_begun_as(to_utf8(words[0]));
  ended.set_age_seconds(now_seconds - static_cast<std::int64_t>(to_number(words[1]).value_or(0)));
  ended.set_undone(words[2] == "undone");
}

// The file's name is the cluster's ID, its first line why it was given up.
absl::Status read_tombstone(std::string_view body, NodeFacts* facts) {
  const absl::StatusOr<FileFrame> file = read_file_frame(body);
  if (!file.ok()) return file.status();
  Tombstone* tombstone = facts->add_tombstones();
  tombstone->set_cluster_id(to_utf8(std::string_view(file->path).substr(file->path.rfind('/') + 1)));
  const std::string_view content = file->content.expose();
  tombstone->set_reason(to_utf8(content.substr(0, content.find('\n'))));
  return absl::OkStatus();
}

}  // namespace

absl::Status read_run_facts(const Answer& answer, std::int64_t now_seconds, NodeFacts* facts) {
  if (const auto body = answer.find("run-record")) {
    if (absl::Status status = read_record(*body, now_seconds, facts); !status.ok()) return status;
  }
  for (const std::string_view body : answer.all("tombstone")) {
    if (absl::Status status = read_tombstone(body, facts); !status.ok()) return status;
  }
  if (const auto body = answer.find("ended-runs")) {
    for (const std::string_view line : split_lines(*body)) read_ended(split_words(line), now_seconds, facts);
  }
  for (const std::string_view body : answer.all("kubeadm-mark")) facts->add_kubeadm_marks(to_utf8(body));
  return absl::OkStatus();
}

}  // namespace quorate::node
