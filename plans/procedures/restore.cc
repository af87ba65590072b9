// SPDX-License-Identifier: Apache-2.0
#include "plans/restore.h"

#include <algorithm>

#include "plans/procedures/procedures.h"
#include "plans/procedures/restore_nodes.h"
#include "plans/restore_tool.h"

namespace quorate {
namespace {

class Restoring {
 public:
  explicit Restoring(Draft& draft)
      : draft_(draft),
        restored_(nodes_named(draft.situation, restored_nodes(*draft.restore))),
        others_(nodes_named(draft.situation, {draft.restore->others().begin(), draft.restore->others().end()})),
        all_(restored_) {
    all_.insert(all_.end(), others_.begin(), others_.end());
    if (draft.restore->drill_node().empty() && serves_without_silent()) leave_silent_out();
    rest_ = those(restored_, [](const NodeSituation& node) { return !node.restore.in_place; });
  }

  void forward();
  void drill();

 private:
  [[nodiscard]] bool serves_without_silent() const;
  void leave_silent_out();
  bool can_go_on();
  bool can_save_anew();
  void bring_tools(const Nodes& beside, bool saves);
  void save();
  void prepare();
  void stop();
  void put_in_place();
  void start();
  void give_up();
  void start_control_plane(const Nodes& nodes, bool awaited);
  void join_other(const NodeSituation& node);
  [[nodiscard]] bool keeps() const { return keeps_cluster(*draft_.restore); }
  [[nodiscard]] bool stopped_for_copy(const NodeSituation& node) const {
    return saves_ && !keeps() && is_copied(*draft_.restore, node.name);
  }
  [[nodiscard]] bool lets_clients_in() const {
    return rest_.empty() && any(all_, [](const NodeSituation& node) { return node.restore.api_server_placed; });
  }

  Draft& draft_;
  Nodes restored_;
  Nodes others_;
  Nodes all_;
  bool saves_ = false;  // by a step of this plan
  Nodes rest_;          // of the restored ones, those that do not hold the restored data yet
};

bool Restoring::serves_without_silent() const {
  const auto& members = draft_.situation.members;
  const auto is_voter = [&](const NodeSituation& node) {
    return node.access == Access::silent || (node.member && members[*node.member].live && !members[*node.member].learner);
  };
  const auto serves = [](const NodeSituation& node) { return node.restore.serves && node.restore.in_place; };
  const auto is_restored = [&](const NodeSituation& node) { return node.access == Access::silent || serves(node); };
  return draft_.situation.quorum() && any(restored_, serves) && those(all_, is_voter).size() == all_.size() &&
         those(restored_, is_restored).size() == restored_.size() &&
         std::none_of(members.begin(), members.end(), [](const MemberSituation& member) { return member.learner; });
}

// Everything else was stopped before it began to serve, and it is a cluster like any other: one of its nodes that dies keeps nobody
// from the end.
void Restoring::leave_silent_out() {
  for (Nodes* nodes : {&restored_, &others_, &all_}) {
    std::erase_if(*nodes, [](const NodeSituation* node) { return node->access == Access::silent; });
  }
}

bool Restoring::can_go_on() {
  for (const NodeSituation* node : all_) {
    if (node->access == Access::answers && !node->etcd_unseen && !node->data_unseen) continue;
    if (node->access == Access::answers) {
      draft_.refuse(node->name, "It is part of the restore, and what runs on it or what it holds cannot be seen.",
                    "See the finding fact-unknown, then resume again.");
    } else if (node->access == Access::barred) {
      draft_.refuse(node->name, "It is part of the restore, and cannot be worked on.",
                    "Put right what keeps quorate out, then resume again.");
    } else {
      draft_.refuse(node->name, "It is part of the restore, and does not answer.",
                    "Bring it back; or, where it is gone for good: quorate abandon");
    }
    return false;
  }
  const bool needs_file = any(rest_, [](const NodeSituation& node) { return !node.restore.restored && !node.restore.snapshot; });
  if (!needs_file || draft_.snapshot_here) return true;
  if (draft_.restore->recovers()) return can_save_anew();
  draft_.refuse("", "The snapshot is not on every node yet, and is not on this workstation: " + draft_.restore->source(),
                "Go on from where it is; or: quorate abandon (nothing was stopped yet)");
  return false;
}

// The survivor may have gone on since: another snapshot beside those that some nodes have would make two clusters of one.
bool Restoring::can_save_anew() {
  const bool begun = any(restored_, [this](const NodeSituation& node) {
    return node.restore.snapshot || node.restore.restored || (keeps() && node.etcd != EtcdState::serving);
  });
  if (!begun) return true;
  if (keeps()) {
    draft_.refuse("", "It serves no more, and what was saved of it is not on this workstation: " + draft_.restore->source(),
                  "Go on from where it is; or: quorate abandon");
    return false;
  }
  draft_.refuse("", "Some nodes have what was saved, and it is not on this workstation: " + draft_.restore->source(),
                "Go on from where it is; or: quorate abandon, and recover again (nothing was stopped yet)");
  return false;
}

void Restoring::bring_tools(const Nodes& beside, bool saves) {
  const Nodes lacking = those(all_, [&](const NodeSituation& node) {
    const bool restores = std::find(beside.begin(), beside.end(), &node) != beside.end();
    return node.needs_tools && (restores || (saves && is_copied(*draft_.restore, node.name)));
  });
  if (lacking.empty()) return;
  draft_.add("There is nothing of etcd's to be run on them.",
             [&](Step& step) { name(lacking, step.mutable_bring_tools()->mutable_nodes()); });
}

void Restoring::save() {
  saves_ = true;
  const std::string& survivor = draft_.restore->survivor();
  const bool serves = draft_.restore->method() == Intent::Restore::SERVED || keeps();
  if (!serves && any(all_, [&](const NodeSituation& node) { return node.name == survivor && may_run(node); })) {
    draft_.add("It serves nothing, and a database that is open cannot be copied whole.",
               [&](Step& step) { step.mutable_stop_members()->add_nodes(survivor); });
  }
  draft_.add(serves ? "After a restart without a quorum it would never serve again." : "The data itself stays as it is.",
             [&](Step& step) {
               step.mutable_save_snapshot()->set_node(survivor);
               step.mutable_save_snapshot()->set_path(draft_.restore->source());
               step.mutable_save_snapshot()->set_method(keeps() ? Intent::Restore::SERVED : draft_.restore->method());
             });
}

// Nothing that serves is stopped before all of this is done.
void Restoring::prepare() {
  const Nodes lacking = those(rest_, [](const NodeSituation& node) { return !node.restore.restored && !node.restore.snapshot; });
  const bool saves = !lacking.empty() && draft_.restore->recovers() && !draft_.snapshot_here;
  const Nodes bring = keeps() ? Nodes{} : lacking;
  const Nodes beside = those(rest_, [](const NodeSituation& node) { return !node.restore.restored; });
  bring_tools(beside, saves);
  if (saves) save();
  for (const NodeSituation* node : rest_) pull_missing_image(draft_, *node);
  if (!bring.empty()) {
    draft_.add("Before anything is stopped, each node has what it will restore.", [&](Step& step) {
      name(bring, step.mutable_bring_snapshot()->mutable_nodes());
      step.mutable_bring_snapshot()->set_source(draft_.restore->source());
    });
  }
  if (!beside.empty() && !keeps()) {
    draft_.add("That it restores is proven before anything is stopped.",
               [&](Step& step) { name(beside, step.mutable_restore_beside()->mutable_nodes()); });
  }
  if (!draft_.restore->drill_node().empty()) return;
  for (const NodeSituation* node : rest_) provide_certificates(draft_, *node);
}

void Restoring::stop() {
  const Nodes with_control_plane = those(all_, [](const NodeSituation& node) { return node.control_plane; });
  if (!with_control_plane.empty()) {
    draft_.add("Nothing may write, or act on what it has cached, while the store goes back in time.",
               [&](Step& step) { name(with_control_plane, step.mutable_stop_control_plane()->mutable_nodes()); });
  }
  const Nodes running = those(all_, [&](const NodeSituation& node) { return may_run(node) && !stopped_for_copy(node); });
  if (!running.empty()) {
    draft_.add("Two sets of members must never both take themselves for the cluster.", [&](Step& step) {
      name(running, step.mutable_stop_members()->mutable_nodes());
      // Which one leads is seen at the step's turn: leadership moves, and a saved plan must not be stale by that.
      step.mutable_stop_members()->set_leader_last(running.size() > 1 && draft_.situation.quorum());
    });
  }
}

void Restoring::put_in_place() {
  if (keeps() && any(rest_, [](const NodeSituation& node) { return !node.restore.restored; })) {
    draft_.add("Once, on a copy, and not in the manifest, where each start would throw out who has joined since.",
               [&](Step& step) { step.mutable_force_new_cluster()->set_node(draft_.restore->survivor()); });
  }
  draft_.add("What is there is kept until the restored state is proven.",
             [&](Step& step) { name(rest_, step.mutable_switch_data()->mutable_nodes()); });
}

void Restoring::start() {
  const bool newly = !rest_.empty();
  const Nodes starting = those(restored_, [&](const NodeSituation& node) { return newly || !node.restore.serves; });
  if (!starting.empty()) {
    draft_.add(keeps() ? "It is the cluster, as its one member." : "They are one new cluster, with a token that was never used.",
               [&](Step& step) { name(starting, step.mutable_start_restored()->mutable_nodes()); });
  }
  if (lets_clients_in()) return;
  draft_.add("Clients are let in only to what was promised.",
             [&](Step& step) { name(restored_, step.mutable_verify_store()->mutable_nodes()); });
  if (!any(all_, [](const NodeSituation& node) { return node.control_plane || node.restore.api_server_parked; })) return;
  draft_.add("They name hosts as of then, gone ones too.",
             [&](Step& step) { step.mutable_drop_master_leases()->set_node(restored_.front()->name); });
}

// Not before what takes its place is proven: until then the old cluster may come back by an undo.
void Restoring::give_up() {
  const Nodes without = those(all_, [](const NodeSituation& node) { return !node.restore.all_tombstones; });
  if (without.empty()) return;
  draft_.add("Whoever comes back with what was given up is stopped before it serves that.", [&](Step& step) {
    name(without, step.mutable_give_up_cluster()->mutable_nodes());
    *step.mutable_give_up_cluster()->mutable_cluster_ids() = draft_.restore->gives_up();
  });
}

void Restoring::start_control_plane(const Nodes& nodes, bool awaited) {
  const bool stopped_now = !rest_.empty();
  const auto add = [&](const Nodes& starting, bool api_servers, const std::string& why) {
    if (starting.empty()) return;
    draft_.add(why, [&](Step& step) {
      name(starting, step.mutable_start_control_plane()->mutable_nodes());
      step.mutable_start_control_plane()->set_api_servers(api_servers);
      step.mutable_start_control_plane()->set_awaited(awaited);
    });
  };
  add(those(nodes,
            [&](const NodeSituation& node) {
              return node.restore.api_server_parked || (stopped_now && node.restore.api_server_placed);
            }),
      true, awaited ? "They have forgotten all that they had cached." : "As it was before.");
  add(those(nodes,
            [&](const NodeSituation& node) { return node.restore.controllers_parked || (stopped_now && node.control_plane); }),
      false, "They act on what the API servers say.");
}

// Once it holds the restored cluster's data it is a member like any other, and how far it came is known by that.
void Restoring::join_other(const NodeSituation& node) {
  const std::string why = "The restored cluster is one member, which the others join.";
  // Before it serves the members that are known are the old cluster's.
  const bool known = rest_.empty() && any(restored_, [](const NodeSituation& each) { return each.restore.serves; });
  const MemberSituation* member = node.member && known ? &draft_.situation.members[*node.member] : nullptr;
  if (member != nullptr && member->live && !member->learner) return;
  if (member == nullptr) {
    if (node.data != DataState::none || node.data_leftovers) {
      draft_.add("A fresh member starts with no data; what is there is kept.",
                 [&](Step& step) { step.mutable_set_aside_data()->set_node(node.name); });
    }
    provide_certificates(draft_, node);
    draft_.add(why, [&](Step& step) { step.mutable_add_learner()->set_node(node.name); });
  }
  if (member == nullptr || node.etcd != EtcdState::serving) {
    draft_.add(why, [&](Step& step) {
      step.mutable_start_etcd()->set_node(node.name);
      step.mutable_start_etcd()->set_joins(true);
      step.mutable_start_etcd()->set_awaited(true);
    });
  }
  draft_.add("Only a learner that is in sync may vote.", [&](Step& step) { step.mutable_catch_up()->set_node(node.name); });
  draft_.add("A learner does not count towards the quorum.",
             [&](Step& step) { step.mutable_promote_learner()->set_node(node.name); });
}

void Restoring::forward() {
  if (!can_go_on()) return;
  if (!rest_.empty()) {
    prepare();
    stop();
    put_in_place();
  }
  start();
  give_up();
  start_control_plane(restored_, true);
  for (const NodeSituation* node : others_) join_other(*node);
  start_control_plane(others_, true);
  const Nodes with_folder = those(all_, [&](const NodeSituation& node) {
    const bool restored = std::find(restored_.begin(), restored_.end(), &node) != restored_.end();
    return node.restore.folder || (!rest_.empty() && (restored || stopped_for_copy(node)));
  });
  if (with_folder.empty()) return;
  draft_.add("What the restore needed is needed no more; the old data stays, set aside.",
             [&](Step& step) { name(with_folder, step.mutable_clear_restore()->mutable_nodes()); });
}

void Restoring::drill() {
  if (!can_go_on()) return;
  prepare();
  draft_.add("That it restores is not yet that it serves what it should.",
             [&](Step& step) { step.mutable_drill_on_node()->set_node(draft_.restore->drill_node()); });
  draft_.add("It was only tried.", [&](Step& step) { name(restored_, step.mutable_clear_restore()->mutable_nodes()); });
}

}  // namespace

void restore(Draft& draft) { draft.restore->drill_node().empty() ? Restoring(draft).forward() : Restoring(draft).drill(); }

}  // namespace quorate
