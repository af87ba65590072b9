// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/model_world.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "plans/plan.h"

namespace quorate::test {

class ModelWorld::ModelNode : public node::Node {
 public:
  ModelNode(ModelWorld& world, std::string name) : world_(world), name_(std::move(name)) {}

  node::LeaseResult take_lease(const RunRecord& record, const node::Claim& claim, node::Deadline /*deadline*/) override {
    node::LeaseResult result;
    const Outcome outcome = world_.change([&](ClusterModel& model) {
      std::optional<RunRecord>& held = model.cluster().node(name_).run;
      if (held) result.holder = *held;
      const bool own = held && held->run_id() == record.run_id();
      const bool seen =
          held && std::find(claim.seen_runs.begin(), claim.seen_runs.end(), run_of_lease(held->run_id())) != claim.seen_runs.end();
      result.kind = !held || own || seen ? node::LeaseResult::Kind::taken : node::LeaseResult::Kind::held;
      if (result.kind != node::LeaseResult::Kind::taken) return;
      held = record;
      held->set_lease_age_seconds(240);
    });
    if (!outcome.is_done()) result.kind = node::LeaseResult::Kind::failed;
    return result;
  }
  Outcome renew_lease(const node::Lease& lease, node::Deadline /*deadline*/) override {
    const std::lock_guard lock(world_.mutex_);
    return holds(lease.run_id) ? Outcome::done() : Outcome::not_done("the lease is another's");
  }
  Outcome release_lease(const node::Lease& lease, const node::RunEnded& ended, node::Deadline /*deadline*/) override {
    return world_.change([&](ClusterModel& model) {
      if (!holds(lease.run_id)) return;
      model.cluster().node(name_).run.reset();
      if (ended.begun_as.empty()) return;
      EndedRun& run = model.cluster().node(name_).ended_runs.emplace_back();
      run.set_begun_as(ended.begun_as);
      run.set_undone(ended.undone);
    });
  }
  Outcome run_command(const node::Lease& lease, const std::vector<std::string>& arguments, node::Deadline /*deadline*/) override {
    Operation operation;
    for (const std::string& word : arguments) operation.mutable_run_command()->add_arguments(word);
    operation.mutable_run_command()->set_node(name_);
    return world_.change(lease.run_id, name_, operation);
  }
  Outcome put_file(const node::Lease& lease, const PutFile& file, node::Deadline /*deadline*/) override {
    return pass(lease, &Operation::mutable_put_file, file);
  }
  Outcome put_snapshot(const node::Lease& lease, const PutSnapshot& snapshot, node::Deadline /*deadline*/) override {
    return pass(lease, &Operation::mutable_put_snapshot, snapshot);
  }
  Outcome restore_snapshot(const node::Lease& lease, const RestoreSnapshot& restore, node::Deadline /*deadline*/) override {
    return pass(lease, &Operation::mutable_restore_snapshot, restore);
  }
  Outcome move_path(const node::Lease& lease, const MovePath& move, node::Deadline /*deadline*/) override {
    return pass(lease, &Operation::mutable_move_path, move);
  }
  Outcome move_entries(const node::Lease& lease, const MoveEntries& move, node::Deadline /*deadline*/) override {
    return pass(lease, &Operation::mutable_move_entries, move);
  }
  Outcome remove_exited_containers(const node::Lease& lease, node::Deadline /*deadline*/) override {
    Operation operation;
    operation.mutable_remove_containers()->set_node(name_);
    return world_.change(lease.run_id, name_, operation);
  }

  // What no plan of the tests asks for.
  Outcome kubeadm_reset(const node::Lease& /*lease*/, const std::string& /*folder*/, const std::string& /*cri_socket*/,
                        node::Deadline /*deadline*/) override {
    return not_modelled();
  }
  Outcome kubeadm_invite(const node::Lease& /*lease*/, const Invite& /*invite*/, node::Invitation& /*invitation*/,
                         node::Deadline /*deadline*/) override {
    return not_modelled();
  }
  Outcome kubeadm_join(const node::Lease& /*lease*/, const std::string& /*folder*/, const Secret& /*configuration*/,
                       node::Deadline /*deadline*/) override {
    return not_modelled();
  }
  absl::StatusOr<node::Probe> probe(node::Deadline /*deadline*/) override { return unavailable("a model is not probed"); }
  Outcome expire_lease(const std::string& /*run_id*/, node::Deadline /*deadline*/) override { return not_modelled(); }
  Outcome put_secret_file(const node::Lease& /*lease*/, const std::string& /*path*/, const Secret& /*content*/,
                          const std::string& /*mode*/, node::Deadline /*deadline*/) override {
    return not_modelled();
  }
  Outcome put_certificate(const node::Lease& /*lease*/, const CertificateFiles& /*files*/, node::Deadline /*deadline*/) override {
    return not_modelled();
  }
  Outcome snapshot_data(const node::Lease& /*lease*/, const SnapshotData& /*data*/, node::Deadline /*deadline*/) override {
    return not_modelled();
  }
  Outcome force_alone(const node::Lease& /*lease*/, const ForceAlone& /*force*/, node::Deadline /*deadline*/) override {
    return not_modelled();
  }
  Outcome save_served(const node::Lease& /*lease*/, const SaveServed& /*save*/, node::Deadline /*deadline*/) override {
    return not_modelled();
  }
  Outcome serve_restored(const node::Lease& /*lease*/, const ServeRestored& /*serve*/, node::Deadline /*deadline*/) override {
    return not_modelled();
  }
  absl::Status read_file(const std::string& /*path*/, const ssh::OutputSink& /*sink*/, node::Deadline /*deadline*/) override {
    return unavailable("a model has no files");
  }
  absl::StatusOr<node::Authority> read_authority(const std::string& /*directory*/, node::Deadline /*deadline*/) override {
    return unavailable("a model has no keys");
  }

 private:
  template <typename Record>
  Outcome pass(const node::Lease& lease, Record* (Operation::*part)(), const Record& record) {
    Operation operation;
    *(operation.*part)() = record;
    return world_.change(lease.run_id, name_, operation);
  }
  static Outcome not_modelled() { return Outcome::not_done("not modelled"); }
  [[nodiscard]] bool holds(const std::string& run_id) const {
    const std::optional<RunRecord>& held = world_.model_.cluster().node(name_).run;
    return held && held->run_id() == run_id;
  }

  ModelWorld& world_;
  std::string name_;
};

class ModelWorld::ModelClient : public etcd::Client {
 public:
  ModelClient(ModelWorld& world, std::string name) : world_(world), name_(std::move(name)) {}

  absl::StatusOr<EndpointStatus> status(etcd::Deadline /*deadline*/) override { return endpoint().status(); }
  absl::StatusOr<MemberList> member_list(etcd::Consistency /*consistency*/, etcd::Deadline /*deadline*/) override {
    return endpoint().member_list();
  }
  // As the script's snapshot has them. Asked of every member it is how the engine compares a store.
  absl::StatusOr<etcd::StoreHash> hash_of_store(std::int64_t /*revision*/, etcd::Deadline /*deadline*/) override {
    Operation operation;
    operation.mutable_check_store()->add_nodes(name_);
    const Outcome compared = world_.change("", "", operation);
    if (!compared.is_done()) return unavailable(compared.detail);
    return etcd::StoreHash{77, 0};
  }
  absl::StatusOr<std::uint64_t> count_keys(std::int64_t /*revision*/, etcd::Deadline /*deadline*/) override { return 20417U; }

  Outcome add_learner(const std::string& peer_url, etcd::Deadline /*deadline*/) override {
    Operation operation;
    operation.mutable_member_add()->set_peer_url(peer_url);
    return is_listed(peer_url) ? Outcome::done() : world_.change("", "", operation);
  }
  Outcome remove_member(const std::string& member_id, etcd::Deadline /*deadline*/) override {
    Operation operation;
    operation.mutable_member_remove()->set_member_id(member_id);
    return has_member(member_id) ? world_.change("", "", operation) : Outcome::done();
  }
  Outcome promote_member(const std::string& member_id, etcd::Deadline /*deadline*/) override {
    Operation operation;
    const EtcdEndpoint here = endpoint();
    for (const Member& member : here.member_list().members()) {
      if (member.id() == member_id) operation.mutable_member_promote()->set_peer_url(member.peer_urls(0));
    }
    return world_.change("", "", operation);
  }
  Outcome update_member(const std::string& member_id, const std::string& peer_url, etcd::Deadline /*deadline*/) override {
    Operation operation;
    operation.mutable_member_update()->set_member_id(member_id);
    operation.mutable_member_update()->set_peer_url(peer_url);
    return world_.change("", "", operation);
  }
  Outcome move_leader(const std::string& to_member_id, etcd::Deadline /*deadline*/) override {
    Operation operation;
    operation.mutable_leader_move()->set_to_member_id(to_member_id);
    return world_.change("", "", operation);
  }
  Outcome delete_prefix(const std::string& prefix, etcd::Deadline /*deadline*/) override {
    Operation operation;
    operation.mutable_delete_prefix()->set_prefix(prefix);
    return world_.change("", "", operation);
  }
  Outcome compact(etcd::Deadline /*deadline*/) override {
    Operation operation;
    operation.mutable_compact();
    return world_.change("", "", operation);
  }
  Outcome defragment(etcd::Deadline /*deadline*/) override {
    Operation operation;
    operation.mutable_defragment_store()->set_node(name_);
    return world_.change("", "", operation);
  }
  Outcome disarm(const std::string& alarm, etcd::Deadline /*deadline*/) override {
    Operation operation;
    operation.mutable_disarm()->set_alarm(alarm);
    return world_.change("", "", operation);
  }
  absl::Status snapshot(const etcd::SnapshotPart& /*part*/, std::chrono::milliseconds /*stall*/,
                        const std::function<bool()>& /*stop*/) override {
    return unavailable("a model has no store");
  }

 private:
  [[nodiscard]] EtcdEndpoint endpoint() const {
    const Observation seen = world_.observe();
    for (const NodeObservation& node : seen.nodes()) {
      if (node.name() == name_) return node.endpoint();
    }
    return {};
  }
  [[nodiscard]] bool has_member(const std::string& member_id) const {
    const EtcdEndpoint here = endpoint();
    const auto& members = here.member_list().members();
    return std::any_of(members.begin(), members.end(), [&](const Member& member) { return member.id() == member_id; });
  }
  [[nodiscard]] bool is_listed(const std::string& peer_url) const {
    const EtcdEndpoint here = endpoint();
    const auto& members = here.member_list().members();
    return std::any_of(members.begin(), members.end(),
                       [&](const Member& member) { return member.learner() && member.peer_urls(0) == peer_url; });
  }

  ModelWorld& world_;
  std::string name_;
};

ModelWorld::ModelWorld(ScriptedCluster cluster) : model_(std::move(cluster)) {
  for (const ScriptedNode& node : model_.cluster().nodes) {
    nodes_[node.name] = std::make_shared<ModelNode>(*this, node.name);
    clients_[node.name] = std::make_unique<ModelClient>(*this, node.name);
  }
}

ModelWorld::~ModelWorld() = default;

Observation ModelWorld::observe() {
  const std::lock_guard lock(mutex_);
  model_.settle();
  return model_.cluster().observe();
}

std::shared_ptr<node::Node> ModelWorld::node(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (model_.cluster().node(name).ssh != SshState::REACHABLE) return nullptr;
  return nodes_.at(name);
}

etcd::Client* ModelWorld::client(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const ScriptedNode& node = model_.cluster().node(name);
  const bool serves = node.ssh == SshState::REACHABLE && model_.cluster().active_member(node) != nullptr;
  return serves ? clients_.at(name).get() : nullptr;
}

void ModelWorld::die_at(unsigned change, bool after) {
  const std::lock_guard lock(mutex_);
  changes_ = 0;
  die_at_ = change;
  die_after_ = after;
  dead_ = false;
}

unsigned ModelWorld::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

std::string ModelWorld::forbidden() const {
  const std::lock_guard lock(mutex_);
  return forbidden_;
}

ScriptedCluster ModelWorld::cluster() const {
  const std::lock_guard lock(mutex_);
  return model_.cluster();
}

// Once it is dead nothing that still runs in its threads reaches anything.
Outcome ModelWorld::change(const std::function<void(ClusterModel&)>& act) {
  const std::lock_guard lock(mutex_);
  if (dead_) throw Died();
  ++changes_;
  dead_ = changes_ == die_at_;
  if (dead_ && !die_after_) throw Died();
  try {
    act(model_);
  } catch (const std::runtime_error& error) {
    if (forbidden_.empty()) forbidden_ = error.what();
    return Outcome::not_done(error.what());
  }
  if (dead_) throw Died();
  return Outcome::done();
}

Outcome ModelWorld::change(const std::string& run_id, const std::string& node, const Operation& operation) {
  const std::lock_guard lock(mutex_);
  if (!node.empty()) {
    const std::optional<RunRecord>& held = model_.cluster().node(node).run;
    if (!held || held->run_id() != run_id) return Outcome::not_done("the lease is another's");
  }
  return change([&](ClusterModel& model) { model.apply(operation); });
}

}  // namespace quorate::test
