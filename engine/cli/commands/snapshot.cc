// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <filesystem>
#include <iostream>

#include <unistd.h>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/signals.h"
#include "engine/cli/transfer_progress.h"
#include "engine/live_world.h"
#include "engine/save_snapshot.h"
#include "engine/settle.h"
#include "plans/bytes_text.h"
#include "plans/lookup.h"
#include "plans/snapshot_source.h"
#include "schemas/snapshot.pb.h"

namespace quorate::cli {
namespace {

int failed(const absl::Status& status) {
  complain(message_of(status));
  return ExitCode::error;
}

class Saving {
 public:
  Saving(const Options& options, const StopRequest& stop, const Spec& spec)
      : options_(options), stop_(stop), spec_(spec), world_(spec) {}

  int run();

 private:
  absl::Status choose();
  int to_pipe();
  int to_file();
  absl::Status stream(snapshots::SnapshotWriter& writer);
  [[nodiscard]] std::string path() const;
  [[nodiscard]] const NodeObservation& source_node() const { return *find_node(observation_, source_.node); }

  const Options& options_;
  const StopRequest& stop_;
  const Spec& spec_;
  LiveWorld world_;
  Observation observation_;
  SnapshotSource source_;
  etcd::Client* client_ = nullptr;
};

absl::Status Saving::choose() {
  observation_ = observe_settled(spec_, world_);
  const absl::StatusOr<SnapshotSource> source = snapshot_source(spec_, observation_, options_.node);
  if (!source.ok()) return source.status();
  source_ = *source;
  client_ = world_.client(source_.node);
  if (client_ == nullptr) return unavailable("etcd on " + source_.node + " cannot be reached any more");
  return absl::OkStatus();
}

absl::Status Saving::stream(snapshots::SnapshotWriter& writer) {
  TransferLine line;
  const absl::Status saved = save_snapshot(
      *client_, writer, [&](std::uint64_t bytes, std::uint64_t remaining) { line.show(bytes, remaining); }, stop_);
  line.clear();
  if (!saved.ok()) return annotate(saved, "the snapshot of " + source_.node);
  std::cerr << "Saved " << text_of_bytes(writer.bytes()) << " of " << source_.node << " in " << std::round(line.seconds() * 10) / 10
            << " s; size and SHA-256 are right.\n";
  if (!source_.with_quorum) {
    std::cerr << "warning: there is no quorum: it is a survivor's, and may lack what others had acknowledged\n";
  }
  return absl::OkStatus();
}

std::string Saving::path() const {
  if (!options_.out_file.empty()) return options_.out_file;
  const std::string folder = spec_.spec().backup().directory();
  return (folder.empty() ? "" : folder + "/") +
         snapshot_name(spec_.metadata().name(), source_.cluster_id, observation_.taken_at_seconds());
}

int Saving::to_pipe() {
  if (::isatty(STDOUT_FILENO) != 0) {
    complain("a snapshot is no text for a terminal: --out FILE, or a pipe behind --out -");
    return ExitCode::error;
  }
  const auto writer = snapshots::SnapshotWriter::to_descriptor(STDOUT_FILENO);
  const absl::Status streamed = stream(*writer);
  return streamed.ok() ? ExitCode::ok : failed(streamed);
}

int Saving::to_file() {
  const std::string file = path();
  std::error_code ignored;
  if (const std::filesystem::path folder = std::filesystem::path(file).parent_path(); !folder.empty()) {
    std::filesystem::create_directories(folder, ignored);
  }
  if (std::filesystem::exists(file, ignored)) return failed(precondition(file + " is there already, and is kept"));
  absl::StatusOr<std::unique_ptr<snapshots::SnapshotWriter>> writer = snapshots::SnapshotWriter::to_file(file);
  if (!writer.ok()) return failed(writer.status());
  const absl::Status streamed = stream(**writer);
  if (!streamed.ok()) return failed(streamed);
  const absl::StatusOr<SnapshotDescriptor> descriptor = describe_snapshot(file, **writer, *client_,
                                                                          {.cluster = spec_.metadata().name(),
                                                                           .cluster_id = source_.cluster_id,
                                                                           .with_quorum = source_.with_quorum,
                                                                           .node = source_node(),
                                                                           .taken_at_seconds = observation_.taken_at_seconds()});
  if (absl::IsDataLoss(descriptor.status())) return failed(descriptor.status());
  std::cout << file << "\n";
  // The file is whole and proven; only what is said of it is missing.
  if (!descriptor.ok()) {
    std::cerr << "warning: no descriptor is written: " << message_of(descriptor.status()) << "\n";
    return ExitCode::ok;
  }
  std::cerr << descriptor->contents().entries() << " entries, " << descriptor->contents().keys() << " keys at revision "
            << descriptor->contents().revision() << "\n";
  return ExitCode::ok;
}

int Saving::run() {
  const absl::Status chosen = choose();
  if (!chosen.ok()) return failed(chosen);
  // From here on Ctrl-C takes the half of a file away with it.
  SignalStop::begin_run("");
  return options_.out_file == "-" ? to_pipe() : to_file();
}

int save(const Options& options, const StopRequest& stop) {
  const std::optional<Spec> spec = load_spec(options);
  if (!spec) return ExitCode::error;
  return Saving(options, stop, *spec).run();
}

}  // namespace

int snapshot(const Options& options, const StopRequest& stop) {
  const std::string& what = options.arguments[0];
  const bool has_file = options.arguments.size() == 2;
  if (options.survivors && (what != "save" || !options.node.empty() || options.out_file == "-")) {
    complain("--survivors is of `quorate snapshot save`, and takes a folder as --out; see quorate --help");
    return ExitCode::error;
  }
  if (what == "save" && !has_file) return options.survivors ? save_survivors(options, stop) : save(options, stop);
  if (what == "verify" && has_file) return verify_snapshot(options, options.arguments[1]);
  if (what == "drill" && has_file) {
    const std::string& file = options.arguments[1];
    return options.node.empty() ? drill_snapshot(options, file, stop) : drill_on_node(options, file, stop);
  }
  complain("`quorate snapshot` is followed by save, or by verify FILE or drill FILE; see quorate --help");
  return ExitCode::error;
}

}  // namespace quorate::cli
