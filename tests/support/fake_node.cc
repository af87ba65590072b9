// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_node.h"

#include <algorithm>

#include "providers/node/node_script.h"
#include "providers/node/text.h"
#include "providers/pki/certificates.h"
#include "schemas/digest.h"
#include "schemas/json.h"
#include "schemas/member_identity.h"
#include "tests/support/program.h"

namespace quorate::test {
namespace {

constexpr const char* home = "/var/lib/quorate";
constexpr const char* record_path = "/var/lib/quorate/run.json";
constexpr std::int64_t lease_seconds = 60;

bool begins_with(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

}  // namespace

using Lock = std::lock_guard<std::recursive_mutex>;

void FakeNode::make_parents(const std::string& path) {
  for (std::size_t slash = path.rfind('/'); slash != 0 && slash != std::string::npos; slash = path.rfind('/', slash - 1)) {
    directories_.insert(path.substr(0, slash));
  }
}

void FakeNode::write_file(const std::string& path, const std::string& content, const std::string& owner, const std::string& mode) {
  const Lock lock(mutex_);
  make_parents(path);
  files_[path] = {content, owner, mode, now_seconds_};
  run_kubelet();
}

void FakeNode::remove_file(const std::string& path) {
  const Lock lock(mutex_);
  files_.erase(path);
  run_kubelet();
}

void FakeNode::make_directory(const std::string& path) {
  const Lock lock(mutex_);
  make_parents(path + "/");
}

std::optional<FakeFile> FakeNode::file(const std::string& path) const {
  const Lock lock(mutex_);
  const auto found = files_.find(path);
  if (found == files_.end()) return std::nullopt;
  return found->second;
}

bool FakeNode::exists(const std::string& path) const {
  const Lock lock(mutex_);
  return files_.count(path) > 0 || directories_.count(path) > 0;
}

void FakeNode::advance(std::chrono::seconds time) {
  const Lock lock(mutex_);
  now_seconds_ += time.count();
}

std::vector<std::string> FakeNode::calls() const {
  const Lock lock(mutex_);
  return calls_;
}

// The names directly inside, sorted.
std::vector<std::string> FakeNode::entries(const std::string& directory) const {
  std::set<std::string> names;
  const std::string prefix = directory + "/";
  const auto add = [&](const std::string& path) {
    if (begins_with(path, prefix)) names.insert(path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size()));
  };
  for (const auto& [path, file] : files_) add(path);
  for (const std::string& path : directories_) add(path);
  return {names.begin(), names.end()};
}

void FakeNode::rename(const std::string& from, const std::string& to) {
  make_parents(to);
  const auto renamed = [&](const std::string& path) { return to + path.substr(from.size()); };
  const auto inside = [&](const std::string& path) { return path == from || begins_with(path, from + "/"); };
  std::map<std::string, FakeFile> files;
  for (auto& [path, file] : files_) files[inside(path) ? renamed(path) : path] = file;
  std::set<std::string> directories;
  for (const std::string& path : directories_) directories.insert(inside(path) ? renamed(path) : path);
  files_ = std::move(files);
  directories_ = std::move(directories);
}

std::string FakeNode::holder() const {
  const auto found = files_.find(record_path);
  RunRecord record;
  if (found == files_.end() || !from_json(found->second.content, &record).ok()) return "";
  return record.run_id();
}

std::int64_t FakeNode::lease_age() const { return now_seconds_ - files_.at(record_path).modified_seconds; }

std::string FakeNode::problem_of_lease(const std::string& run_id) const {
  if (files_.count(record_path) == 0) return "gone";
  const std::string who = holder();
  if (who != run_id) return "taken over by run " + (who.empty() ? "that cannot be read" : who);
  if (lease_age() >= lease_seconds) return "expired, " + std::to_string(lease_age()) + " seconds old";
  return "";
}

Outcome FakeNode::change(const std::string& name, const node::Lease& lease, const std::function<Outcome()>& act) {
  const Lock lock(mutex_);
  if (!reachable_) return Outcome::unknown(name_ + ": the connection is gone");
  calls_.push_back(name);
  if (!node::is_run_id(lease.run_id)) return Outcome::not_done("\"" + lease.run_id + "\" cannot be the ID of a run");
  const std::string problem = problem_of_lease(lease.run_id);
  if (!problem.empty()) return Outcome::not_done("the lease of run " + lease.run_id + " on " + name_ + " is " + problem);
  Outcome outcome = act();
  run_kubelet();
  if (!lose_next_answer_) return outcome;
  lose_next_answer_ = false;
  return Outcome::unknown(name_ + ": the connection broke");
}

node::LeaseResult FakeNode::take_lease(const RunRecord& record, const node::Claim& claim, node::Deadline /*deadline*/) {
  const Lock lock(mutex_);
  using Kind = node::LeaseResult::Kind;
  if (!reachable_) return {Kind::failed, {}, name_ + ": the connection is gone"};
  if (!node::is_run_id(record.run_id())) return {Kind::failed, {}, "\"" + record.run_id() + "\" cannot be the ID of a run"};
  calls_.push_back("take_lease");
  node::LeaseResult result;
  result.kind = Kind::taken;
  if (files_.count(record_path) > 0) {
    const std::string who = holder();
    if (!from_json(files_[record_path].content, &result.holder).ok()) result.detail = "the record of the run before cannot be read";
    result.holder.set_lease_age_seconds(lease_age());
    const bool own = who == record.run_id() || (!claim.dead_lease.empty() && who == claim.dead_lease);
    const auto& known = claim.seen_runs;
    const bool seen = who.empty() || std::find(known.begin(), known.end(), who.substr(0, who.find('-'))) != known.end();
    if (!own && (lease_age() < lease_seconds || !seen)) {
      result.kind = lease_age() < lease_seconds ? Kind::held : Kind::unseen;
      result.detail = name_ + " is held by run " + who;
      return result;
    }
  }
  RunRecord written = record;
  written.clear_lease_age_seconds();
  write_file(record_path, to_json(written, JsonForm::pretty));
  return result;
}

Outcome FakeNode::renew_lease(const node::Lease& lease, node::Deadline /*deadline*/) {
  return change("renew_lease", lease, [this] {
    files_[record_path].modified_seconds = now_seconds_;
    return Outcome::done();
  });
}

void FakeNode::remember_ended(const node::RunEnded& ended) {
  const std::string path = std::string(home) + "/ended";
  std::vector<std::string_view> lines = node::split_lines(files_[path].content);
  if (lines.size() > 199) lines.erase(lines.begin(), lines.end() - 199);
  std::string text;
  for (const std::string_view line : lines)
    text += begins_with(std::string(line), ended.begun_as + " ") ? "" : std::string(line) + "\n";
  files_[path] = {text + ended.begun_as + " " + std::to_string(now_seconds_) + (ended.undone ? " undone\n" : " done\n"), "0:0",
                  "600", now_seconds_};
}

Outcome FakeNode::release_lease(const node::Lease& lease, const node::RunEnded& ended, node::Deadline /*deadline*/) {
  const Lock lock(mutex_);
  if (reachable_ && files_.count(record_path) == 0) return Outcome::done();
  return change("release_lease", lease, [&] {
    const std::string folder = std::string(home) + "/" + lease.run_id.substr(0, lease.run_id.find('-'));
    if (entries(folder).empty()) directories_.erase(folder);
    if (!ended.begun_as.empty()) remember_ended(ended);
    files_.erase(std::string(home) + "/NEXT.txt");
    files_.erase(record_path);
    return Outcome::done();
  });
}

Outcome FakeNode::expire_lease(const std::string& run_id, node::Deadline /*deadline*/) {
  const Lock lock(mutex_);
  if (!reachable_) return Outcome::unknown(name_ + ": the connection is gone");
  if (files_.count(record_path) == 0) return Outcome::not_done(name_ + ": there is no lease");
  if (holder() != run_id) return Outcome::not_done(name_ + ": the lease is of run " + holder());
  FakeFile& record = files_[record_path];
  record.modified_seconds = std::min(record.modified_seconds, now_seconds_ - lease_seconds - 1);
  return Outcome::done();
}

Outcome FakeNode::run_command(const node::Lease& lease, const std::vector<std::string>& arguments, node::Deadline /*deadline*/) {
  return change("run_command", lease, [&] { return hooks_.command ? hooks_.command(arguments) : Outcome::done(); });
}

Outcome FakeNode::put_file(const node::Lease& lease, const PutFile& file, node::Deadline /*deadline*/) {
  return change("put_file " + file.path(), lease, [&] {
    const std::string problem = node::problem_of_path(file.path());
    if (!problem.empty()) return Outcome::not_done("\"" + file.path() + "\" " + problem);
    if (directories_.count(file.path()) > 0) return Outcome::not_done(name_ + ": " + file.path() + " is a directory");
    make_parents(file.path());
    files_[file.path()] = {file.content(), file.owner().empty() ? "0:0" : file.owner(), file.mode().empty() ? "600" : file.mode(),
                           now_seconds_};
    return Outcome::done();
  });
}

Outcome FakeNode::put_secret_file(const node::Lease& lease, const std::string& path, const Secret& content, const std::string& mode,
                                  node::Deadline deadline) {
  PutFile file;
  file.set_path(path);
  file.set_content(std::string(content.expose()));
  file.set_mode(mode);
  return put_file(lease, file, deadline);
}

Outcome FakeNode::put_certificate(const node::Lease& lease, const CertificateFiles& files, node::Deadline /*deadline*/) {
  return change("put_certificate " + files.certificate_path, lease, [&] {
    for (const std::string& path : {files.certificate_path, files.key_path}) {
      const std::string problem = node::problem_of_path(path);
      if (!problem.empty()) return Outcome::not_done("\"" + path + "\" " + problem);
      if (directories_.count(path) > 0) return Outcome::not_done(name_ + ": " + path + " is a directory");
    }
    if (!are_in_one_folder(files)) {
      return Outcome::not_done("a certificate and its key are two files of one folder");
    }
    make_parents(files.certificate_path);
    files_[files.certificate_path] = {files.certificate, "0:0", "644", now_seconds_};
    const auto before = files_.find(files.key_path);
    const bool is_known = before != files_.end();
    const std::string owner = is_known ? before->second.owner : "0:0";
    const bool is_kept = is_known && before->second.mode.size() == 3 && before->second.mode.back() == '0';
    const std::string mode = is_kept ? before->second.mode : "600";
    files_[files.key_path] = {std::string(files.key.expose()), owner, mode, now_seconds_};
    return Outcome::done();
  });
}

Outcome FakeNode::put_snapshot(const node::Lease& lease, const PutSnapshot& snapshot, node::Deadline /*deadline*/) {
  return change("put_snapshot " + snapshot.path(), lease, [&] {
    const std::string content = test::read_file(snapshot.source());
    const std::size_t trailer = snapshot.without_trailer() ? 0 : sha256_bytes;
    if (content.size() != snapshot.bytes()) return Outcome::not_done(name_ + ": the snapshot did not arrive whole");
    const std::string digest = sha256_hex(content.substr(0, content.size() - trailer));
    if (digest != snapshot.sha256()) {
      return Outcome::not_done(name_ + ": the snapshot is damaged here: its SHA-256 is " + digest + ", and not " +
                               snapshot.sha256());
    }
    make_parents(snapshot.path());
    files_[snapshot.path()] = {content, "0:0", "600", now_seconds_};
    files_[snapshot.path() + ".sha256"] = {digest + "\n", "0:0", "600", now_seconds_};
    return Outcome::done();
  });
}

// As etcd's tool does it: a log that begins with the new IDs.
Outcome FakeNode::restore_snapshot(const node::Lease& lease, const RestoreSnapshot& restore, node::Deadline /*deadline*/) {
  return change("restore_snapshot " + restore.folder(), lease, [&] {
    if (exists(restore.folder() + "/member")) return Outcome::done();
    if (tools_.count(restore.tool().name()) == 0) return Outcome::not_done(name_ + ": " + restore.tool().path() + " is not there");
    if (!exists(restore.snapshot())) return Outcome::not_done(name_ + ": " + restore.snapshot() + " is not there");
    const std::string wal = restore.folder() + "/member/wal/0000000000000000-0000000000000000.wal";
    make_parents(wal);
    files_[wal] = {wal_head(bootstrap_member_id(restore.peer_url(), restore.token()),
                            bootstrap_cluster_id(restore.initial_cluster(), restore.token())),
                   "0:0", "600", now_seconds_};
    return Outcome::done();
  });
}

// What is saved is its log: it has nothing else.
Outcome FakeNode::snapshot_data(const node::Lease& lease, const SnapshotData& snapshot, node::Deadline /*deadline*/) {
  return change("snapshot_data " + snapshot.folder(), lease, [&] {
    if (exists(snapshot.folder() + "/saved.db")) return Outcome::done();
    if (tools_.count(snapshot.tool().name()) == 0)
      return Outcome::not_done(name_ + ": " + snapshot.tool().path() + " is not there");
    const std::vector<std::string> logs = entries(snapshot.data_directory() + "/member/wal");
    if (logs.empty()) return Outcome::not_done(name_ + ": cannot copy " + snapshot.data_directory() + "/member");
    make_parents(snapshot.folder() + "/saved.db");
    files_[snapshot.folder() + "/saved.db"] = files_[snapshot.data_directory() + "/member/wal/" + logs.back()];
    return Outcome::done();
  });
}

Outcome FakeNode::force_alone(const node::Lease& lease, const ForceAlone& force, node::Deadline /*deadline*/) {
  return change("force_alone " + force.folder(), lease, [&] {
    const std::string copy = force.folder() + "/new/member/wal/";
    if (!entries(copy).empty()) return Outcome::done();
    if (tools_.count(force.tool().name()) == 0) return Outcome::not_done(name_ + ": " + force.tool().path() + " is not there");
    const std::vector<std::string> logs = entries(force.data_directory() + "/member/wal");
    if (logs.empty()) return Outcome::not_done(name_ + ": cannot copy " + force.data_directory() + "/member");
    for (const std::string& log : logs) {
      make_parents(copy + log);
      files_[copy + log] = files_[force.data_directory() + "/member/wal/" + log];
    }
    return Outcome::done();
  });
}

// It holds no keys.
Outcome FakeNode::serve_restored(const node::Lease& lease, const ServeRestored& serve, node::Deadline /*deadline*/) {
  return change("serve_restored " + serve.folder(), lease, [&] {
    if (tools_.count(serve.tool().name()) == 0) return Outcome::not_done(name_ + ": " + serve.tool().path() + " is not there");
    if (entries(serve.folder() + "/new/member/wal").empty())
      return Outcome::not_done(name_ + ": etcd cannot serve what is restored");
    if (serve.keys() == 0) return Outcome::done();
    return Outcome::not_done(name_ + ": what is restored has 0 keys at revision " + std::to_string(serve.revision()) +
                             ", and not " + std::to_string(serve.keys()));
  });
}

// What it serves is not modelled: the snapshot says whose it is.
Outcome FakeNode::save_served(const node::Lease& lease, const SaveServed& save, node::Deadline /*deadline*/) {
  return change("save_served " + save.folder(), lease, [&] {
    if (exists(save.folder() + "/saved.db")) return Outcome::done();
    if (tools_.count(save.tool().name()) == 0) return Outcome::not_done(name_ + ": " + save.tool().path() + " is not there");
    make_parents(save.folder() + "/saved.db");
    files_[save.folder() + "/saved.db"] = {"served", "0:0", "600", now_seconds_};
    return Outcome::done();
  });
}

// Like a node on which kubeadm was never installed.
Outcome FakeNode::kubeadm_reset(const node::Lease& lease, const std::string& folder, const std::string& /*cri_socket*/,
                                node::Deadline /*deadline*/) {
  return change("kubeadm_reset " + folder, lease, [&] { return Outcome::not_done(name_ + ": kubeadm is not there"); });
}
Outcome FakeNode::kubeadm_invite(const node::Lease& lease, const Invite& invite, node::Invitation& /*invitation*/,
                                 node::Deadline /*deadline*/) {
  return change("kubeadm_invite " + invite.token_id, lease, [&] { return Outcome::not_done(name_ + ": kubeadm is not there"); });
}
Outcome FakeNode::kubeadm_join(const node::Lease& lease, const std::string& folder, const Secret& /*configuration*/,
                               node::Deadline /*deadline*/) {
  return change("kubeadm_join " + folder, lease, [&] { return Outcome::not_done(name_ + ": kubeadm is not there"); });
}

absl::Status FakeNode::read_file(const std::string& path, const ssh::OutputSink& sink, node::Deadline /*deadline*/) {
  const Lock lock(mutex_);
  if (!reachable_) return unavailable(name_ + ": the connection is gone");
  const auto found = file(path);
  if (!found) return not_found(name_ + ": cat: " + path + ": No such file or directory");
  return found->content.empty() ? absl::OkStatus() : sink(found->content);
}

Outcome FakeNode::move_path(const node::Lease& lease, const MovePath& move, node::Deadline /*deadline*/) {
  return change("move_path " + move.from(), lease, [&] {
    const bool to_there = exists(move.to());
    if (!exists(move.from())) {
      return to_there ? Outcome::done() : Outcome::not_done(name_ + ": neither " + move.from() + " nor " + move.to() + " is there");
    }
    if (!to_there) {
      rename(move.from(), move.to());
      return Outcome::done();
    }
    const auto from = file(move.from());
    const auto to = file(move.to());
    if (!from || !to || from->content != to->content) {
      return Outcome::not_done(name_ + ": both " + move.from() + " and " + move.to() + " are there");
    }
    files_.erase(move.from());
    return Outcome::done();
  });
}

Outcome FakeNode::move_entries(const node::Lease& lease, const MoveEntries& move, node::Deadline /*deadline*/) {
  return change("move_entries " + move.from(), lease, [&] {
    const auto is_folder = [](const std::string& path) { return begins_with(path.substr(path.rfind('/') + 1), ".quorate-"); };
    const bool was_set_aside = is_folder(move.from());
    if (was_set_aside && !exists(move.from()) && exists(move.to() + "/member")) return Outcome::done();
    if (directories_.count(move.from()) == 0) return Outcome::not_done(name_ + ": " + move.from() + " is no directory");
    if (begins_with(move.to(), move.from() + "/") && !begins_with(move.to(), move.from() + "/.quorate-")) {
      return Outcome::not_done(name_ + ": " + move.to() + " is inside " + move.from() + ", and would be moved into itself");
    }
    std::vector<std::string> names = entries(move.from());
    std::erase_if(names, [](const std::string& name) { return begins_with(name, ".quorate-") || name == "lost+found"; });
    for (const std::string& name : names) {
      if (exists(move.to() + "/" + name))
        return Outcome::not_done(name_ + ": both " + move.from() + "/" + name + " and " + move.to() + "/" + name + " are there");
    }
    make_parents(move.to() + "/");
    for (const std::string& name : names) rename(move.from() + "/" + name, move.to() + "/" + name);
    if (was_set_aside && entries(move.from()).empty()) directories_.erase(move.from());
    if (is_folder(move.to()) && entries(move.to()).empty()) directories_.erase(move.to());
    return Outcome::done();
  });
}

Outcome FakeNode::remove_exited_containers(const node::Lease& lease, node::Deadline /*deadline*/) {
  return change("remove_exited_containers", lease, [this] {
    containers_.erase(std::remove_if(containers_.begin(), containers_.end(), [](const FakeContainer& one) { return !one.running; }),
                      containers_.end());
    return Outcome::done();
  });
}

absl::StatusOr<node::Authority> FakeNode::read_authority(const std::string& directory, node::Deadline /*deadline*/) {
  const Lock lock(mutex_);
  if (!reachable_) return unavailable(name_ + ": the connection is gone");
  const auto certificate = file(directory + "/ca.crt");
  const auto key = file(directory + "/ca.key");
  if (!certificate || !key) return not_found(directory + (certificate ? "/ca.key" : "/ca.crt") + ": it is not there");
  node::Authority authority{certificate->content, Secret(key->content)};
  if (!pki::key_matches(authority.certificate, authority.key))
    return precondition(directory + "/ca.key does not belong to the ca.crt beside it");
  return authority;
}

// --- its kubelet ---

std::optional<std::pair<std::string, StaticPod>> FakeNode::wanted_pod() const {
  std::optional<std::pair<std::string, StaticPod>> wanted;
  const std::string directory = "/etc/kubernetes/manifests";
  for (const std::string& name : entries(directory)) {
    if (name.front() == '.') continue;
    const auto manifest = file(directory + "/" + name);
    if (!manifest) continue;
    absl::StatusOr<StaticPod> pod = read_static_pod(manifest->content);
    // The last file of those that claim one pod wins.
    if (pod.ok() && claims_etcd(*pod, data_directory_)) wanted = {manifest->content, *std::move(pod)};
  }
  return wanted;
}

std::string FakeNode::data_path() const {
  const auto wanted = wanted_pod();
  return wanted ? wanted->second.argument("data-dir").value_or(data_directory_) : data_directory_;
}

void FakeNode::set_kubelet_active(bool active) {
  const Lock lock(mutex_);
  kubelet_active_ = active;
  run_kubelet();
}

bool FakeNode::etcd_runs() const {
  const Lock lock(mutex_);
  return !containers_.empty() && containers_.back().running;
}

void FakeNode::run_kubelet() {
  if (!kubelet_active_) return;
  const auto wanted = wanted_pod();
  const std::string text = wanted ? wanted->first : "";
  if (text == running_manifest_) return;
  if (etcd_runs()) {
    containers_.back().running = false;
    if (hooks_.stop) hooks_.stop();
  }
  running_manifest_ = text;
  if (!wanted) return;
  running_pod_ = wanted->second;
  FakeContainer container;
  container.attempt = containers_.empty() ? 0 : containers_.back().attempt + 1;
  container.id = name_ + "-etcd-" + std::to_string(container.attempt);
  container.created_at_seconds = now_seconds_;
  container.image = running_pod_.image;
  container.running = true;
  containers_.push_back(container);
  if (hooks_.start && !hooks_.start(running_pod_)) containers_.back().running = false;
}

}  // namespace quorate::test
