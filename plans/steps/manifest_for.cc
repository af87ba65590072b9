// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "plans/image_version.h"
#include "plans/kubeadm_manifest.h"
#include "plans/lookup.h"
#include "plans/shared_arguments.h"
#include "plans/steps/steps.h"
#include "schemas/spec_reader.h"
#include "schemas/static_pod.h"

namespace quorate {
namespace {

// What the spec does not say is the live majority's: the manifest with the image and flags that most of the serving nodes have; of
// equally many the first.
const Manifest* manifest_of_peer(const StepContext& context, const std::string& node) {
  struct Choice {
    const Manifest* first = nullptr;
    int nodes = 0;
  };
  using Key = std::pair<std::string, std::map<std::string, std::string>>;
  std::map<Key, Choice> choices;
  const Choice* best = nullptr;
  std::vector<const Choice*> in_order;
  for (const NodeSituation& other : context.situation.nodes) {
    if (other.name == node || other.etcd != EtcdState::serving) continue;
    const NodeFacts& facts = facts_of(context, other.name);
    const std::optional<StaticPod> pod = current_pod(facts);
    if (!pod) continue;
    Choice& choice = choices[{pod->image, shared_arguments(*pod)}];
    if (choice.nodes++ > 0) continue;
    choice.first = current_manifest(facts);
    in_order.push_back(&choice);
  }
  for (const Choice* choice : in_order) {
    if (best == nullptr || choice->nodes > best->nodes) best = choice;
  }
  return best == nullptr ? nullptr : best->first;
}

// For a restore, before which nothing may serve any more.
const Manifest* manifest_of_any(const StepContext& context) {
  for (const NodeSituation& node : context.situation.nodes) {
    const NodeFacts& facts = facts_of(context, node.name);
    if (const Manifest* current = current_manifest(facts)) return current;
    if (const Manifest* spare = newest_spare(facts)) return spare;
  }
  return nullptr;
}

struct Source {
  const Manifest* manifest = nullptr;
  bool of_peer = false;
  bool spare = false;  ///< put aside at some time: the cluster may have been upgraded since
};

Source choose(const StepContext& context, const std::string& node) {
  const NodeFacts& facts = facts_of(context, node);
  if (const Manifest* own = current_manifest(facts)) return {own, false};
  const auto is_own = [&](const StaticPod& pod) { return pod.argument("name") == node; };
  if (const Manifest* spare = newest_spare(facts, is_own)) return {spare, false, true};
  if (const Manifest* peer = manifest_of_peer(context, node)) return {peer, true};
  return {context.restore == nullptr ? nullptr : manifest_of_any(context), true};
}

void name_urls(const std::string& address, const std::string& peer_url, ManifestEdit& edit) {
  const std::string client_url = https_url(address, 2379);
  edit.arguments["advertise-client-urls"] = client_url;
  edit.arguments["initial-advertise-peer-urls"] = peer_url;
  edit.arguments["listen-client-urls"] = "https://127.0.0.1:2379," + client_url;
  edit.arguments["listen-peer-urls"] = peer_url;
  edit.annotations["kubeadm.kubernetes.io/etcd.advertise-client-urls"] = client_url;
}

// A startup probe asks /readyz, which a learner is not before it has all: it must not be ended on the way, again and again.
void be_patient(const StepContext& context, const StaticPod& pod, ManifestEdit& edit) {
  const long needed = seconds_to_receive(context);
  const long period = std::max(pod.startup_period, 1L);
  if (pod.startup_failures > 0 && pod.startup_failures * period < needed) edit.startup_failures = (needed + period - 1) / period;
}

// Of the images on the node the newest; the spec's word outranks them.
std::string image_for(const StepContext& context, const std::string& node) {
  const std::string& said = context.spec.spec().etcd().image();
  if (!said.empty()) return said;
  std::string best;
  for (const std::string& image : facts_of(context, node).images()) {
    if (best.empty() || version_of_image(image) > version_of_image(best)) best = image;
  }
  return best;
}

// Where no manifest is left anywhere: as kubeadm would write it.
absl::StatusOr<std::string> made_as_kubeadm_does(const StepContext& context, const std::string& node,
                                                 const std::string& initial_cluster) {
  const NodeFacts& facts = facts_of(context, node);
  KubeadmMember member;
  member.name = node;
  member.peer_url = peer_url_for(context.spec, context.observation, context.situation, node);
  member.joins = !initial_cluster.empty();
  member.initial_cluster = member.joins ? initial_cluster : initial_cluster_of(context, node);
  member.data_directory = facts.data_directory().path();
  member.pki_directory = facts.pki_directory();
  member.image = image_for(context, node);
  if (member.image.empty()) return not_found("none is left anywhere, and no image of etcd is on it: name one as spec.etcd.image");
  return kubeadm_manifest(member);
}

// More than one may be a person's, where the machine has them all.
bool advertises(const StaticPod& pod, const NodeFacts& facts, const std::string& peer_url) {
  const std::vector<std::string> urls = split(pod.argument("initial-advertise-peer-urls").value_or(""), ',');
  const auto is_there = [&](const std::string& url) {
    const std::string host = host_of_url(url);
    const auto& addresses = facts.addresses();
    return !is_ip_address(host) || std::find(addresses.begin(), addresses.end(), host) != addresses.end();
  };
  const bool all_are = urls.size() == 1 || std::all_of(urls.begin(), urls.end(), is_there);
  return all_are && std::find(urls.begin(), urls.end(), peer_url) != urls.end();
}

struct Edited {
  const Manifest* manifest = nullptr;
  StaticPod pod;  ///< as it is there
  ManifestEdit edit;
};

absl::StatusOr<Edited> edit_of(const StepContext& context, const std::string& node, const std::string& initial_cluster,
                               const Source& source) {
  if (source.manifest == nullptr) return not_found("none on it, and none on a node whose etcd serves");
  absl::StatusOr<StaticPod> read = read_static_pod(source.manifest->content());
  if (!read.ok()) return read.status();
  Edited edited{source.manifest, *std::move(read), {}};
  const StaticPod& pod = edited.pod;
  ManifestEdit& edit = edited.edit;
  const std::string peer_url = peer_url_for(context.spec, context.observation, context.situation, node);
  if (pod.argument("name") != node) edit.arguments["name"] = node;
  // It acts at every start, and drops the members that joined since (etcd-facts 3).
  if (pod.argument("force-new-cluster")) edit.removed_arguments.emplace_back("force-new-cluster");
  if (pod.forces_new_cluster() && !pod.argument("force-new-cluster"))
    return precondition(source.manifest->path() +
                        " sets ETCD_FORCE_NEW_CLUSTER, which each start would carry out: take it out first");
  // Without a quorum the stored membership is not known, so what the node's own manifest says stays; but for an address that the
  // machine has no more: it can listen there no longer, and dials its peers, by which they hear each other (tried with 3.4.23).
  const bool known =
      !initial_cluster.empty() || context.situation.quorum() || context.restore != nullptr || situation_of(context, node).has_left;
  const bool other_url = known && !peer_url.empty() && !advertises(pod, facts_of(context, node), peer_url);
  if (source.of_peer || other_url) name_urls(host_of_url(peer_url), peer_url, edit);
  if (!initial_cluster.empty()) {
    edit.arguments["initial-cluster"] = initial_cluster;
    edit.arguments["initial-cluster-state"] = "existing";
  } else if (source.of_peer) {
    // With its data there, etcd looks at neither; but a copy of the peer's must not claim to be the peer.
    edit.arguments["initial-cluster"] = initial_cluster_of(context, node);
    edit.arguments["initial-cluster-state"] = "existing";
  }
  if (!initial_cluster.empty()) be_patient(context, pod, edit);
  if (!initial_cluster.empty() || source.spare) {
    const Manifest* peer = manifest_of_peer(context, node);
    const absl::StatusOr<StaticPod> peer_pod = peer == nullptr ? not_found("") : read_static_pod(peer->content());
    if (peer_pod.ok() && peer_pod->image != pod.image) edit.image = peer_pod->image;
  }
  return edited;
}

}  // namespace

bool makes_manifest(const StepContext& context, const std::string& node) {
  return context.restore != nullptr && choose(context, node).manifest == nullptr;
}

absl::StatusOr<std::string> manifest_for(const StepContext& context, const std::string& node, const std::string& initial_cluster) {
  const Source source = choose(context, node);
  if (source.manifest == nullptr && context.restore != nullptr) return made_as_kubeadm_does(context, node, initial_cluster);
  const absl::StatusOr<Edited> edited = edit_of(context, node, initial_cluster, source);
  if (!edited.ok()) return edited.status();
  return edit_manifest(edited->manifest->content(), edited->edit);
}

std::string image_of_manifest_for(const StepContext& context, const std::string& node, const std::string& initial_cluster) {
  const Source source = choose(context, node);
  if (source.manifest == nullptr && context.restore != nullptr) return image_for(context, node);
  const absl::StatusOr<Edited> edited = edit_of(context, node, initial_cluster, source);
  if (!edited.ok()) return "";
  return edited->edit.image.value_or(edited->pod.image);
}

}  // namespace quorate
