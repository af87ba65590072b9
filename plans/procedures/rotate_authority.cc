// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "plans/lookup.h"
#include "plans/node_condition.h"
#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

using Names = std::vector<std::string>;

bool contains(const Names& names, const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); }

Names without(Names names, const std::string& name) {
  std::erase(names, name);
  return names;
}

// What is planned so far starts what there is, and changes nothing else.
bool only_starts(const Draft& draft) {
  return std::all_of(draft.steps.begin(), draft.steps.end(), [](const Step& step) {
    const bool starts_member = step.has_start_etcd() && !step.start_etcd().joins();
    return starts_member || step.has_verify_member() || step.has_start_control_plane() || step.has_issue_certificates() ||
           step.has_pull_image();
  });
}

bool refuse_for_node(Draft& draft, const NodeSituation& node) {
  const auto refuse = [&](const std::string& why, const std::string& remedy) {
    draft.refuse(node.name, "etcd's CA is rotated on every node or on none, and " + why, remedy);
    return true;
  };
  if (node.access != Access::answers) return refuse("it cannot be worked on.", "Ask again once it answers.");
  if (!node.member) return refuse("it has no member.", "Plan without --rotate-ca first.");
  if (!node.kubelet_active) return refuse("its kubelet does not run.", kubelet_remedy(node));
  if (node.certificates_unseen) return refuse("its certificates cannot be seen.", "See the finding fact-unknown.");
  if (!node.authority_present) return refuse("its ca.crt is missing, or another cluster's.", "Plan without --rotate-ca first.");
  return false;
}

bool is_refused(Draft& draft) {
  if (draft.situation.signing != Signing::on_nodes) {
    draft.refuse(
        "", "etcd's CA is kept on the workstation, and quorate makes no other there.",
        "Let a node have its key meanwhile: put ca.key beside etcd's ca.crt on one, and take spec.certificates.authority out.");
    return true;
  }
  bool refused = false;
  for (const NodeSituation& node : draft.situation.nodes) refused = refuse_for_node(draft, node) || refused;
  for (const MemberSituation& member : draft.situation.members) {
    if (member.node) continue;
    draft.refuse(member.name.empty() ? member.id : member.name,
                 "etcd's CA is rotated on every node or on none, and this member is on no node of the spec.",
                 "Put its node into the spec, or let it be removed first.");
    refused = true;
  }
  return refused;
}

bool is_whole(const Draft& draft) {
  const auto& members = draft.situation.members;
  return draft.situation.quorum() && only_starts(draft) && draft.refusals.empty() && draft.waiting.empty() &&
         !draft.situation.no_space && !draft.situation.corrupt && voters_will_be_live(draft) &&
         std::none_of(members.begin(), members.end(), [](const MemberSituation& member) { return member.learner; });
}

void wait(Draft& draft, const std::string& summary, const std::string& remedy) {
  draft.waiting.push_back(make_finding(FindingKind::authority_rotation, {.subject = "", .summary = summary, .remedy = remedy}));
}

// Where the new one's key is kept, or is ca.key already; else the first node that has the key of the one of before.
const NodeSituation* holder_of(const Situation& situation, const std::string& to) {
  const auto& nodes = situation.nodes;
  const auto first = [&](auto&& has) {
    const auto found = std::find_if(nodes.begin(), nodes.end(), has);
    return found == nodes.end() ? nullptr : &*found;
  };
  const NodeSituation* keeps = first([&](const NodeSituation& node) { return node.next_authority == to; });
  if (keeps != nullptr) return keeps;
  const NodeSituation* signs =
      first([&](const NodeSituation& node) { return node.authority_key_present && node.authorities.front() == to; });
  if (signs != nullptr) return signs;
  const bool begun =
      std::any_of(nodes.begin(), nodes.end(), [&](const NodeSituation& node) { return contains(node.authorities, to); });
  return begun ? nullptr : first([](const NodeSituation& node) { return node.authority_key_present; });
}

/// A rotation as its steps are drafted: what each node's ca.crt holds by then, and who leads.
class Rotating {
 public:
  Rotating(Draft& draft, std::string holder) : draft_(draft), holder_(std::move(holder)), leader_(leader_of(draft.situation)) {
    for (const NodeSituation& node : draft.situation.nodes) held_[node.name] = node.authorities;
  }

  [[nodiscard]] const Names& held_by(const NodeSituation& node) const { return held_.at(node.name); }

  /// One after the other, the leader last.
  template <typename Wanted>
  void restart_with(Wanted&& wanted, bool drops, const std::string& why) {
    std::vector<const NodeSituation*> nodes;
    for (const NodeSituation& node : draft_.situation.nodes) {
      if (wanted(node) != held_by(node)) nodes.push_back(&node);
    }
    leader_ =
        restart_one_by_one(draft_, nodes, leader_, [&](const NodeSituation& node) { restart(node, wanted(node), drops, why); });
  }

  void set(const NodeSituation& node, const Names& names, bool with_key, const std::string& why) {
    add_set(node, names, why, [&](SetAuthorities& set) { set.set_with_key(with_key); });
  }

 private:
  template <typename Fill>
  void add_set(const NodeSituation& node, const Names& names, const std::string& why, Fill&& fill) {
    draft_.add(why, [&](Step& step) {
      SetAuthorities& set = *step.mutable_set_authorities();
      set.set_node(node.name);
      *set.mutable_names() = {names.begin(), names.end()};
      set.set_holder(holder_);
      fill(set);
    });
    held_[node.name] = names;
  }

  void restart(const NodeSituation& node, const Names& names, bool drops, const std::string& why) {
    const std::string at_a_start = "etcd and the API server read ca.crt at a start alone.";
    if (node.has_control_plane())
      draft_.add(at_a_start, [&](Step& step) { step.mutable_stop_control_plane()->add_nodes(node.name); });
    draft_.add(at_a_start, [&](Step& step) {
      step.mutable_stop_etcd()->set_node(node.name);
      step.mutable_stop_etcd()->set_restarts(true);
    });
    add_set(node, names, why, [&](SetAuthorities& set) {
      set.set_stopped(true);
      set.set_drops(drops);
    });
    draft_.add("Its data is its own, and stays.", [&](Step& step) {
      StartEtcd& start = *step.mutable_start_etcd();
      start.set_node(node.name);
      start.set_awaited(true);
      start.set_restarts(true);
      *start.mutable_authorities() = {names.begin(), names.end()};
    });
    if (!node.has_control_plane()) return;
    for (const bool api_servers : {true, false}) {
      draft_.add(api_servers ? "Its etcd serves." : "They act on what the API server says.", [&](Step& step) {
        StartControlPlane& start = *step.mutable_start_control_plane();
        start.add_nodes(node.name);
        start.set_api_servers(api_servers);
        // One that was not before is not this plan's matter, and would never end it.
        start.set_awaited(!node.api_server_unready);
      });
    }
  }

  Draft& draft_;
  std::string holder_;
  std::map<std::string, Names> held_;
  const NodeSituation* leader_;
};

void forget_next(Draft& draft, const std::string& also_on) {
  for (const NodeSituation& node : draft.situation.nodes) {
    if (node.next_authority.empty() && node.name != also_on) continue;
    draft.add("Nothing needs it there any more.", [&](Step& step) { step.mutable_forget_next_authority()->set_node(node.name); });
  }
}

void let_new_one_sign(Draft& draft, Rotating& rotating, const std::string& to) {
  for (const NodeSituation& node : draft.situation.nodes) {
    const bool signs = rotating.held_by(node).front() == to && (node.authority_key_present || !node.authority_key_file);
    if (signs) continue;
    Names names = without(rotating.held_by(node), to);
    names.insert(names.begin(), to);
    rotating.set(node, names, node.authority_key_file, "kubeadm, and quorate, sign with the first one of ca.crt.");
  }
}

void issue_anew(Draft& draft, const NodeSituation& holder, const std::string& to) {
  for (const NodeSituation& node : draft.situation.nodes) {
    const bool all_are_its =
        std::all_of(node.issuers.begin(), node.issuers.end(), [&](const auto& certificate) { return certificate.second == to; });
    if (all_are_its && node.certificates_good) continue;
    draft.add("The CA of before will be trusted no more; etcd reads what it shows at every handshake.", [&](Step& step) {
      IssueCertificates& issue = *step.mutable_issue_certificates();
      issue.set_node(node.name);
      issue.set_signer(node.authority_key_file ? node.name : holder.name);
      issue.set_shown(true);
      issue.set_authority(to);
    });
  }
}

// Whoever is restarted with one that has expired is heard by nobody. Where one cannot be had that is refused.
bool provide_certificates_where(Draft& draft, const std::function<bool(const NodeSituation&)>& is_restarted) {
  bool provided = true;
  for (const NodeSituation& node : draft.situation.nodes) {
    if (is_restarted(node) && !is_issued_already(draft, node)) provided = provide_certificates(draft, node) && provided;
  }
  return provided;
}

bool has_signed(const Situation& situation, const std::string& to) {
  return std::any_of(situation.nodes.begin(), situation.nodes.end(), [&](const NodeSituation& node) {
    const bool issued =
        std::any_of(node.issuers.begin(), node.issuers.end(), [&](const auto& certificate) { return certificate.second == to; });
    const bool may_sign = !node.authorities.empty() && node.authorities.front() == to;
    // A kill between the key and the certificate leaves the one's beside the other's.
    return issued || may_sign || (node.authority_key_file && !node.authority_key_present);
  });
}

}  // namespace

void rotate_authority(Draft& draft) {
  const std::string& to = draft.situation.next_authority;
  if (to.empty()) return;
  if (is_refused(draft)) return;
  // Which it may have restarted itself.
  if (draft.unfinished != nullptr && draft.situation.quorum()) await_starting(draft);
  if (!is_whole(draft)) {
    const bool is_this_runs = draft.unfinished != nullptr || !draft.situation.quorum();
    return wait(draft, "etcd's CA is to be rotated, which waits until every member serves and nothing else is to do.",
                is_this_runs ? "quorate resume, after this plan." : "--rotate-ca again, after this plan.");
  }
  const NodeSituation* holder = holder_of(draft.situation, to);
  if (holder == nullptr) {
    return draft.refuse("", "etcd's CA is to be rotated, and no node has the key that is to sign.",
                        "Where a rotation was begun its new CA's key is gone: quorate abandon, and --rotate-ca anew. Where the "
                        "CA's key is kept off the nodes: rotate it there.");
  }
  const bool is_there = std::any_of(draft.situation.nodes.begin(), draft.situation.nodes.end(), [&](const NodeSituation& node) {
    return node.next_authority == to || contains(node.authorities, to);
  });
  if (!is_there) {
    draft.add("It is kept aside until every node trusts it.", [&](Step& step) {
      step.mutable_create_authority()->set_node(holder->name);
      step.mutable_create_authority()->set_name(to);
    });
  }
  const auto is_restarted = [&](const NodeSituation& node) { return !contains(node.authorities, to); };
  if (!provide_certificates_where(draft, is_restarted)) return;
  Rotating rotating(draft, holder->name);
  rotating.restart_with(
      [&](const NodeSituation& node) {
        Names names = rotating.held_by(node);
        if (!contains(names, to)) names.push_back(to);
        return names;
      },
      false, "What either of them has signed is trusted from then on.");
  let_new_one_sign(draft, rotating, to);
  issue_anew(draft, *holder, to);
  rotating.restart_with([&](const NodeSituation&) { return Names{to}; }, true,
                        "Nothing that is shown is signed by the one of before any more.");
  forget_next(draft, is_there ? "" : holder->name);
}

void undo_rotation(Draft& draft, const std::string& to) {
  const bool is_begun = std::any_of(draft.situation.nodes.begin(), draft.situation.nodes.end(), [&](const NodeSituation& node) {
    return !node.next_authority.empty() || contains(node.authorities, to);
  });
  start_members(draft);
  let_clients_in(draft);
  if (!is_begun) return;
  const bool all_answer = std::all_of(draft.situation.nodes.begin(), draft.situation.nodes.end(), [](const NodeSituation& node) {
    return node.access == Access::answers && node.kubelet_active && node.member && node.authority_present;
  });
  const NodeSituation* holder = holder_of(draft.situation, to);
  if (has_signed(draft.situation, to) || !all_answer || !is_whole(draft)) {
    return wait(draft, "The rotation of etcd's CA stays half-way: " + to + " is trusted beside the one of before.",
                "quorate apply --rotate-ca goes on with it.");
  }
  const auto is_restarted = [&](const NodeSituation& node) { return contains(node.authorities, to); };
  if (!provide_certificates_where(draft, is_restarted)) return;
  const NodeSituation& source = holder != nullptr ? *holder : draft.situation.nodes.front();
  Rotating rotating(draft, source.name);
  rotating.restart_with([&](const NodeSituation& node) { return without(rotating.held_by(node), to); }, true,
                        "The rotation is abandoned, and the new one has signed nothing.");
  forget_next(draft, "");
}

}  // namespace quorate
