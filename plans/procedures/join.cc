// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "plans/node_condition.h"
#include "plans/procedures/procedures.h"
#include "plans/procedures/restore_nodes.h"

namespace quorate {
namespace {

// What keeps a node that answers from being made a fresh member, whatever else the plan does.
std::optional<Obstacle> obstacle_to_joining(const Situation& situation, const NodeSituation& node) {
  if (node.awaits_kubeadm() && !node.kubeadm_obstacle.empty()) {
    return Obstacle{"kubeadm cannot join it: " + node.kubeadm_obstacle, "Mend that, or leave out --with kubeadm."};
  }
  // A node that was reset has no kubelet that runs, and nothing on it that must be stopped.
  const bool was_reset = node.awaits_kubeadm() && node.etcd == EtcdState::stopped;
  if (!node.kubelet_active && !was_reset) {
    return Obstacle{"Its kubelet does not run, so etcd can be neither stopped nor started there.", kubelet_remedy(node)};
  }
  if (node.etcd_unseen) {
    return Obstacle{"What runs on it cannot be seen, so its etcd cannot be proven stopped.", "See the finding fact-unknown."};
  }
  if (node.data_unseen) {
    return Obstacle{"Whether it holds data cannot be seen, so none can be set aside for certain.", "See the finding fact-unknown."};
  }
  if (node.certificates_unseen && !node.awaits_kubeadm())
    return Obstacle{"Its certificates cannot be seen.", "See the finding fact-unknown."};
  if (node.separate_wal) {
    return Obstacle{"Its etcd keeps its write-ahead log in a directory of its own (--wal-dir), which no step sets aside yet.",
                    "Take --wal-dir out of its manifest, or replace the member by hand."};
  }
  if (node.cause_stays) {
    return Obstacle{"Its etcd fails for a cause that fresh data does not mend.",
                    "See the finding's evidence, and mend it by hand."};
  }
  if (node.disk_short) {
    return Obstacle{"Its disk has too little room for a member's data.", "See the finding disk-short, and make room."};
  }
  if (node.manifest == ManifestState::unreadable) {
    return Obstacle{"Its manifest of etcd cannot be read.", "Mend or remove it by hand."};
  }
  if (!manifest_can_be_had(situation, node)) {
    return Obstacle{"No manifest of etcd can be had: none on it, and none on a node whose etcd serves.",
                    "Put kubeadm's etcd.yaml in its manifest directory's place."};
  }
  if (!node.new_peer_url_known) {
    return Obstacle{"A new member's URLs cannot be made: the spec has no IP address for it.", "Give it an `address` in the spec."};
  }
  const bool needs_certificates = !node.awaits_kubeadm() && (!node.certificates_good || !node.authority_present);
  if (needs_certificates && !signer_for(situation, node)) return no_signer(situation, "Its certificates must be issued");
  return std::nullopt;
}

// One that stays, where there is one: it need not hand over again.
const MemberSituation* other_leader_candidate(const Draft& draft, const MemberSituation& leaving) {
  const MemberSituation* leaves_later = nullptr;
  for (const MemberSituation& member : draft.situation.members) {
    const bool can_lead = member.id != leaving.id && member.live && !member.learner && member.node && !draft.removes(member);
    if (can_lead && !leaves(draft.situation, member)) return &member;
    if (can_lead) leaves_later = &member;
  }
  return leaves_later;
}

}  // namespace

// A node that cannot be worked on keeps its member.
bool leaves(const Situation& situation, const MemberSituation& member) {
  if (!member.node) return false;
  const NodeSituation& node = situation.nodes[*member.node];
  return needs_fresh_data(situation, node) && !obstacle_to_joining(situation, node);
}

// etcd has one learner at a time, and one that stays would stop the plan half-way.
const MemberSituation* learner_in_the_way(const Draft& draft, const std::string& but_of_node) {
  const Situation& situation = draft.situation;
  for (const MemberSituation& member : situation.members) {
    if (!member.learner || draft.removes(member) || leaves(situation, member)) continue;
    const std::string name = member.node ? situation.nodes[*member.node].name : "";
    if (!name.empty() && name == but_of_node) continue;
    const bool promoted = std::any_of(draft.steps.begin(), draft.steps.end(), [&](const Step& step) {
      return step.has_promote_learner() && step.promote_learner().node() == name;
    });
    if (!promoted) return &member;
  }
  return nullptr;
}

bool provide_certificates(Draft& draft, const NodeSituation& node, bool due) {
  if (node.awaits_kubeadm() || is_issued_already(draft, node)) return true;
  if (!due && node.certificates_good && node.authority_present) return true;
  const std::optional<std::string> signer = signer_for(draft.situation, node);
  if (!signer) {
    const Obstacle nobody = no_signer(draft.situation, "Its certificates must be issued");
    draft.refuse(node.name, nobody.summary, nobody.remedy);
    return false;
  }
  if (!node.authority_present) {
    draft.add("etcd's CA is missing on " + node.name + ", or is another's.", [&](Step& step) {
      step.mutable_install_authority()->set_node(node.name);
      step.mutable_install_authority()->set_from(*signer);
    });
  }
  draft.add("Certificates of etcd are missing there, or of no use.", [&](Step& step) {
    step.mutable_issue_certificates()->set_node(node.name);
    step.mutable_issue_certificates()->set_signer(*signer);
  });
  return true;
}

bool may_join(const Draft& draft, const NodeSituation& node) {
  if (draft.unfinished == nullptr) return true;
  const auto& joins = draft.unfinished->joins();
  return std::find(joins.begin(), joins.end(), node.name) != joins.end();
}

bool can_join(Draft& draft, const NodeSituation& node) {
  if (node.access != Access::answers) return false;
  if (const std::optional<Obstacle> obstacle = obstacle_to_joining(draft.situation, node)) {
    draft.refuse(node.name, obstacle->summary, obstacle->remedy);
    return false;
  }
  if (!voters_will_be_live(draft)) {
    draft.refuse(node.name, "etcd adds no member while one of its voters is down.",
                 "Bring the member that is down back, or assert with --lost that it is gone.");
    return false;
  }
  if (const MemberSituation* learner = learner_in_the_way(draft, node.name)) {
    draft.refuse(
        node.name,
        "etcd has one learner at a time, and " + (learner->name.empty() ? learner->id : learner->name) + " is one that stays.",
        "Promote it or remove it first: etcdctl member remove " + learner->id);
    return false;
  }
  return true;
}

void pull_missing_image(Draft& draft, const NodeSituation& node) {
  const bool pulled = draft.any_step([&](const Step& step) { return step.pull_image().node() == node.name; });
  if (node.missing_image.empty() || pulled) return;
  draft.add("Its etcd will run from it, and without a registry that has it nothing is begun.", [&](Step& step) {
    step.mutable_pull_image()->set_node(node.name);
    step.mutable_pull_image()->set_image(node.missing_image);
  });
}

void join(Draft& draft, const NodeSituation& node, const std::string& why) {
  pull_missing_image(draft, node);
  try_kubeadm(draft, node);
  // Of one that was fenced both are done by now.
  const bool runs = !node.given_up() && may_run(node);
  if (runs) {
    draft.add("Before its data is touched, nothing may run on it.",
              [&](Step& step) { step.mutable_stop_etcd()->set_node(node.name); });
  }
  // An etcd that is started again and again on an empty directory writes there before it fails.
  if (!node.given_up() && (runs || node.data_leftovers)) {
    draft.add("A fresh member starts with no data; what is there is kept.",
              [&](Step& step) { step.mutable_set_aside_data()->set_node(node.name); });
  }
  provide_certificates(draft, node);
  join_by_kubeadm(draft, node);
  draft.add(why, [&](Step& step) { step.mutable_add_learner()->set_node(node.name); });
  bring_up_learner(draft, node, why);
}

void bring_up_learner(Draft& draft, const NodeSituation& node, const std::string& why) {
  draft.add(why, [&](Step& step) {
    step.mutable_start_etcd()->set_node(node.name);
    step.mutable_start_etcd()->set_joins(true);
    step.mutable_start_etcd()->set_awaited(true);
  });
  draft.add("Only a learner that is in sync may vote.", [&](Step& step) { step.mutable_catch_up()->set_node(node.name); });
  draft.add("A learner does not count towards the quorum.",
            [&](Step& step) { step.mutable_promote_learner()->set_node(node.name); });
  draft.add("Done is what an observation shows.", [&](Step& step) { step.mutable_verify_member()->set_node(node.name); });
}

void remove_member(Draft& draft, const MemberSituation& member, const std::string& why) {
  const Situation& situation = draft.situation;
  if (member.live && member.node && member.id == situation.leader_id) {
    const MemberSituation* successor = other_leader_candidate(draft, member);
    if (successor != nullptr) hand_over(draft, situation.nodes[*member.node], situation.nodes[*successor->node]);
  }
  draft.add(why, [&](Step& step) {
    RemoveMember& action = *step.mutable_remove_member();
    action.set_node(member.node ? situation.nodes[*member.node].name : "");
    action.set_member_id(member.id);
    action.set_name(member.name);
    action.set_peer_url(member.peer_url);
  });
}

bool voters_will_be_live(const Draft& draft) {
  const Situation& situation = draft.situation;
  const auto started = [&](const MemberSituation& member) {
    return member.node && draft.any_step([&](const Step& step) {
      const std::string& node = situation.nodes[*member.node].name;
      return step.start_etcd().node() == node || step.verify_member().node() == node || step.move_member().node() == node;
    });
  };
  return std::all_of(situation.members.begin(), situation.members.end(), [&](const MemberSituation& member) {
    return member.learner || member.live || member.asserted_lost || leaves(situation, member) || started(member) ||
           draft.removes(member);
  });
}

}  // namespace quorate
