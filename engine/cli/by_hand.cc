// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/by_hand.h"

#include <cstdint>
#include <utility>

#include "engine/cli/by_hand_words.h"
#include "plans/facts.h"
#include "plans/lookup.h"
#include "schemas/digest.h"
#include "schemas/restore_arguments.h"
#include "schemas/utf8.h"

namespace quorate::cli {
namespace {

// In it are names that an etcd gave itself: what follows a newline in one would be typed as a command.
std::string comment(const std::string& text) { return "# " + on_one_line(text) + "\n"; }

// A line that no text of its own can be mistaken for.
std::string end_of(const std::string& content) {
  std::string end = "QUORATE_END";
  while (content.find(end) != std::string::npos) end += "_";
  return end;
}

std::string put(const PutFile& file) {
  const std::string part = word(beside(file.path()));
  const std::string end = end_of(file.content());
  const bool whole_lines = file.content().empty() || file.content().back() == '\n';
  // A here-document ends with a newline, which not every file does.
  const std::string reads = whole_lines ? "cat" : "head -c -1";
  std::string text = "mkdir -p -- " + word(folder_of(file.path())) + "\n";
  text += "(umask 077; " + reads + " >" + part + ") <<'" + end + "'\n" + file.content() + (whole_lines ? "" : "\n") + end + "\n";
  if (!file.owner().empty()) text += "chown -- " + word(file.owner()) + " " + part + "\n";
  text += "chmod -- " + word(file.mode().empty() ? "600" : file.mode()) + " " + part + "\n";
  return text + "mv -f -- " + part + " " + word(file.path()) + "\n";
}

std::string move(const MovePath& move) {
  const std::string from = word(move.from());
  return "mkdir -p -- " + word(folder_of(move.to())) + "\n" + "[ ! -e " + from + " ] || mv -n -T -- " + from + " " +
         word(move.to()) + "\n";
}

std::string move_entries(const MoveEntries& move) {
  const std::string from = word(move.from());
  const std::string to = word(move.to());
  return "mkdir -p -m 700 -- " + to + "\n" + "[ ! -d " + from + " ] || find " + from +
         " -mindepth 1 -maxdepth 1 ! -name '.quorate-*' ! -name lost+found -exec mv -n -t " + to + " -- {} +\n";
}

std::string remove_containers() {
  const std::string name = "io.kubernetes.container.name";
  const std::string pod = "io.kubernetes.pod.namespace";
  // ctr removes none that runs, and says so.
  return "if command -v crictl >/dev/null; then\n"
         "  crictl ps -a --state Exited --label " +
         name + "=etcd --label " + pod +
         "=kube-system -q | xargs -r -n 1 crictl rm\n"
         "else\n"
         "  ctr -n k8s.io containers ls -q 'labels.\"" +
         name + "\"==etcd,labels.\"" + pod +
         "\"==kube-system' |\n"
         "    xargs -r -n 1 ctr -n k8s.io containers rm || true\n"
         "fi\n";
}

// Where the paths of a tool begin, and what makes that so and takes it away again. An image has a place of its own each time, so
// that what a failed attempt left mounted is in nobody's way.
std::string root_of(const Tool& tool) {
  if (tool.place() == Tool::CONTAINER) return "/proc/$(pgrep -xo etcd)/root";
  return tool.place() == Tool::IMAGE ? "\"$root\"" : "";
}

std::string mount(const Tool& tool) {
  if (tool.place() != Tool::IMAGE) return "";
  return "root=$(mktemp -d)\nctr -n k8s.io images mount " + word(tool.image()) + " " + root_of(tool) + "\n";
}

std::string unmount(const Tool& tool) {
  return tool.place() == Tool::IMAGE ? "ctr -n k8s.io images unmount --rm " + root_of(tool) + "\n" : "";
}

// etcdctl and etcdutl take a folder that is not there yet, and leave half of one where they fail.
std::string restore(const RestoreSnapshot& restore) {
  const std::string part = restore.folder() + ".part";
  std::vector<std::string> command = {restore.tool().path(), "snapshot", "restore", restore.snapshot(), "--data-dir=" + part};
  const std::vector<std::string> arguments = restore_arguments(restore);
  command.insert(command.end(), arguments.begin(), arguments.end());
  return mount(restore.tool()) + "[ -d " + word(restore.folder()) + " ] || { rm -rf -- " + word(part) + " && ETCDCTL_API=3 " +
         root_of(restore.tool()) + words(command) + " &&\n  chown -R " + word(restore.owner()) + " " + word(part) + " && mv -- " +
         word(part) + " " + word(restore.folder()) + "; }\n" + unmount(restore.tool());
}

// The kubelet is started again however the save went.
std::string save_served(const SaveServed& save) {
  const std::string& pki = save.pki_directory();
  const std::string saved = word(save.folder() + "/saved.db");
  const std::string command = "ETCDCTL_API=3 " + root_of(save.tool()) + word(save.tool().path()) +
                              " --endpoints=" + word(save.endpoint()) + " --cacert=" + word(pki + "/ca.crt") +
                              " --cert=" + word(pki + "/server.crt") + " --key=" + word(pki + "/server.key") + " snapshot save " +
                              saved;
  std::string text = "if [ ! -f " + saved + " ]; then\n" + mount(save.tool()) + "mkdir -p -- " + word(save.folder()) + "\n";
  // Its probe would end an etcd that has no leader.
  if (save.holds_kubelet()) text += "systemctl stop kubelet\n";
  text += command + " || echo 'It was not saved.'\n";
  if (save.holds_kubelet()) text += "systemctl start kubelet\n";
  return text + unmount(save.tool()) + "[ -f " + saved + " ]\nfi\n";
}

// `begin`, then etcd over the directory, and `ask` of etcdctl's words once it serves: on sockets in the directory, so that nothing
// else meets what it serves.
std::string serve_alone(const Tool& tool, const std::string& directory, const std::string& name,
                        const std::vector<std::string>& more, const std::string& begin, const std::string& ask) {
  const std::string root = root_of(tool);
  const std::string etcdctl =
      "ETCDCTL_API=3 " + root + word(folder_of(tool.path()) + "/etcdctl") + " --endpoints=unix://localhost:2379 ";
  std::vector<std::string> command = {tool.path(), "--name=" + name, "--data-dir=" + directory};
  command.insert(command.end(), more.begin(), more.end());
  for (const char* argument : {"--listen-client-urls=unix://localhost:2379", "--advertise-client-urls=unix://localhost:2379",
                               "--listen-peer-urls=unix://localhost:2380", "--initial-advertise-peer-urls=unix://localhost:2380"}) {
    command.emplace_back(argument);
  }
  command.push_back("--initial-cluster=" + name + "=unix://localhost:2380");
  std::string text = mount(tool) + begin;
  text += "(cd " + word(directory) + " && exec unshare -n " + root + words(command) + " >log 2>&1) &\n";
  text += "(cd " + word(directory) + " && until " + etcdctl + "endpoint health; do kill -0 $! || exit 1; sleep 1; done && " +
          etcdctl + ask + ")\nkill -9 $!\n";
  return text + unmount(tool);
}

std::string copy_data(const std::string& data_directory, const std::string& copy) {
  return "rm -rf -- " + word(copy) + " && mkdir -p -- " + word(copy) + " && cp -a -- " + word(data_directory + "/member") + " " +
         word(copy + "/member") + "\n";
}

std::string force_alone(const ForceAlone& force) {
  const std::string copy = force.folder() + "/new.part";
  const std::string data = word(force.data_directory() + "/member");
  return "if [ ! -d " + word(force.folder() + "/new") + " ]; then\n" +
         serve_alone(force.tool(), copy, force.name(), {"--force-new-cluster"}, copy_data(force.data_directory(), copy),
                     "member list") +
         "chown -R \"$(stat -c %u:%g -- " + data + ")\" " + word(copy + "/member") + " && mv -- " + word(copy) + " " +
         word(force.folder() + "/new") + "\nfi\n";
}

std::string snapshot_data(const SnapshotData& snapshot) {
  const std::string copy = snapshot.folder() + "/copy";
  const std::string begin = copy_data(snapshot.data_directory(), copy);
  const std::string saved = word(snapshot.folder() + "/saved.db");
  return "if [ ! -f " + saved + " ]; then\n" +
         serve_alone(snapshot.tool(), copy, snapshot.name(), {"--force-new-cluster"}, begin, "snapshot save " + saved) +
         "rm -rf -- " + word(copy) + "\nfi\n";
}

std::string serve_restored(const ServeRestored& serve) {
  const std::string ask = "get '' --prefix --keys-only --limit=1 --write-out=fields --rev=" + std::to_string(serve.revision());
  return serve_alone(serve.tool(), serve.folder() + "/new", serve.node(), {}, "", ask) +
         "# Count: " + std::to_string(serve.keys()) + "\n";
}

std::string invite(const std::string& token_id) {
  return "kubeadm init phase upload-certs --upload-certs  # prints the certificate key\n"
         "kubeadm token create --ttl 1h --print-join-command  # prints endpoint, token and hash; quorate's own token would begin "
         "with " +
         token_id + "\n";
}

// The secrets go by a file that only root reads.
std::string join_by_kubeadm(const KubeadmJoin& join) {
  const std::string kept = word(join.folder() + "/kubernetes");
  return on_node(join.node(), "mkdir -p -m 700 -- " + word(join.folder()) + "\n[ -d " + kept + " ] || cp -a -- /etc/kubernetes " +
                                  kept + "\nkubeadm reset --force --skip-phases=remove-etcd-member" +
                                  (join.cri_socket().empty() ? "" : " " + word("--cri-socket=" + join.cri_socket())) + "\n") +
         on_node(join.from_node(), invite(join.token_id())) +
         on_node(join.node(),
                 "(umask 077; cat >/run/kubeadm-join.yaml)  # paste this, with what was printed, and end it with Ctrl-D:\n"
                 "# apiVersion: that of the ConfigMap kube-system/kubeadm-config\n# kind: JoinConfiguration\n# nodeRegistration: "
                 "{name: " +
                     join.node_name() + (join.cri_socket().empty() ? "" : ", criSocket: " + join.cri_socket()) +
                     (join.ignored_errors().empty()
                          ? ""
                          : ", ignorePreflightErrors: [" +
                                quorate::join({join.ignored_errors().begin(), join.ignored_errors().end()}, ", ") + "]") +
                     "}\n# discovery: {bootstrapToken: {token: TOKEN, apiServerEndpoint: ENDPOINT, caCertHashes: [HASH]}}\n"
                     "# controlPlane: {localAPIEndpoint: {advertiseAddress: " +
                     join.advertise_address() + (join.bind_port() == 0 ? "" : ", bindPort: " + std::to_string(join.bind_port())) +
                     "}, certificateKey: KEY}\n"
                     "kubeadm join phase preflight --config /run/kubeadm-join.yaml\n"
                     "kubeadm join phase control-plane-prepare all --config /run/kubeadm-join.yaml\n"
                     "kubeadm join phase kubelet-start --config /run/kubeadm-join.yaml\n"
                     "rm /run/kubeadm-join.yaml\n"
                     "date +%s >" +
                     word(join.folder() + "/kubeadm-joined") + "\n");
}

bool serves(const EtcdEndpoint& endpoint, const std::string& cluster_id) {
  const EndpointStatus& status = endpoint.status();
  if (!endpoint.has_status() || status.learner() || status.leader_id().empty()) return false;
  return cluster_id.empty() || status.cluster_id() == cluster_id;
}

std::string client_url(const EtcdEndpoint& endpoint) {
  const Member* member = find_member(endpoint.member_list(), endpoint.status().member_id());
  return member == nullptr || member->client_urls().empty() ? "" : member->client_urls(0);
}

}  // namespace

ByHand::ByHand(const Spec& spec, const Plan& plan, const Observation& observation) : spec_(spec) {
  for (const NodeObservation& node : observation.nodes()) {
    const std::string& directory = node.facts().data_directory().path();
    if (!directory.empty()) data_directories_[node.name()] = directory;
    const std::string url = client_url(node.endpoint());
    if (!serves(node.endpoint(), plan.cluster_id()) || url.empty()) continue;
    if (voter_.empty()) voter_ = node.name();
    endpoints_ += (endpoints_.empty() ? "" : ",") + url;
  }
  if (!voter_.empty()) return;
  if (!spec.spec().members().empty()) voter_ = spec.spec().members(0).name();
  endpoints_ = "https://127.0.0.1:2379";
}

std::string ByHand::etcdctl(const std::string& arguments) const { return etcdctl_at(endpoints_, arguments); }

std::string ByHand::etcdctl_at(const std::string& endpoints, const std::string& arguments) {
  const std::string folder = "/etc/kubernetes/pki/etcd";
  return "etcdctl " + arguments + " --endpoints=" + word(endpoints) + " --cacert=" + folder + "/ca.crt --cert=" + folder +
         "/healthcheck-client.crt --key=" + folder + "/healthcheck-client.key";
}

std::string ByHand::on_voter(const std::string& lines) const { return on_node(voter_, lines); }

// The list's columns: ID, status, name, peer URLs, client URLs, whether it is a learner.
std::string ByHand::identifier_at(const std::string& peer_url, bool learner) const {
  const std::string condition = R"(index("," $4 ",", "," url ","))" + std::string(learner ? R"( && $6 == "true")" : "");
  return "id=$(" + etcdctl("member list") + " | awk -F', ' -v url=" + word(peer_url) + " " + word(condition + " {print $1}") +
         ")\n";
}

std::string ByHand::add(const MemberAdd& operation) const {
  const std::string name = word(host_of_url(operation.peer_url()));
  return on_voter(identifier_at(operation.peer_url(), false) + "[ -n \"$id\" ] || " +
                  etcdctl("member add " + name + " --learner --peer-urls=" + word(operation.peer_url())) + "\n");
}

std::string ByHand::remove(const MemberRemove& operation) const {
  if (!operation.member_id().empty()) return on_voter(etcdctl("member remove " + word(operation.member_id())) + "\n");
  return on_voter(identifier_at(operation.learner_peer_url(), true) + "[ -z \"$id\" ] || " + etcdctl("member remove \"$id\"") +
                  "\n");
}

// Silence would leave it open whether it was promoted.
std::string ByHand::promote(const MemberPromote& operation) const {
  return on_voter(identifier_at(operation.peer_url(), true) +
                  "[ -n \"$id\" ] || echo 'No learner is there: it is a voter already, or was not added.'\n" +
                  "[ -z \"$id\" ] || " + etcdctl("member promote \"$id\"") + "\n");
}

std::string ByHand::ssh(const std::string& node, const std::string& script) const {
  const MemberSpec* member = find_member_spec(spec_, node);
  if (member == nullptr) return "ssh " + word(node) + " " + word(words({"sh", "-c", script}));
  SshSettings settings = spec_.spec().ssh();
  settings.MergeFrom(member->ssh());
  std::string line = "ssh ";
  if (settings.has_port()) line += "-p " + std::to_string(settings.port()) + " ";
  // As options, in which ssh itself expands a tilde.
  if (!settings.identity_file().empty()) line += "-o " + word("IdentityFile=" + settings.identity_file()) + " ";
  if (!settings.known_hosts_file().empty()) line += "-o " + word("UserKnownHostsFile=" + settings.known_hosts_file()) + " ";
  if (!settings.proxy_jump().empty()) line += "-J " + word(settings.proxy_jump()) + " ";
  if (!settings.user().empty()) line += "-l " + word(settings.user()) + " ";
  std::vector<std::string> remote = {"sh", "-c", script};
  if (settings.sudo()) remote.insert(remote.begin(), {"sudo", "-n", "--"});
  return line + word(member->host()) + " " + word(words(remote));
}

std::string ByHand::put_snapshot(const PutSnapshot& operation) const {
  const std::string part = word(beside(operation.path()));
  std::string whole =
      operation.bytes() == 0 ? "" : "[ \"$(stat -c %s " + part + ")\" = " + std::to_string(operation.bytes()) + " ] && ";
  if (!operation.sha256().empty()) {
    // One that was streamed ends with its digest.
    const std::uint64_t hashed = operation.bytes() - (operation.without_trailer() ? 0 : sha256_bytes);
    whole += "[ \"$(head -c " + std::to_string(hashed) + " " + part + " | sha256sum | cut -d' ' -f1)\" = " + operation.sha256() +
             " ] && ";
  }
  const std::string take = "umask 077; mkdir -p -- " + word(folder_of(operation.path())) + " && cat >" + part + " && " + whole +
                           "mv -f -- " + part + " " + word(operation.path());
  return workstation + ssh(operation.node(), take) + " <" + word(operation.source()) + "\n";
}

// `to`: as the shell reads it. A snapshot has the cluster's secrets.
std::string ByHand::bring_here(const std::string& node, const std::string& path, const std::string& to) const {
  return workstation +
         ("(umask 077; " + ssh(node, "cat -- " + word(path)) + " >" + to + ".part && mv -f -- " + to + ".part " + to + ")\n");
}

std::string ByHand::fetch_snapshot(const FetchSnapshot& operation) const {
  return workstation + ("mkdir -p -- " + word(folder_of(operation.target())) + "\n") +
         bring_here(operation.node(), operation.path(), word(operation.target()));
}

std::string ByHand::save_served_here(const std::string& node, const std::string& to) const {
  // Where etcd's container sees it too: on many nodes etcdctl is there alone. One endpoint is all that it takes.
  const auto found = data_directories_.find(node);
  const std::string saved = (found == data_directories_.end() ? "/var/lib/etcd" : found->second) + "/.quorate-by-hand.db";
  return on_node(node, "ETCDCTL_API=3 " + etcdctl_at("https://127.0.0.1:2379", "snapshot save " + word(saved)) + "\n") +
         bring_here(node, saved, to) + on_node(node, "rm -f -- " + word(saved) + "\n");
}

std::string ByHand::save_backup(const SaveBackup& operation) const {
  const std::string begin = operation.directory() + "/" + operation.cluster() + "-" + operation.cluster_id() + "-";
  return workstation + ("mkdir -p -- " + word(operation.directory()) + "\n") + "backup=" + word(begin) +
         "$(date -u +%Y%m%dT%H%M%SZ).db\n" + save_served_here(operation.node(), "\"$backup\"");
}

// etcdctl takes off every alarm that there is: another one is shown, and stays.
std::string ByHand::disarm(const Disarm& operation) const {
  return on_voter("if [ -z \"$(" + etcdctl("alarm list") + " | grep -v " + word("alarm:" + operation.alarm()) + ")\" ]; then\n" +
                  etcdctl("alarm disarm") + "\nelse\n" + etcdctl("alarm list") + "\nfi\n");
}

std::string ByHand::check_store(const CheckStore& operation) const {
  if (!operation.snapshot().empty()) {
    return workstation + ("ETCDCTL_API=3 etcdctl snapshot status -w table " + word(operation.snapshot()) + "\n") +
           on_voter(etcdctl("endpoint hashkv") + "\n# the same on each endpoint\n");
  }
  const std::string revision = std::to_string(operation.revision());
  // 3.4's has no --count-only; the count is of all, whatever the limit.
  return on_voter(etcdctl("get '' --prefix --keys-only --limit=1 --write-out=fields --rev=" + revision) +
                  "\n# Count: " + std::to_string(operation.keys()) + "\n" + etcdctl("endpoint hashkv --rev=" + revision) +
                  "\n# the same on each endpoint\n");
}

std::string ByHand::commands(const Step& step) const {
  std::string text = "\n" + comment(step.id() + ". " + step.title());
  for (const Fact& fact : step.guards()) text += comment("needs: " + text_of(fact));
  for (const Operation& operation : step.operations()) text += commands(operation);
  for (const Fact& fact : step.checks()) text += comment("check: " + text_of(fact));
  return text;
}

std::string ByHand::commands(const Operation& operation) const {
  switch (operation.kind_case()) {
    case Operation::kRunCommand: {
      const auto& arguments = operation.run_command().arguments();
      return on_node(operation.run_command().node(), words({arguments.begin(), arguments.end()}) + "\n");
    }
    case Operation::kPutFile: return on_node(operation.put_file().node(), put(operation.put_file()));
    case Operation::kMovePath: return on_node(operation.move_path().node(), move(operation.move_path()));
    case Operation::kMoveEntries: return on_node(operation.move_entries().node(), move_entries(operation.move_entries()));
    case Operation::kMemberAdd: return add(operation.member_add());
    case Operation::kMemberRemove: return remove(operation.member_remove());
    case Operation::kMemberPromote: return promote(operation.member_promote());
    case Operation::kMemberUpdate:
      return on_voter(etcdctl("member update " + word(operation.member_update().member_id()) +
                              " --peer-urls=" + word(operation.member_update().peer_url())) +
                      "\n");
    // etcdctl finds the leader among the endpoints by itself.
    case Operation::kLeaderMove: return on_voter(etcdctl("move-leader " + word(operation.leader_move().to_member_id())) + "\n");
    case Operation::kCopyAuthority: return copy(operation.copy_authority());
    case Operation::kIssueCertificate: return issue(operation.issue_certificate());
    case Operation::kRemoveContainers: return on_node(operation.remove_containers().node(), remove_containers());
    case Operation::kStreamSnapshot:
      return workstation + ("mkdir -p -- " + word(folder_of(operation.stream_snapshot().path())) + "\n") +
             save_served_here(operation.stream_snapshot().node(), word(operation.stream_snapshot().path()));
    case Operation::kSaveBackup: return save_backup(operation.save_backup());
    case Operation::kPutSnapshot: return put_snapshot(operation.put_snapshot());
    case Operation::kRestoreSnapshot: return on_node(operation.restore_snapshot().node(), restore(operation.restore_snapshot()));
    case Operation::kServeRestored: return on_node(operation.serve_restored().node(), serve_restored(operation.serve_restored()));
    case Operation::kSaveServed: return on_node(operation.save_served().node(), save_served(operation.save_served()));
    case Operation::kForceAlone: return on_node(operation.force_alone().node(), force_alone(operation.force_alone()));
    case Operation::kSnapshotData: return on_node(operation.snapshot_data().node(), snapshot_data(operation.snapshot_data()));
    case Operation::kFetchSnapshot: return fetch_snapshot(operation.fetch_snapshot());
    case Operation::kCheckStore: return check_store(operation.check_store());
    case Operation::kCompact:
      return on_voter("revision=$(" + etcdctl("endpoint status -w json") +
                      " | grep -o '\"revision\":[0-9]*' | cut -d: -f2 | sort -n | tail -n 1)\n" +
                      etcdctl("compact --physical --command-timeout=15m \"$revision\"") + "\n");
    case Operation::kDefragmentStore:
      return on_node(operation.defragment_store().node(),
                     etcdctl_at("https://127.0.0.1:2379", "defrag --command-timeout=15m") + "\n");
    case Operation::kDisarm: return disarm(operation.disarm());
    case Operation::kDeletePrefix:
      return on_node(operation.delete_prefix().node(), etcdctl("del --prefix " + word(operation.delete_prefix().prefix())) + "\n");
    case Operation::kMakeAuthority: return make_authority(operation.make_authority());
    case Operation::kWriteAuthorities: return write_authorities(operation.write_authorities());
    case Operation::kKubeadmPreflight: return "# kubeadm's own checks come once more, in its join\n";
    case Operation::kKubeadmJoin: return join_by_kubeadm(operation.kubeadm_join());
    case Operation::KIND_NOT_SET: break;
  }
  return "";
}

}  // namespace quorate::cli
