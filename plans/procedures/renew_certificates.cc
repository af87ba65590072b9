// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/lookup.h"
#include "plans/node_condition.h"
#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

bool has_something_to_renew(const NodeSituation& node) {
  return std::any_of(node.certificates_to_renew.begin(), node.certificates_to_renew.end(),
                     [](const auto& certificate) { return !certificate.second.waits; });
}

bool can_be_renewed(const Draft& draft, const NodeSituation& node) {
  return node.access == Access::answers && node.member && !node.certificates_unseen && node.authority_present &&
         has_something_to_renew(node) && !is_issued_already(draft, node) && !needs_fresh_data(draft.situation, node) &&
         !node.awaits_kubeadm();
}

std::string reasons_of(const NodeSituation& node) {
  if (node.renewal_asked) return "A person asked for it.";
  std::vector<std::string> reasons;
  for (const auto& [name, renewal] : node.certificates_to_renew) {
    if (!renewal.waits) reasons.push_back(name + " " + renewal.reason);
  }
  return join(reasons, ", ") + ".";
}

void renew(Draft& draft, const NodeSituation& node) {
  if (node.serves_other_certificate) {
    draft.refuse(node.name, "Its etcd shows another certificate than its server.crt, so that a new one there would not be seen.",
                 "See its manifest's --cert-file: quorate issues what kubeadm does, where kubeadm does.");
    return;
  }
  const std::optional<std::string> signer = signer_for(draft.situation, node);
  if (!signer) {
    // The finding says what is to be done; other repairs do not wait for that.
    if (!node.renewal_asked) return;
    const Obstacle nobody = no_signer(draft.situation, "Its certificates are to be issued anew");
    draft.refuse(node.name, nobody.summary, nobody.remedy);
    return;
  }
  draft.add(reasons_of(node), [&](Step& step) {
    step.mutable_issue_certificates()->set_node(node.name);
    step.mutable_issue_certificates()->set_signer(*signer);
    step.mutable_issue_certificates()->set_shown(node.etcd == EtcdState::serving);
  });
}

bool starts_control_plane(const Step& step, const NodeSituation& node) {
  const auto& nodes = step.start_control_plane().nodes();
  return std::find(nodes.begin(), nodes.end(), node.name) != nodes.end();
}

// Its API server and what acts on it read them at a start alone; another node's serve meanwhile.
void renew_control_plane(Draft& draft, const NodeSituation& node) {
  if (!node.has_kubeadm) {
    draft.refuse(node.name, "The certificates of its control plane are to be renewed, and there is no kubeadm.",
                 "Install the kubeadm of its Kubernetes version there.");
    return;
  }
  if (node.has_control_plane() && !node.kubelet_active) {
    draft.refuse(node.name, "Its control plane is to be restarted with new certificates, and its kubelet does not run.",
                 kubelet_remedy(node));
    return;
  }
  const bool runs = node.control_plane || draft.any_step([&](const Step& step) { return starts_control_plane(step, node); });
  const std::string why = "What runs has read the certificates of before.";
  if (runs) draft.add(why, [&](Step& step) { step.mutable_stop_control_plane()->add_nodes(node.name); });
  draft.add("A person asked for it.", [&](Step& step) { step.mutable_renew_by_kubeadm()->set_node(node.name); });
  // What a run has stopped is left so where its etcd is none of the cluster's.
  if (!runs && !(node.has_control_plane() && will_vote(draft, node))) return;
  for (const bool api_servers : {true, false}) {
    draft.add(api_servers ? why : "They act on what the API server says.", [&](Step& step) {
      StartControlPlane& start = *step.mutable_start_control_plane();
      start.add_nodes(node.name);
      start.set_api_servers(api_servers);
      start.set_awaited(true);
    });
  }
}

}  // namespace

bool is_issued_already(const Draft& draft, const NodeSituation& node) {
  return draft.any_step([&](const Step& step) { return step.issue_certificates().node() == node.name; });
}

bool nothing_else_to_do(const Draft& draft) {
  const Situation& situation = draft.situation;
  const bool only_certificates =
      std::all_of(draft.steps.begin(), draft.steps.end(), [](const Step& step) { return step.has_issue_certificates(); });
  return only_certificates && draft.refusals.empty() && draft.waiting.empty() && !situation.no_space && !situation.corrupt &&
         std::all_of(situation.members.begin(), situation.members.end(),
                     [](const MemberSituation& member) { return member.live && !member.learner; });
}

void renew_certificates(Draft& draft) {
  const bool at_leisure = nothing_else_to_do(draft);
  for (const NodeSituation& node : draft.situation.nodes) {
    if (node.renewal_asked && node.member && node.access != Access::answers) {
      draft.refuse(node.name, "Its certificates were asked to be renewed, and it cannot be worked on.",
                   "Ask again once it answers.");
    }
    if ((at_leisure || node.renewal_asked) && can_be_renewed(draft, node)) renew(draft, node);
  }
  for (const NodeSituation& node : draft.situation.nodes) {
    if (node.renews_control_plane()) renew_control_plane(draft, node);
  }
}

void let_certificates_wait(Draft& draft) {
  for (const NodeSituation& node : draft.situation.nodes) {
    const bool could_be = node.member && node.authority_present && !node.certificates_to_renew.empty();
    if (!could_be || is_issued_already(draft, node) || node.serves_other_certificate || !signer_for(draft.situation, node))
      continue;
    std::vector<std::string> evidence;
    for (const auto& [name, renewal] : node.certificates_to_renew) evidence.push_back(name + " " + renewal.reason);
    draft.waiting.push_back(make_finding(FindingKind::certificate_differs,
                                         {.subject = node.name,
                                          .summary = "Its certificates are due, and wait until nothing else is to do.",
                                          .evidence = evidence,
                                          .remedy = "Issued anew by the next plan."}));
  }
}

}  // namespace quorate
