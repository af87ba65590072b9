// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/signals.h"
#include "engine/drill.h"
#include "plans/bytes_text.h"
#include "plans/snapshot_verdict.h"
#include "providers/snapshots/snapshot_file.h"
#include "schemas/document.h"
#include "schemas/json.h"

namespace quorate::cli {
namespace {

std::string name_of(snapshots::FileState state) {
  switch (state) {
    case snapshots::FileState::good: return "good";
    case snapshots::FileState::cut: return "cut";
    case snapshots::FileState::flipped: return "flipped";
    case snapshots::FileState::no_trailer: return "no-trailer";
    case snapshots::FileState::damaged: return "damaged";
    case snapshots::FileState::no_snapshot: return "no-snapshot";
  }
  return "no-snapshot";
}

void add_problems(SnapshotReport& report, const std::string& state, const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  if (report.state() == "good") report.set_state(state);
  for (const std::string& problem : problems) report.add_problems(problem);
}

// A descriptor of the spec's own cluster says where it comes from; else its members do. Only where none was named, and none is
// there, it is not asked.
absl::Status judge_origin(const Options& options, SnapshotReport& report) {
  std::error_code ignored;
  if (!options.spec_named && !std::filesystem::exists(options.spec_file, ignored)) return absl::OkStatus();
  const std::optional<Spec> spec = load_spec(options);
  if (!spec) return invalid("without the spec it cannot be said whose snapshot this is");
  if (!report.has_contents()) return absl::OkStatus();
  if (report.has_described() && report.described().cluster() == spec->metadata().name()) return absl::OkStatus();
  const std::string because = foreign_because(report.contents(), *spec, Kinship::address);
  if (!because.empty()) add_problems(report, "foreign", {because});
  return absl::OkStatus();
}

void judge_descriptor(const std::string& path, SnapshotReport& report) {
  const absl::StatusOr<std::string> text = read_file(path + ".json");
  if (!text.ok()) return;
  const absl::Status read = from_json(*text, report.mutable_described());
  if (!read.ok()) {
    report.clear_described();
    add_problems(report, "not-as-described", {path + ".json cannot be read: " + message_of(read)});
  } else if (report.has_contents()) {
    add_problems(report, "not-as-described", differences(report, report.described()));
  }
}

std::string text_of(const SnapshotReport& report) {
  std::string text = report.file() + ": " + report.state() + "\n";
  for (const std::string& problem : report.problems()) text += "  " + problem + "\n";
  if (!report.has_contents()) return text;
  const SnapshotContents& contents = report.contents();
  text += "  " + text_of_bytes(report.bytes()) + ", sha256 " + report.sha256() + "\n  " + std::to_string(contents.keys()) +
          " keys at revision " + std::to_string(contents.revision()) + ", " + std::to_string(contents.entries()) + " entries";
  if (contents.compact_revision() > 0) text += ", compacted up to " + std::to_string(contents.compact_revision());
  text += "\n";
  for (const Member& member : contents.members()) {
    text += "  member " + member.id() + " " + member.name();
    for (const std::string& url : member.peer_urls()) text += " " + url;
    text += "\n";
  }
  if (!report.has_described()) text += "  there is no descriptor beside it: only the file itself could be looked at\n";
  if (!report.has_drill()) return text;
  return text + "  restored here, etcd " + report.drill().version() + " served " + std::to_string(report.drill().keys()) +
         " keys at revision " + std::to_string(report.drill().revision()) + "\n";
}

// What the file itself, its descriptor and the spec's cluster say of it.
absl::StatusOr<SnapshotReport> report_of(const Options& options, const std::string& path) {
  const absl::StatusOr<snapshots::FileCheck> check = snapshots::check_file(path);
  if (!check.ok()) return check.status();
  SnapshotReport report;
  report.set_api_version(document_version);
  report.set_kind("SnapshotReport");
  report.set_file(path);
  report.set_state(name_of(check->state));
  if (!check->problem.empty()) report.add_problems(check->problem);
  report.set_bytes(check->bytes);
  report.set_sha256(check->sha256);
  const bool readable = check->state == snapshots::FileState::good || check->state == snapshots::FileState::no_trailer;
  if (readable) *report.mutable_contents() = check->contents;
  judge_descriptor(path, report);
  if (absl::Status judged = judge_origin(options, report); !judged.ok()) return judged;
  return report;
}

int print(const Options& options, const SnapshotReport& report) {
  std::cout << (options.output == Output::json ? to_json(report, JsonForm::pretty) : text_of(report));
  return report.problems().empty() ? ExitCode::ok : ExitCode::error;
}

void judge_drill(const SnapshotReport::Drill& drill, SnapshotReport& report) {
  const auto differs = [&](const std::string& what, std::uint64_t served, std::uint64_t held) {
    if (served == held) return;
    add_problems(report, "not-restored",
                 {"what was restored has " + what + " " + std::to_string(served) + ", and not " + std::to_string(held)});
  };
  differs("the revision", static_cast<std::uint64_t>(drill.revision()), static_cast<std::uint64_t>(report.contents().revision()));
  differs("a count of keys of", drill.keys(), report.contents().keys());
  if (report.described().has_hash()) differs("the hash", drill.hash(), report.described().hash());
}

}  // namespace

int verify_snapshot(const Options& options, const std::string& path) {
  const absl::StatusOr<SnapshotReport> report = report_of(options, path);
  if (report.ok()) return print(options, *report);
  complain(message_of(report.status()));
  return ExitCode::error;
}

// What is damaged for certain is not restored to see it fail.
int drill_snapshot(const Options& options, const std::string& path, const StopRequest& stop) {
  absl::StatusOr<SnapshotReport> report = report_of(options, path);
  if (!report.ok()) {
    complain(message_of(report.status()));
    return ExitCode::error;
  }
  if (!report->has_contents()) return print(options, *report);
  SignalStop::begin_run("");
  const absl::StatusOr<SnapshotReport::Drill> served =
      drill({.path = std::filesystem::absolute(path).string(),
             .bytes = report->bytes(),
             .revision = report->contents().revision(),
             .without_trailer = report->state() == name_of(snapshots::FileState::no_trailer)},
            stop);
  if (served.ok()) {
    *report->mutable_drill() = *served;
    judge_drill(*served, *report);
    return print(options, *report);
  }
  // Only what etcd or its tool says is said of the file.
  if (absl::IsInvalidArgument(served.status())) {
    add_problems(*report, "not-restored", {message_of(served.status())});
    return print(options, *report);
  }
  complain(message_of(served.status()));
  return ExitCode::error;
}

}  // namespace quorate::cli
