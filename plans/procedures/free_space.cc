// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "plans/alarms.h"
#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

bool disarms(const Draft& draft, const char* alarm) {
  return draft.any_step([&](const Step& step) { return step.disarm_alarm().alarm() == alarm; });
}

// One that the draft so far neither promotes nor takes out.
bool leaves_learner(const Draft& draft) {
  const Situation& situation = draft.situation;
  return std::any_of(situation.members.begin(), situation.members.end(), [&](const MemberSituation& member) {
    const bool promoted = member.node && draft.promotes(situation.nodes[*member.node]);
    return member.learner && !promoted && !draft.removes(member);
  });
}

std::vector<const NodeSituation*> voters_of(const Draft& draft) {
  std::vector<const NodeSituation*> voters;
  for (const NodeSituation& node : draft.situation.nodes) {
    if (will_vote(draft, node)) voters.push_back(&node);
  }
  return voters;
}

bool all_vote_now(const Draft& draft) {
  const auto& members = draft.situation.members;
  return draft.steps.empty() &&
         std::all_of(members.begin(), members.end(), [](const MemberSituation& member) { return member.live && !member.learner; });
}

bool is_starting(const Situation& situation, const MemberSituation& member) {
  const NodeSituation* node = member.node ? &situation.nodes[*member.node] : nullptr;
  return node != nullptr && !member.live && node->etcd == EtcdState::starting && node->data == DataState::own;
}

// One that a run has started is waited for as that goes on; else it may be starting for ever.
bool voters_are_coming(const Draft& draft) {
  const auto& members = draft.situation.members;
  const bool starting = std::any_of(members.begin(), members.end(),
                                    [&](const MemberSituation& member) { return is_starting(draft.situation, member); });
  return voters_will_be_live(draft) || (starting && draft.unfinished != nullptr);
}

// What fills the store may be no history, and then it is full again at once. Each restart takes every voter; where all are coming
// the alarm stays until then, and where they are not, what is only history may be enough.
bool waits_for_quota(Draft& draft) {
  if (!quota_grows(draft.situation) || all_vote_now(draft)) return false;
  const bool waits = voters_are_coming(draft);
  draft.waiting.push_back(make_finding(
      FindingKind::alarm, {.subject = "",
                           .summary = waits ? "The larger quota is set, and room is made, once every voter serves."
                                            : "The larger quota is set only while every voter serves.",
                           .remedy = waits ? "Plan again when this is done."
                                           : "Bring the voter back that does not; or, where it is gone for good: --lost NODE"}));
  return waits;
}

bool is_live_voter(const Situation& situation, const NodeSituation& node) {
  const MemberSituation* member = node.member ? &situation.members[*node.member] : nullptr;
  return member != nullptr && member->live && !member->learner;
}

// On all voters or on none: one that is full is enough for the alarm.
std::vector<WantedFlags> larger_quotas(Draft& draft) {
  std::vector<WantedFlags> quotas;
  bool all_can_be_set = true;
  for (const NodeSituation& node : draft.situation.nodes) {
    if (node.larger_quota.empty() || !is_live_voter(draft.situation, node)) continue;
    quotas.push_back({&node, {{quota_flag, node.larger_quota}}});
    all_can_be_set = can_set_flags(draft, quotas.back()) && all_can_be_set;
  }
  return all_can_be_set ? quotas : std::vector<WantedFlags>{};
}

// Before it broke off.
bool has_set_quota(const Draft& draft) { return draft.unfinished != nullptr && draft.unfinished->flags().contains(quota_flag); }

void write_databases_anew(Draft& draft, const std::vector<const NodeSituation*>& voters, const std::string& why) {
  draft.add(why, [](Step& step) { step.mutable_compact_store(); });
  for (const NodeSituation* node : voters) {
    draft.add("What was freed is given back only when the database is written anew.",
              [&](Step& step) { step.mutable_defragment()->set_node(node->name); });
  }
}

void take_alarm_off(Draft& draft, const std::vector<const NodeSituation*>& voters) {
  draft.add("Writes are refused until the alarm is taken off.", [&](Step& step) {
    step.mutable_disarm_alarm()->set_alarm(no_space_alarm);
    for (const NodeSituation* node : voters) step.mutable_disarm_alarm()->add_nodes(node->name);
  });
}

}  // namespace

bool quota_grows(const Situation& situation) {
  return std::any_of(situation.nodes.begin(), situation.nodes.end(),
                     [&](const NodeSituation& node) { return !node.larger_quota.empty() && is_live_voter(situation, node); });
}

void free_space(Draft& draft) {
  if (!draft.situation.no_space || disarms(draft, no_space_alarm)) return;
  if (draft.situation.corrupt && !disarms(draft, corrupt_alarm)) return;
  // What catches up while a store is written anew may be corrupted by it (etcd before 3.5.23 and 3.6.5; etcd-facts 9).
  if (leaves_learner(draft)) return;
  for (const MemberSituation& member : draft.situation.members) {
    if (member.node || !member.live || draft.removes(member)) continue;
    draft.refuse(member.name, "The store is full, and its database cannot be written anew: none of the spec's nodes is its.",
                 "Add its node to the spec; or defragment it by hand.");
    return;
  }
  if (waits_for_quota(draft)) return;
  std::vector<const NodeSituation*> voters = voters_of(draft);
  for (const NodeSituation* node : voters) {
    if (node->access != Access::answers) {
      draft.refuse(node->name, "Its etcd serves, and cannot be told to write its database anew, since the node does not answer.",
                   "Bring it back; or, where it is gone for good: --lost " + node->name);
      return;
    }
    if (!node->cannot_defragment) continue;
    draft.refuse(node->name, "Its disk has too little room to write its database anew beside the old one.",
                 "See the finding disk-short, and make room. What runs have set aside is in the folders `.quorate-*` of its data "
                 "directory.");
    return;
  }
  const std::vector<WantedFlags> quotas = all_vote_now(draft) ? larger_quotas(draft) : std::vector<WantedFlags>{};
  const NodeSituation* leader = set_flags_on(draft, quotas, "The store is full, and by the spec's extraArgs it may become larger.");
  // So that leadership is lost once at most.
  std::stable_partition(voters.begin(), voters.end(), [&](const NodeSituation* node) { return node != leader; });
  // Where writes have room meanwhile.
  const bool fits =
      std::all_of(voters.begin(), voters.end(), [](const NodeSituation* node) { return node->fits_quota && !node->disk_short; });
  if ((!quotas.empty() || (has_set_quota(draft) && !quota_grows(draft.situation))) && fits) {
    // Until then kubeadm's probes of 1.20 to 1.30 end one that was restarted, again and again.
    take_alarm_off(draft, voters);
    write_databases_anew(draft, voters, "What is only history makes more room.");
    return;
  }
  write_databases_anew(draft, voters, "Every write is refused because the store is full: what is only history makes room.");
  take_alarm_off(draft, voters);
}

}  // namespace quorate
