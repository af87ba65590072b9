// SPDX-License-Identifier: Apache-2.0
#include "tests/providers/etcd/parties.h"

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace quorate::test {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> first_voters = {"node1", "node2", "node3"};

etcd::Deadline soon() { return std::chrono::steady_clock::now() + 9s; }

void empty(ScriptedNode& node) {
  node.data.initialised = false;
  node.data.entries.clear();
  node.data.member_id.clear();
}

ScriptedCluster three_of_five() {
  ScriptedCluster cluster = healthy_cluster(party_nodes());
  for (ScriptedNode& node : cluster.nodes) {
    if (std::find(first_voters.begin(), first_voters.end(), node.name) != first_voters.end()) continue;
    std::erase_if(cluster.members, [&](const ScriptedMember& member) { return member.name == node.name; });
    empty(node);
    node.spare_manifests.swap(node.manifests);
    node.etcd = Running::stopped;
  }
  cluster.elect();
  return cluster;
}

}  // namespace

const std::vector<std::string>& party_nodes() {
  static const std::vector<std::string> all = {"node1", "node2", "node3", "node4", "node5"};
  return all;
}

bool Party::add(const std::string& name) {
  const std::optional<Member> there = listed(name);
  return add_learner(there ? there->peer_urls(0) : peer_urls(name).first);
}

bool Party::remove(const std::string& name) {
  const std::optional<Member> member = listed(name);
  return member && remove_member(member->id());
}

bool Party::promote(const std::string& name) {
  const std::optional<Member> member = listed(name);
  return member && promote_member(*member);
}

bool Party::update(const std::string& name) {
  const std::optional<Member> member = listed(name);
  return member && update_member(member->id(), peer_urls(name).not_this(member->peer_urls(0)));
}

bool Party::update_to_that_of(const std::string& name, const std::string& other) {
  const std::optional<Member> member = listed(name);
  const std::optional<Member> holder = listed(other);
  return member && holder && update_member(member->id(), holder->peer_urls(0));
}

bool Party::move_leader(const std::string& name) {
  const std::optional<Member> target = listed(name);
  return target && move_leader_to(target->id()) && leader_of(name) == target->id();
}

std::optional<Member> Party::listed(const std::string& name) {
  const PeerUrls urls = peer_urls(name);
  const MemberList members = list();
  for (const Member& member : members.members()) {
    if (urls.contain(member.peer_urls(0))) return member;
  }
  return std::nullopt;
}

bool Party::is_learner(const std::string& name) {
  const std::optional<Member> member = listed(name);
  return member && member->learner();
}

std::string Party::sight() {
  std::string text = "serving:";
  for (const std::string& name : party_nodes()) text += serves(name) ? " " + name : "";
  text += "; listed:";
  for (const std::string& name : party_nodes()) {
    const std::optional<Member> member = listed(name);
    if (!member) continue;
    text += " " + name + (member->peer_urls(0) == peer_urls(name).first ? "" : " at its other URL");
    text += member->learner() ? " (learner)" : "";
  }
  return text;
}

bool ClientParty::serves(const std::string& name) { return client(name)->status(soon()).ok(); }

MemberList ClientParty::list() {
  MemberList members;
  ask_voter([&](etcd::Client& client) {
    const auto listed = client.member_list(etcd::Consistency::serializable, soon());
    if (listed.ok()) members = *listed;
    return listed.ok();
  });
  return members;
}

std::string ClientParty::leader_of(const std::string& name) {
  const auto status = client(name)->status(soon());
  return status.ok() ? status->leader_id() : "";
}

bool ClientParty::add_learner(const std::string& url) {
  return ask_voter([&](etcd::Client& client) { return client.add_learner(url, soon()).is_done(); });
}

bool ClientParty::remove_member(const std::string& id) {
  return ask_voter([&](etcd::Client& client) { return client.remove_member(id, soon()).is_done(); });
}

bool ClientParty::promote_member(const Member& member) {
  return ask_voter([&](etcd::Client& client) { return client.promote_member(member.id(), soon()).is_done(); });
}

bool ClientParty::update_member(const std::string& id, const std::string& url) {
  return ask_voter([&](etcd::Client& client) { return client.update_member(id, url, soon()).is_done(); });
}

bool ClientParty::move_leader_to(const std::string& id) {
  return ask_leader([&](etcd::Client& client) { return client.move_leader(id, soon()).is_done(); });
}

bool ClientParty::ask_voter(const Question& question) {
  return ask(question, [](const EndpointStatus& status) { return !status.leader_id().empty(); });
}

bool ClientParty::ask_leader(const Question& question) {
  return ask(question, [](const EndpointStatus& status) { return status.leader_id() == status.member_id(); });
}

bool ClientParty::ask(const Question& question, const std::function<bool(const EndpointStatus&)>& is_preferred) {
  std::string asked;
  for (const std::string& name : party_nodes()) {
    const auto status = client(name)->status(soon());
    if (!status.ok() || status->learner()) continue;
    if (asked.empty() || is_preferred(*status)) asked = name;
    if (is_preferred(*status)) break;
  }
  return !asked.empty() && question(*client(asked));
}

RealParty::RealParty() : cluster_(first_voters) {}
void RealParty::stop(const std::string& name) { cluster_.stop(name); }
void RealParty::start(const std::string& name) { cluster_.start(name, list()); }
void RealParty::wipe(const std::string& name) { cluster_.wipe(name); }
void RealParty::wait(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }
PeerUrls RealParty::peer_urls(const std::string& name) { return {cluster_.peer_url(name), cluster_.other_peer_url(name)}; }
std::unique_ptr<etcd::Client> RealParty::client(const std::string& name) { return cluster_.client(name); }

FakeParty::FakeParty() : cluster_(first_voters) {}
void FakeParty::stop(const std::string& name) { cluster_.stop(name); }
void FakeParty::start(const std::string& name) { cluster_.start(name); }
void FakeParty::wipe(const std::string& name) { cluster_.wipe(name); }
void FakeParty::wait(std::chrono::milliseconds time) { cluster_.advance(time); }
PeerUrls FakeParty::peer_urls(const std::string& name) { return {FakeCluster::peer_url(name), "https://" + name + ":12380"}; }
std::unique_ptr<etcd::Client> FakeParty::client(const std::string& name) { return cluster_.client(name); }

ModelParty::ModelParty() : model_(three_of_five()) {}

void ModelParty::stop(const std::string& name) {
  ScriptedNode& node = model_.cluster().node(name);
  if (!node.manifests.empty()) node.spare_manifests.swap(node.manifests);
  node.manifests.clear();
  model_.settle();
}

void ModelParty::start(const std::string& name) {
  const ClusterModel before = model_;
  ScriptedNode& node = model_.cluster().node(name);
  if (node.manifests.empty()) node.manifests.swap(node.spare_manifests);
  node.log.clear();
  try {
    model_.settle();
  } catch (const std::runtime_error&) {
    model_ = before;
  }
}

void ModelParty::wipe(const std::string& name) {
  stop(name);
  ScriptedNode& node = model_.cluster().node(name);
  empty(node);
  node.log.clear();
}

// Whoever serves has done so for long.
void ModelParty::wait(std::chrono::milliseconds /*time*/) {}

bool ModelParty::serves(const std::string& name) {
  const ScriptedNode& node = model_.cluster().node(name);
  return model_.cluster().active_member(node) != nullptr && !node.waits_for_quorum;
}

bool ModelParty::has_forgotten(const std::string& name) {
  if (model_.cluster().node(name).data.initialised) return false;
  const PeerUrls urls = peer_urls(name);
  const auto& members = model_.cluster().members;
  return std::any_of(members.begin(), members.end(),
                     [&](const ScriptedMember& member) { return urls.contain(member.peer_url) && !member.name.empty(); });
}

PeerUrls ModelParty::peer_urls(const std::string& name) {
  const std::string host = "https://10.20.30.10" + name.substr(4);
  return {host + ":2380", host + ":12380"};
}

MemberList ModelParty::list() {
  MemberList list;
  bool is_served = false;
  for (const ScriptedMember& member : model_.cluster().members) {
    Member& listed = *list.add_members();
    listed.set_id(member.id);
    listed.add_peer_urls(member.peer_url);
    listed.set_learner(member.learner);
    is_served = is_served || (!member.learner && serves(member.name));
  }
  return is_served ? list : MemberList();
}

std::string ModelParty::leader_of(const std::string& /*name*/) { return model_.cluster().leader_id; }

bool ModelParty::add_learner(const std::string& url) {
  Operation operation;
  operation.mutable_member_add()->set_peer_url(url);
  return permits(operation, membership().answer_to_add_learner(url));
}

bool ModelParty::remove_member(const std::string& id) {
  Operation operation;
  operation.mutable_member_remove()->set_member_id(id);
  return permits(operation, membership().answer_to_remove(id));
}

bool ModelParty::promote_member(const Member& member) {
  Operation operation;
  operation.mutable_member_promote()->set_peer_url(member.peer_urls(0));
  return permits(operation, membership().answer_to_promote(member.id()));
}

bool ModelParty::update_member(const std::string& id, const std::string& url) {
  Operation operation;
  operation.mutable_member_update()->set_member_id(id);
  operation.mutable_member_update()->set_peer_url(url);
  return permits(operation, membership().answer_to_update(id, url));
}

bool ModelParty::move_leader_to(const std::string& id) {
  Operation operation;
  operation.mutable_leader_move()->set_to_member_id(id);
  return permits(operation, membership().answer_to_move_leader(id));
}

// To etcd what is so already is no error; the model has it that nobody plans it.
bool ModelParty::permits(const Operation& operation, const std::optional<Outcome>& without_change) {
  const ClusterModel before = model_;
  try {
    model_.apply(operation);
    return true;
  } catch (const std::runtime_error&) {
    model_ = before;
    return without_change && without_change->is_done();
  }
}

}  // namespace quorate::test
