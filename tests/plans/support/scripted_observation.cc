// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/lookup.h"
#include "plans/stores.h"
#include "schemas/digest.h"
#include "tests/plans/support/scripted_cluster.h"

namespace quorate {
namespace {

constexpr const char* pki = "/etc/kubernetes/pki/etcd";

MemberList listed(const ScriptedCluster& cluster) {
  MemberList list;
  std::vector<ScriptedMember> members = cluster.members;
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (const ScriptedMember& member : members) {
    Member& each = *list.add_members();
    each.set_id(member.id);
    each.set_name(member.name);
    each.add_peer_urls(member.peer_url);
    for (const std::string& url : member.more_peer_urls) each.add_peer_urls(url);
    if (!member.name.empty()) each.add_client_urls(member.peer_url.substr(0, member.peer_url.size() - 4) + "2379");
    each.set_learner(member.learner);
  }
  return list;
}

void fill_status(const ScriptedCluster& cluster, const ScriptedMember& member, EtcdEndpoint& endpoint) {
  endpoint.set_answers(true);
  endpoint.set_port_open(true);
  EndpointStatus& status = *endpoint.mutable_status();
  status.set_cluster_id(cluster.cluster_id);
  status.set_member_id(member.id);
  status.set_version("3.4.13");
  if (cluster.has_leader()) status.set_leader_id(cluster.leader_id);
  if (!cluster.has_leader()) status.add_errors("etcdserver: no leader");
  status.set_learner(member.learner);
  status.set_raft_term(7);
  status.set_raft_index(cluster.raft_index);
  status.set_raft_applied_index(cluster.raft_index);
  status.set_revision(61544);
  status.set_database_bytes(36'700'160);
  // A learner answers no member list (etcd-facts 1.3).
  if (!member.learner) *endpoint.mutable_member_list() = listed(cluster);
}

void fill_stray(const ScriptedNode& node, EtcdEndpoint& endpoint) {
  endpoint.set_answers(true);
  endpoint.set_port_open(true);
  EndpointStatus& status = *endpoint.mutable_status();
  status.set_cluster_id(node.data.cluster_id);
  status.set_member_id(node.data.member_id);
  status.set_leader_id(node.data.member_id);
  status.set_version("3.4.13");
  status.set_raft_term(2);
  status.set_raft_index(4);
  status.set_raft_applied_index(4);
  status.set_revision(1);
  Member& self = *endpoint.mutable_member_list()->add_members();
  self.set_id(node.data.member_id);
  self.set_name(node.name);
  self.add_peer_urls("https://" + node.address + ":2380");
  for (int i = 1; i < node.stray_members; ++i) {
    endpoint.mutable_member_list()->add_members()->set_id(scripted_id("elsewhere " + std::to_string(i)));
  }
}

// As they are asked for: of every voter on a node that answers, where stores are in doubt.
void fill_hashes(const ScriptedCluster& cluster, Observation& observation) {
  if (!are_stores_in_doubt(observation)) return;
  for (NodeObservation& node : *observation.mutable_nodes()) {
    EtcdEndpoint& endpoint = *node.mutable_endpoint();
    if (!endpoint.has_status() || endpoint.status().learner()) continue;
    const auto told = std::find_if(cluster.nodes.begin(), cluster.nodes.end(),
                                   [&](const ScriptedNode& scripted) { return scripted.name == node.name(); });
    // What a neighbour tells of it is its status alone.
    if (told->ssh != SshState::REACHABLE) continue;
    endpoint.mutable_store_hash()->set_revision(endpoint.status().revision());
    endpoint.mutable_store_hash()->set_compact_revision(61000);
    endpoint.mutable_store_hash()->set_hash(told->hash);
  }
}

void fill_endpoint(const ScriptedCluster& cluster, const ScriptedNode& node, EtcdEndpoint& endpoint) {
  endpoint.set_url("https://" + node.address + ":2379");
  endpoint.set_via(node.ssh == SshState::REACHABLE ? node.name : cluster.nodes.front().name);
  if (node.etcd == Running::stray) {
    fill_stray(node, endpoint);
  } else if (const ScriptedMember* member = cluster.active_member(node); member != nullptr && !node.waits_for_quorum) {
    fill_status(cluster, *member, endpoint);
  } else if (node.unheard && node.etcd == Running::up) {
    fill_status(cluster, {.id = node.data.member_id, .name = node.name, .peer_url = ""}, endpoint);
    endpoint.mutable_status()->clear_leader_id();
    endpoint.clear_member_list();
  } else {
    endpoint.set_answers(false);
    endpoint.set_port_open(node.port_open || node.etcd == Running::starting);
    endpoint.set_problem(node.ssh == SshState::REACHABLE ? "connection refused" : "no route to host");
  }
  if (!endpoint.has_status()) return;
  for (const std::string& error : node.errors) endpoint.mutable_status()->add_errors(error);
  endpoint.mutable_status()->set_database_bytes_in_use(node.in_use);
  if (endpoint.status().database_bytes() > 0) endpoint.mutable_status()->set_database_bytes(node.database);
}

void fill_manifests(const ScriptedNode& node, NodeFacts& facts) {
  const auto fill = [](const std::string& path, const std::string& content, Manifest& manifest) {
    manifest.set_path(path);
    manifest.set_content(content);
    manifest.set_owner("0:0");
    manifest.set_mode("600");
    manifest.set_sha256(sha256_hex(content));
    if (content.find("kind: Pod") == std::string::npos) manifest.set_problem("yaml: line 3: mapping values are not allowed here");
  };
  facts.set_manifest_directory(manifest_folder);
  for (const auto& [path, content] : node.manifests) fill(path, content, *facts.add_manifests());
  for (const auto& [path, content] : node.spare_manifests) fill(path, content, *facts.add_spare_manifests());
  for (const std::string& name : node.other_manifests) facts.add_other_manifest_names(name);
  const auto& others = node.other_manifests;
  const bool api_server = node.api_server && std::find(others.begin(), others.end(), "kube-apiserver.yaml") != others.end();
  facts.set_api_server_manifest_present(api_server);
  if (api_server && node.etcd == Running::up && !node.waits_for_quorum) facts.set_api_server_ready(node.api_server_ready);
}

void fill_processes(const ScriptedNode& node, NodeFacts& facts) {
  const bool runs = node.etcd == Running::up || node.etcd == Running::starting || node.etcd == Running::stray;
  if (runs || node.etcd == Running::failing) {
    Container& container = *facts.add_containers();
    container.set_id("3f4e1a");
    container.set_state(runs ? "CONTAINER_RUNNING" : "CONTAINER_EXITED");
    container.set_image(scripted_image);
    container.set_attempt(runs ? 0 : 7);
    for (const std::string& line : node.log) container.add_log_tail(line);
  }
  if (!node.older_log.empty()) {
    Container& older = *facts.add_containers();
    older.set_id("2d3c0f");
    older.set_state("CONTAINER_EXITED");
    older.set_image(scripted_image);
    for (const std::string& line : node.older_log) older.add_log_tail(line);
  }
  if (!runs) return;
  EtcdProcess& process = *facts.add_processes();
  process.set_pid(2241);
  if (const std::optional<StaticPod> pod = current_pod(facts)) {
    for (const std::string& word : pod->command) process.add_arguments(word);
  }
  if (!node.runs_with.empty()) process.add_arguments("--" + node.runs_with);
  for (const std::uint32_t port : {2379U, 2380U, 2381U}) {
    Listener& listener = *facts.add_listeners();
    listener.set_address(port == 2381 ? "127.0.0.1" : node.address);
    listener.set_port(port);
  }
}

void fill_data(const ScriptedNode& node, NodeFacts& facts) {
  DataDirectory& data = *facts.mutable_data_directory();
  data.set_path("/var/lib/etcd");
  data.set_exists(true);
  data.set_owner(node.data.owner);
  data.set_mode("700");
  data.set_free_bytes(node.data.free_bytes);
  for (const DiskUse& use : node.data.largest) *data.add_largest() = use;
  for (const std::string& entry : node.data.entries) data.add_entries(entry);
  data.set_initialised(node.data.initialised);
  if (!node.data.initialised) return;
  if (!node.data.member_id.empty()) data.set_member_id(node.data.member_id);
  data.set_cluster_id(node.data.cluster_id);
  data.set_newest_wal("0000000000000008-0000000000014000.wal");
  data.set_newest_snapshot("0000000000000007-0000000000011171.snap");
  data.set_member_owner(node.data.owner);
  data.set_used_bytes(300'000'000);
  if (node.data.log_end) *data.mutable_log_end() = *node.data.log_end;
  data.set_held(node.etcd == Running::up || node.etcd == Running::stray);
}

std::string fingerprint_of(const ScriptedNode& node, const std::string& file, const ScriptedCertificate& made) {
  const std::string times = made.issued == 0 ? "" : " " + std::to_string(made.issued);
  return sha256_hex(node.name + file + std::to_string(made.not_after) + times);
}

void describe_authority(const std::string& authority, Certificate& record) {
  record.set_present(true);
  record.set_fingerprint(sha256_hex(authority));
  record.set_subject(authority_name(authority));
  record.set_not_after_seconds(scripted_expiry + 9 * 365 * 86400);
}

void fill_authorities(const ScriptedNode& node, NodeFacts& facts) {
  for (const std::string& another : node.more_authorities) describe_authority(another, *facts.add_more_authorities());
  if (node.next_authority.empty()) return;
  describe_authority(node.next_authority, *facts.mutable_next_authority());
  facts.mutable_next_authority()->set_path("/var/lib/quorate/authority/ca.crt");
  facts.mutable_next_authority()->set_key_matches(true);
}

bool is_signed(const ScriptedNode& node, const ScriptedCertificate& certificate) {
  const std::vector<std::string> all = authorities_of(node);
  return certificate.signed_by_authority &&
         (certificate.issuer.empty() || std::find(all.begin(), all.end(), certificate.issuer) != all.end());
}

void fill_certificates(const ScriptedNode& node, NodeFacts& facts) {
  facts.set_pki_directory(pki);
  facts.set_authority_key_present(has_key_of_authority(node));
  Certificate& authority = *facts.add_certificates();
  authority.set_path(std::string(pki) + "/ca.crt");
  authority.set_present(!node.authority.empty());
  if (!node.authority.empty() && node.authority_key) authority.set_key_mode("600");
  if (!node.authority.empty()) describe_authority(node.authority, authority);
  fill_authorities(node, facts);
  for (const auto& [file, made] : node.certificates) {
    Certificate& certificate = *facts.add_certificates();
    certificate.set_path((file == "apiserver-etcd-client.crt" ? "/etc/kubernetes/pki/" : std::string(pki) + "/") + file);
    certificate.set_present(made.present);
    if (!made.present) continue;
    certificate.set_subject(node.name);
    const bool is_served = file == "server.crt" || file == "peer.crt";
    for (const std::string& san : made.sans) certificate.add_sans(san);
    if (is_served && made.sans.empty()) {
      for (const std::string& name : {"DNS:" + node.name, std::string("DNS:localhost"), "IP:" + node.address})
        certificate.add_sans(name);
    }
    for (const std::string& name : made.more_names) certificate.add_sans(name);
    certificate.set_not_after_seconds(made.not_after);
    certificate.set_fingerprint(fingerprint_of(node, file, made));
    certificate.set_key_mode(made.key_mode);
    for (const std::string& usage : made.usages) certificate.add_usages(usage);
    certificate.set_key_matches(made.key_matches);
    certificate.set_signed_by_authority(is_signed(node, made));
    certificate.set_issuer(authority_name(made.issuer.empty() ? node.authority : made.issuer));
  }
  for (const auto& [path, made] : node.control_plane_certificates) {
    Certificate& certificate = *facts.add_certificates();
    certificate.set_path(path);
    certificate.set_present(true);
    certificate.set_not_after_seconds(made.not_after);
    certificate.set_fingerprint(fingerprint_of(node, path, made));
  }
}

void forget_facts(const ScriptedNode& node, NodeFacts& facts) {
  const std::string of_data = "data_directory.";
  for (const auto& [name, reason] : node.unknowns) {
    const bool inside = name.rfind(of_data, 0) == 0;
    google::protobuf::Message& message = inside ? static_cast<google::protobuf::Message&>(*facts.mutable_data_directory()) : facts;
    const std::string field = inside ? name.substr(of_data.size()) : name;
    message.GetReflection()->ClearField(&message, message.GetDescriptor()->FindFieldByName(field));
    Unknown& unknown = inside ? *facts.mutable_data_directory()->add_unknowns() : *facts.add_unknowns();
    unknown.set_fact(field);
    unknown.set_reason(reason);
  }
}

void fill_facts(const ScriptedNode& node, NodeFacts& facts) {
  facts.set_hostname(node.name);
  facts.add_addresses(node.address);
  for (const std::string& another : node.more_addresses) facts.add_addresses(another);
  facts.set_clock_skew_milliseconds(node.clock_skew_milliseconds);
  facts.mutable_kubelet()->set_active_state(node.kubelet);
  if (!node.kubelet_error.empty()) facts.mutable_kubelet()->add_last_errors(node.kubelet_error);
  facts.mutable_kubelet()->set_version("v1.20.2");
  fill_manifests(node, facts);
  fill_processes(node, facts);
  fill_data(node, facts);
  fill_certificates(node, facts);
  if (!node.image.empty()) facts.add_images(node.image);
  Tool& tool = *facts.add_tools();
  tool.set_name("crictl");
  tool.set_path("/usr/bin/crictl");
  if (node.has_ctr) facts.add_tools()->set_name("ctr");
  if (!node.kubeadm.empty()) {
    facts.add_tools()->set_name("kubectl");
    Tool& kubeadm = *facts.add_tools();
    kubeadm.set_name("kubeadm");
    kubeadm.set_version(node.kubeadm);
  }
  for (const std::string& mark : node.kubeadm_marks) facts.add_kubeadm_marks(mark);
  if (!node.restore_tool.name().empty()) *facts.add_tools() = node.restore_tool;
  for (const SetAside& folder : node.folders) *facts.add_set_asides() = folder;
  for (const std::string& path : node.parked) facts.add_parked_manifests(path);
  for (const std::string& cluster : node.tombstones) {
    facts.add_tombstones()->set_cluster_id(cluster);
    const auto reason = node.tombstone_reasons.find(cluster);
    const std::string usual = "given up by run 0c1d2e3f4a5b";
    facts.mutable_tombstones()->rbegin()->set_reason(reason == node.tombstone_reasons.end() ? usual : reason->second);
  }
  if (node.run) *facts.mutable_run() = *node.run;
  for (const EndedRun& run : node.ended_runs) *facts.add_ended_runs() = run;
  forget_facts(node, facts);
}

std::string ssh_detail(SshState::State state) {
  switch (state) {
    case SshState::UNREACHABLE: return "connect to port 22: no route to host";
    case SshState::HOST_KEY_CHANGED: return "the host key is another than the known one";
    case SshState::HOST_KEY_UNKNOWN: return "the host key is not known";
    case SshState::AUTHENTICATION_FAILED: return "no key is accepted";
    case SshState::PROBE_FAILED: return "the answer begins with a banner";
    case SshState::SETTINGS_REFUSED: return "ProxyCommand cannot be honoured";
    case SshState::SUDO_REFUSED: return "sudo: a password is required";
    default: return "";
  }
}

void fill_workstation(const ScriptedCluster& cluster, Certificate& record) {
  record.set_path(cluster.spec.spec().certificates().authority() + "/ca.crt");
  record.set_present(!cluster.workstation_authority.empty());
  if (!record.present()) return record.set_problem("it is not there");
  describe_authority(cluster.workstation_authority, record);
  record.set_key_matches(cluster.workstation_key);
  if (cluster.workstation_key) record.set_key_mode(cluster.workstation_key_mode);
}

}  // namespace

Observation ScriptedCluster::observe() const {
  Observation observation;
  if (!spec.spec().certificates().authority().empty()) fill_workstation(*this, *observation.mutable_authority());
  observation.set_cluster(spec.metadata().name());
  observation.set_taken_at_seconds(scripted_now);
  for (const ScriptedNode& each : nodes) {
    NodeObservation& seen = *observation.add_nodes();
    seen.set_name(each.name);
    seen.set_host(each.host);
    seen.mutable_ssh()->set_state(each.ssh);
    seen.mutable_ssh()->set_detail(ssh_detail(each.ssh));
    if (each.ssh == SshState::REACHABLE) fill_facts(each, *seen.mutable_facts());
    fill_endpoint(*this, each, *seen.mutable_endpoint());
    const auto shown = each.certificates.find("server.crt");
    if (!seen.endpoint().has_status() || shown == each.certificates.end()) continue;
    std::set<std::string> accepted = each.trusts;
    for (const std::string& authority : authorities_of(each)) {
      if (each.trusts.empty()) accepted.insert(authority_name(authority));
    }
    for (const std::string& name : accepted) seen.mutable_endpoint()->add_accepted_authorities(name);
    const std::string own = fingerprint_of(each, shown->first, shown->second);
    seen.mutable_endpoint()->mutable_served_certificate()->set_fingerprint(each.shows_other_certificate ? sha256_hex(own) : own);
  }
  for (const ScriptedMember& member : members) {
    if (!member.live_elsewhere && !member.port_open) continue;
    EtcdEndpoint& endpoint = *observation.add_other_endpoints();
    endpoint.set_url(member.peer_url.substr(0, member.peer_url.size() - 4) + "2379");
    endpoint.set_via(nodes.front().name);
    endpoint.set_answers(false);
    endpoint.set_port_open(true);
    if (member.live_elsewhere) fill_status(*this, member, endpoint);
  }
  fill_hashes(*this, observation);
  return observation;
}

}  // namespace quorate
