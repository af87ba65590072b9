// SPDX-License-Identifier: Apache-2.0
#include "plans/drift.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "plans/certificates.h"
#include "plans/finding.h"
#include "plans/lookup.h"
#include "plans/node_condition.h"
#include "plans/shared_arguments.h"
#include "schemas/spec_reader.h"

namespace quorate {
namespace {

using Arguments = std::map<std::string, std::string>;

constexpr const char* by_hand = "Say in the spec's extraArgs which it shall be; or edit the manifests one node at a time.";
constexpr const char* one_by_one =
    "It is set one member at a time, once nothing else is to do. kubeadm's next upgrade writes the manifest anew: have it in its "
    "ClusterConfiguration too (etcd.local.extraArgs).";
constexpr const char* by_upgrade = "No procedure changes an image yet; do it by kubeadm upgrade.";

/// One node and the pod that its manifest describes.
struct NodePod {
  const NodeObservation* node;
  StaticPod pod;
};

std::vector<NodePod> pods_of(const Observation& observation) {
  std::vector<NodePod> pods;
  for (const NodeObservation& node : observation.nodes()) {
    if (std::optional<StaticPod> pod = current_pod(node.facts())) pods.push_back({&node, *std::move(pod)});
  }
  return pods;
}

std::optional<std::string> value_in(const Arguments& arguments, const std::string& flag) {
  const auto found = arguments.find(flag);
  if (found == arguments.end()) return std::nullopt;
  return found->second;
}

std::string flag_text(const std::string& flag, const std::optional<std::string>& value) {
  return value ? "--" + flag + "=" + *value : "no --" + flag;
}

std::string said_of_flag(const std::string& flag, const std::string& value) { return "the spec says " + flag_text(flag, value); }

/// One setting as it stands on each node, as text.
using Values = std::vector<std::pair<std::string, std::string>>;

// Of two that differ neither is the majority.
std::optional<std::string> majority(const Values& values) {
  std::map<std::string, std::size_t> count;
  for (const auto& [node, value] : values) {
    if (++count[value] * 2 > values.size()) return value;
  }
  return std::nullopt;
}

struct Difference {
  FindingKind kind;
  std::string of_one;      ///< the summary where one node differs from most
  std::string of_several;  ///< and where none has most with it
  std::string remedy;
};

void compare(const Values& values, const Difference& difference, std::vector<Finding>& drift) {
  const bool all_equal =
      std::all_of(values.begin(), values.end(), [&](const auto& value) { return value.second == values.front().second; });
  if (all_equal) return;
  const std::optional<std::string> usual = majority(values);
  std::vector<std::string> evidence;
  for (const auto& [node, value] : values) {
    evidence.push_back(node + ": " + value);
    if (!usual || value == *usual) continue;
    drift.push_back(make_finding(difference.kind, {.subject = node,
                                                   .summary = difference.of_one,
                                                   .evidence = {"manifest: " + value, "most nodes have " + *usual},
                                                   .remedy = difference.remedy}));
  }
  if (usual) return;
  drift.push_back(make_finding(
      difference.kind, {.subject = "", .summary = difference.of_several, .evidence = evidence, .remedy = difference.remedy}));
}

void find_image_drift(const EtcdSettings& wanted, const std::vector<NodePod>& pods, std::vector<Finding>& drift) {
  if (wanted.image().empty()) {
    Values values;
    for (const NodePod& each : pods) values.emplace_back(each.node->name(), each.pod.image);
    compare(values,
            {FindingKind::image_differs, "Its manifest names another image.", "The manifests name different images.", by_upgrade},
            drift);
    return;
  }
  for (const NodePod& each : pods) {
    if (each.pod.image == wanted.image()) continue;
    drift.push_back(
        make_finding(FindingKind::image_differs, {.subject = each.node->name(),
                                                  .summary = "Its manifest names another image.",
                                                  .evidence = {"manifest: " + each.pod.image, "the spec says " + wanted.image()},
                                                  .remedy = by_upgrade}));
  }
}

// What the spec says of a flag is compared with the spec.
void find_flag_drift(const EtcdSettings& wanted, const std::vector<NodePod>& pods, std::vector<Finding>& drift) {
  std::vector<Arguments> shared;
  std::set<std::string> flags;
  for (const NodePod& each : pods) {
    shared.push_back(shared_arguments(each.pod));
    for (const auto& [flag, value] : shared.back()) {
      if (wanted.extra_args().count(flag) == 0) flags.insert(flag);
    }
  }
  for (const std::string& flag : flags) {
    Values values;
    for (std::size_t i = 0; i < pods.size(); ++i) {
      values.emplace_back(pods[i].node->name(), flag_text(flag, value_in(shared[i], flag)));
    }
    compare(values,
            {FindingKind::argument_differs, "A flag in its manifest is not as on the other nodes.",
             "A flag in the manifests is not the same on all nodes.", by_hand},
            drift);
  }
}

void find_forced_cluster(const NodePod& each, std::vector<Finding>& drift) {
  if (!each.pod.forces_new_cluster()) return;
  drift.push_back(make_finding(FindingKind::argument_differs,
                               {.subject = each.node->name(),
                                .summary = "Its manifest has --force-new-cluster: at its next start it drops all others.",
                                .evidence = {"manifest: --force-new-cluster"},
                                .remedy = "Remove the flag from the manifest while a majority of the others serves."}));
}

void find_other_directory(const EtcdSettings& wanted, const NodePod& each, std::vector<Finding>& drift) {
  const std::string& data_directory = each.node->facts().data_directory().path();
  if (wanted.data_dir().empty() || data_directory.empty() || data_directory == wanted.data_dir()) return;
  drift.push_back(make_finding(FindingKind::argument_differs,
                               {.subject = each.node->name(),
                                .summary = "Its data directory is not the spec's dataDir, and stays where it is.",
                                .evidence = {"manifest: " + data_directory, "the spec says " + wanted.data_dir()},
                                .remedy = "Correct dataDir in the spec; no procedure moves a data directory."}));
}

void find_other_arguments(const EtcdSettings& wanted, const NodePod& each, std::vector<Finding>& drift) {
  const Arguments arguments(wanted.extra_args().begin(), wanted.extra_args().end());
  for (const auto& [flag, value] : other_arguments(arguments, each.pod)) {
    drift.push_back(make_finding(FindingKind::flags_differ,
                                 {.subject = each.node->name(),
                                  .summary = "Its manifest differs from the spec's extraArgs.",
                                  .evidence = {"manifest: " + flag_text(flag, each.pod.argument(flag)), said_of_flag(flag, value)},
                                  .remedy = one_by_one}));
  }
}

void find_other_addresses(const Spec& spec, const Observation& observation, const Situation& situation,
                          std::vector<Finding>& drift) {
  for (const NodeSituation& node : situation.nodes) {
    const MemberSpec* said = find_member_spec(spec, node.name);
    // One that is listed where it does not listen is heard by nobody, and may not serve by that.
    const bool may_be_asked = node.etcd == EtcdState::serving || node.peers_elsewhere;
    if (said == nullptr || !node.member || node.peer_url_wrong || !may_be_asked) continue;
    const std::string& listed = situation.members[*node.member].peer_url;
    const bool differs = !said->address().empty() && is_ip_address(host_of_url(listed)) && host_of_url(listed) != said->address();
    if (!differs && node.moves_to.empty()) continue;
    std::vector<std::string> evidence = {"listed: " + listed, "the spec says " + said->address()};
    const std::optional<StaticPod> pod = current_pod(find_node(observation, node.name)->facts());
    if (pod) evidence.push_back("manifest: " + flag_text("listen-peer-urls", pod->argument("listen-peer-urls")));
    const bool is_cut_off = node.etcd != EtcdState::serving;
    drift.push_back(make_finding(
        FindingKind::address_differs,
        {.subject = node.name,
         .summary = is_cut_off ? "It is listed at the spec's address, where its etcd does not listen: no peer reaches it."
                               : "Its etcd is not reached at the spec's address.",
         .evidence = evidence,
         .remedy = node.moves_to.empty() ? "The machine has no such address: give it to it, or correct the spec."
                   : is_cut_off          ? "Its etcd is made to listen there, before any other member is moved."
                                         : "It is moved once nothing else is to do, one member at a time. Its API server's "
                                           "--advertise-address and the kubelet's --node-ip stay: they are kubeadm's."}));
  }
}

bool is_etcd(const std::string& program) { return base_name(program) == "etcd"; }

// Only where it is one etcd, started by this manifest as it stands: no shell, no $(VARIABLE), no second manifest beside it.
bool can_be_compared(const NodePod& each) {
  const NodeFacts& facts = each.node->facts();
  if (facts.processes_size() != 1 || facts.manifests_size() != 1) return false;
  const auto& running = facts.processes(0).arguments();
  if (running.empty() || !is_etcd(running[0]) || each.pod.command.empty() || !is_etcd(each.pod.command[0])) return false;
  return std::none_of(each.pod.command.begin(), each.pod.command.end(),
                      [](const std::string& word) { return word.find("$(") != std::string::npos; });
}

void find_pending_arguments(const NodePod& each, std::vector<Finding>& drift) {
  if (!can_be_compared(each)) return;
  const auto& words = each.node->facts().processes(0).arguments();
  const Arguments running = arguments_of({words.begin(), words.end()});
  const Arguments written = arguments_of(each.pod.command);
  Arguments both = running;
  both.insert(written.begin(), written.end());
  std::vector<std::string> evidence;
  for (const auto& [flag, value] : both) {
    const std::optional<std::string> runs = value_in(running, flag);
    const std::optional<std::string> stands = value_in(written, flag);
    if (runs == stands) continue;
    evidence.push_back("running: " + flag_text(flag, runs));
    evidence.push_back("manifest: " + flag_text(flag, stands));
  }
  if (evidence.empty()) return;
  drift.push_back(
      make_finding(FindingKind::argument_differs,
                   {.subject = each.node->name(),
                    .summary = "Its etcd runs with other arguments than its manifest has: the change waits for a restart.",
                    .evidence = evidence,
                    .remedy = "The kubelet restarts it by itself; where it has not, its log says why: journalctl -u kubelet"}));
}

// One that is of no use is issued anew, with all names.
void find_missing_names(const ClusterSpec& spec, const NodeObservation& node, const MemberSituation* member,
                        std::int64_t now_seconds, std::vector<Finding>& drift) {
  const std::vector<std::string> bad = bad_certificates(node.facts(), now_seconds);
  for (const std::string name : {"etcd-server", "etcd-peer"}) {
    if (std::find(bad.begin(), bad.end(), name) != bad.end()) continue;
    const std::vector<std::string> missing = missing_names(spec, node, member, name);
    if (missing.empty()) continue;
    const Certificate& certificate = *find_certificate(node.facts(), name);
    drift.push_back(make_finding(
        FindingKind::certificate_differs,
        {.subject = node.name(),
         .summary = "A certificate lacks names of the node, of its member's URLs or of the spec's extraSANs.",
         .evidence = {certificate.path() + ": " + join({certificate.sans().begin(), certificate.sans().end()}, " "),
                      "it lacks " + join(missing, " ")},
         .remedy =
             "Issued anew once nothing is broken; nothing is restarted. Have the spec's names in kubeadm's ClusterConfiguration "
             "too: serverCertSANs, peerCertSANs."}));
  }
}

}  // namespace

bool sets_flag_of(const SetFlags& action, const Finding& difference) {
  const auto& evidence = difference.evidence();
  return action.node() == difference.subject() && std::any_of(action.flags().begin(), action.flags().end(), [&](const auto& flag) {
           return std::find(evidence.begin(), evidence.end(), said_of_flag(flag.first, flag.second)) != evidence.end();
         });
}

std::vector<Finding> find_drift(const Spec& spec, const Observation& observation, const Situation& situation) {
  std::vector<Finding> drift;
  const EtcdSettings& wanted = spec.spec().etcd();
  const std::vector<NodePod> pods = pods_of(observation);
  find_image_drift(wanted, pods, drift);
  find_flag_drift(wanted, pods, drift);
  find_other_addresses(spec, observation, situation, drift);
  for (const NodePod& each : pods) {
    find_forced_cluster(each, drift);
    find_other_directory(wanted, each, drift);
    find_other_arguments(wanted, each, drift);
    find_pending_arguments(each, drift);
  }
  for (const NodeSituation& node : situation.nodes) {
    const MemberSituation* member = node.member ? &situation.members[*node.member] : nullptr;
    find_missing_names(spec.spec(), *find_node(observation, node.name), member, observation.taken_at_seconds(), drift);
  }
  return drift;
}

}  // namespace quorate
