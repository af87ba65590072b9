// SPDX-License-Identifier: Apache-2.0
#include "providers/node/ssh_node.h"

#include <utility>

#include "providers/node/frames.h"
#include "providers/node/probe_parser.h"
#include "providers/node/ssh_node_class.h"
#include "providers/node/text.h"
#include "providers/pki/certificates.h"
#include "schemas/digest.h"
#include "schemas/restore_arguments.h"

namespace quorate::node {
namespace {

std::int64_t unix_milliseconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// What the probe exits with where it is not root's (probe_rest.sh).
constexpr int not_root = 77;

// Why there is no answer to read: sudo, another user than root, or a login shell that is none.
absl::Status check_ended_well(const ssh::CommandResult& result) {
  if (result.exit_status == 0) return absl::OkStatus();
  const std::string complaint = quote_line(result.error_output.empty() ? result.output : result.error_output);
  if (complaint.rfind("sudo:", 0) == 0 || result.exit_status == not_root) return denied(complaint);
  return corrupt("the shell ended with status " + std::to_string(result.exit_status) + ": " + complaint);
}

bool is_octal(const std::string& mode) {
  return (mode.size() == 3 || mode.size() == 4) && mode.find_first_not_of("01234567") == std::string::npos;
}

std::string word_of(Tool::Place place) {
  switch (place) {
    case Tool::CONTAINER: return "container";
    case Tool::IMAGE: return "image";
    default: return "host";
  }
}

}  // namespace

absl::StatusOr<Probe> SshNode::probe_directories(const std::string& data, const std::string& pki, Deadline deadline) {
  ssh::Command command;
  command.arguments = {"sh", "-s", "--", data, pki};
  command.input = scripts::probe_text();
  ProbeTimes times;
  times.before_milliseconds = unix_milliseconds();
  absl::StatusOr<ssh::CommandResult> result = session_.run(command, deadline);
  times.after_milliseconds = unix_milliseconds();
  if (!result.ok()) return result.status();
  // There are keys in it.
  const Secret answer(std::exchange(result->output, {}));
  if (absl::Status status = check_ended_well(*result); !status.ok()) return status;
  return parse_probe(answer.expose(), times);
}

absl::StatusOr<Probe> SshNode::probe(Deadline deadline) {
  absl::StatusOr<Probe> probe = probe_directories(data_directory_override_, "", deadline);
  if (!probe.ok()) return annotate(probe.status(), "probing " + name_);
  const Directories looked{probe->facts.data_directory().path(), probe->facts.pki_directory()};
  Directories meant = directories_of(probe->facts);
  if (meant == looked) return probe;
  // A manifest in another form than kubeadm's: the second round trip is the price.
  probe = probe_directories(meant.data, meant.pki, deadline);
  if (!probe.ok()) return annotate(probe.status(), "probing " + name_ + " again");
  return probe;
}

absl::Status SshNode::read_file(const std::string& path, const ssh::OutputSink& sink, Deadline deadline) {
  ssh::Command command;
  command.arguments = {"cat", "--", path};
  command.output_to = sink;
  const absl::StatusOr<ssh::CommandResult> result = session_.run(command, deadline);
  if (!result.ok()) return result.status();
  if (result->exit_status == 0) return absl::OkStatus();
  return not_found(name_ + ": " + quote_line(result->error_output, 500));
}

absl::StatusOr<Authority> SshNode::read_authority(const std::string& directory, Deadline deadline) {
  const std::string phrase = "reading the CA on " + name_;
  ssh::Command command;
  command.arguments = {"sh", "-c", scripts::read_authority_text(), "quorate", directory};
  absl::StatusOr<ssh::CommandResult> result = session_.run(command, deadline);
  if (!result.ok()) return annotate(result.status(), phrase);
  const Secret text(std::exchange(result->output, {}));
  if (absl::Status status = check_ended_well(*result); !status.ok()) return annotate(status, phrase);
  const absl::StatusOr<Answer> answer = split_frames(text.expose());
  if (!answer.ok()) return annotate(answer.status(), phrase);

  Authority authority;
  for (const char* part : {"certificate", "key"}) {
    absl::StatusOr<FileFrame> file = read_file_frame(answer->text(part));
    if (!file.ok()) return annotate(file.status(), phrase);
    if (file->state != FileFrame::State::read) return annotate(not_found(file->path + ": " + file->problem), phrase);
    if (std::string(part) == "certificate") authority.certificate = std::string(file->content.expose());
    if (std::string(part) == "key") authority.key = std::move(file->content);
  }
  if (!pki::key_matches(authority.certificate, authority.key)) {
    return annotate(precondition(directory + "/ca.key does not belong to the ca.crt beside it"), phrase);
  }
  return authority;
}

Outcome SshNode::change_alone(scripts::Change change, const Lease& lease, const std::vector<std::string>& arguments,
                              const Input& input, Deadline deadline) {
  const std::unique_lock<std::timed_mutex> alone(changing_, deadline);
  if (!alone.owns_lock()) return Outcome::not_done("another change on " + name_ + " has not ended");
  return script_.change(change, lease.run_id, arguments, input, deadline);
}

Outcome SshNode::run_command(const Lease& lease, const std::vector<std::string>& arguments, Deadline deadline) {
  if (arguments.empty() || arguments.front().empty()) return Outcome::not_done("there is no command");
  return change_alone(scripts::Change::run_command, lease, arguments, {}, deadline);
}

Outcome SshNode::put_file(const Lease& lease, const PutFile& file, Deadline deadline) {
  if (const std::string problem = problem_of_path(file.path()); !problem.empty()) return bad_path(file.path(), problem);
  if (!file.mode().empty() && !is_octal(file.mode())) return Outcome::not_done("the mode is not octal");
  return change_alone(scripts::Change::put_file, lease,
                      {file.path(), file.owner(), file.mode(), std::to_string(file.content().size())}, {.text = file.content()},
                      deadline);
}

Outcome SshNode::put_secret_file(const Lease& lease, const std::string& path, const Secret& content, const std::string& mode,
                                 Deadline deadline) {
  PutFile file;
  file.set_path(path);
  file.set_mode(mode);
  file.set_content(std::string(content.expose()));
  Outcome outcome = put_file(lease, file, deadline);
  const Secret wiped(std::move(*file.mutable_content()));
  return outcome;
}

Outcome SshNode::put_certificate(const Lease& lease, const CertificateFiles& files, Deadline deadline) {
  for (const std::string& path : {files.certificate_path, files.key_path}) {
    if (const std::string problem = problem_of_path(path); !problem.empty()) return bad_path(path, problem);
  }
  if (!are_in_one_folder(files)) {
    return Outcome::not_done("a certificate and its key are two files of one folder");
  }
  std::string both = files.certificate + std::string(files.key.expose());
  Outcome outcome = change_alone(
      scripts::Change::put_certificate, lease,
      {files.certificate_path, files.key_path, std::to_string(files.certificate.size()), std::to_string(files.key.expose().size())},
      {.text = both}, deadline);
  const Secret wiped(std::move(both));
  return outcome;
}

Outcome SshNode::put_snapshot(const Lease& lease, const PutSnapshot& snapshot, Deadline deadline) {
  if (const std::string problem = problem_of_path(snapshot.path()); !problem.empty()) return bad_path(snapshot.path(), problem);
  const std::uint64_t trailer = snapshot.without_trailer() ? 0 : sha256_bytes;
  if (snapshot.bytes() <= trailer) return Outcome::not_done("the snapshot has no bytes");
  return change_alone(
      scripts::Change::put_snapshot, lease,
      {snapshot.path(), std::to_string(snapshot.bytes()), std::to_string(snapshot.bytes() - trailer), snapshot.sha256()},
      {.file = snapshot.source()}, deadline);
}

Outcome SshNode::restore_snapshot(const Lease& lease, const RestoreSnapshot& restore, Deadline deadline) {
  for (const std::string& path : {restore.snapshot(), restore.folder(), restore.tool().path()}) {
    if (const std::string problem = problem_of_path(path); !problem.empty()) return bad_path(path, problem);
  }
  std::vector<std::string> arguments = {word_of(restore.tool().place()),
                                        restore.tool().path(),
                                        restore.tool().image(),
                                        restore.snapshot(),
                                        restore.folder(),
                                        restore.owner()};
  const std::vector<std::string> flags = restore_arguments(restore);
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return change_alone(scripts::Change::restore_snapshot, lease, arguments, {}, deadline);
}

Outcome SshNode::snapshot_data(const Lease& lease, const SnapshotData& snapshot, Deadline deadline) {
  for (const std::string& path : {snapshot.data_directory(), snapshot.folder(), snapshot.tool().path()}) {
    if (const std::string problem = problem_of_path(path); !problem.empty()) return bad_path(path, problem);
  }
  return change_alone(scripts::Change::snapshot_data, lease,
                      {word_of(snapshot.tool().place()), snapshot.tool().path(), snapshot.tool().image(), snapshot.data_directory(),
                       snapshot.folder(), snapshot.name()},
                      {}, deadline);
}

Outcome SshNode::force_alone(const Lease& lease, const ForceAlone& force, Deadline deadline) {
  for (const std::string& path : {force.data_directory(), force.folder(), force.tool().path()}) {
    if (const std::string problem = problem_of_path(path); !problem.empty()) return bad_path(path, problem);
  }
  return change_alone(scripts::Change::force_alone, lease,
                      {word_of(force.tool().place()), force.tool().path(), force.tool().image(), force.data_directory(),
                       force.folder(), force.name()},
                      {}, deadline);
}

Outcome SshNode::save_served(const Lease& lease, const SaveServed& save, Deadline deadline) {
  for (const std::string& path : {save.folder(), save.tool().path(), save.pki_directory()}) {
    if (const std::string problem = problem_of_path(path); !problem.empty()) return bad_path(path, problem);
  }
  return change_alone(scripts::Change::save_served, lease,
                      {word_of(save.tool().place()), save.tool().path(), save.tool().image(), save.folder(), save.endpoint(),
                       save.pki_directory(), save.holds_kubelet() ? "yes" : "no"},
                      {}, deadline);
}

Outcome SshNode::serve_restored(const Lease& lease, const ServeRestored& serve, Deadline deadline) {
  for (const std::string& path : {serve.folder(), serve.tool().path()}) {
    if (const std::string problem = problem_of_path(path); !problem.empty()) return bad_path(path, problem);
  }
  return change_alone(
      scripts::Change::serve_restored, lease,
      {word_of(serve.tool().place()), serve.tool().path(), serve.tool().image(), serve.folder(), serve.node(),
       std::to_string(serve.revision()), std::to_string(serve.keys()), serve.has_hash() ? std::to_string(serve.hash()) : ""},
      {}, deadline);
}

Outcome SshNode::move_path(const Lease& lease, const MovePath& move, Deadline deadline) {
  for (const std::string& path : {move.from(), move.to()}) {
    if (const std::string problem = problem_of_path(path); !problem.empty()) return bad_path(path, problem);
  }
  return change_alone(scripts::Change::move_path, lease, {move.from(), move.to()}, {}, deadline);
}

Outcome SshNode::move_entries(const Lease& lease, const MoveEntries& move, Deadline deadline) {
  for (const std::string& path : {move.from(), move.to()}) {
    if (const std::string problem = problem_of_path(path); !problem.empty()) return bad_path(path, problem);
  }
  return change_alone(scripts::Change::move_entries, lease, {move.from(), move.to()}, {}, deadline);
}

Outcome SshNode::remove_exited_containers(const Lease& lease, Deadline deadline) {
  return change_alone(scripts::Change::remove_exited_containers, lease, {}, {}, deadline);
}

std::unique_ptr<Node> make_ssh_node(std::string name, ssh::Session& session, std::string data_directory_override) {
  return std::make_unique<SshNode>(std::move(name), session, std::move(data_directory_override));
}

}  // namespace quorate::node
