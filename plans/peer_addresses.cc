// SPDX-License-Identifier: Apache-2.0
#include "plans/peer_addresses.h"

#include <algorithm>
#include <map>
#include <optional>

#include "plans/addresses.h"
#include "plans/lookup.h"
#include "plans/matching.h"
#include "plans/shared_arguments.h"
#include "schemas/spec_reader.h"

namespace quorate {
namespace {

/// Where a node's own manifest, or its etcd as it runs, says that its peers reach it.
struct PeerAddresses {
  std::vector<std::string> advertised;
  std::vector<std::string> listening;
};

void add_urls(const std::vector<std::string>& command, PeerAddresses& addresses) {
  const std::map<std::string, std::string> arguments = arguments_of(command);
  const auto add = [&](const std::string& flag, std::vector<std::string>& to) {
    const auto found = arguments.find(flag);
    if (found == arguments.end()) return;
    const std::vector<std::string> urls = split(found->second, ',');
    to.insert(to.end(), urls.begin(), urls.end());
  };
  add("initial-advertise-peer-urls", addresses.advertised);
  add("listen-peer-urls", addresses.listening);
}

// A manifest that was changed may wait for a restart: until then etcd is reached where it was.
PeerAddresses peer_addresses(const NodeFacts& facts) {
  PeerAddresses addresses;
  if (const std::optional<StaticPod> pod = current_pod(facts)) add_urls(pod->command, addresses);
  for (const EtcdProcess& process : facts.processes()) {
    add_urls({process.arguments().begin(), process.arguments().end()}, addresses);
  }
  return addresses;
}

// `https://10.0.0.1:2380` without its host: the scheme and the port.
std::string without_host(const std::string& url) {
  const std::size_t host = url.find("://");
  const std::size_t port = url.rfind(':');
  return host == std::string::npos || port == host ? url : url.substr(0, host) + url.substr(port);
}

bool is_wildcard(const std::string& host) { return host == "0.0.0.0" || host == "::" || host.empty(); }

bool has_scheme_and_port(const std::vector<std::string>& urls, const std::string& url) {
  return std::any_of(urls.begin(), urls.end(), [&](const std::string& own) { return without_host(own) == without_host(url); });
}

// Beside another URL, one must be advertised or listened at: an address of the node's on another network proves nothing.
bool is_its_own(const PeerAddresses& addresses, const std::string& url) {
  const auto& advertised = addresses.advertised;
  if (std::find(advertised.begin(), advertised.end(), url) != advertised.end()) return true;
  return std::any_of(addresses.listening.begin(), addresses.listening.end(), [&](const std::string& own) {
    const bool same_host =
        is_wildcard(host_of_url(own)) || host_of_url(own) == host_of_url(url) || !is_ip_address(host_of_url(url));
    return same_host && without_host(own) == without_host(url);
  });
}

bool can_be_reached_at(const PeerAddresses& addresses, const std::string& url) {
  const bool nothing_said = addresses.advertised.empty() && addresses.listening.empty();
  return nothing_said || has_scheme_and_port(addresses.advertised, url) || has_scheme_and_port(addresses.listening, url);
}

// Where SSH goes may be the same as before, and the machine another one, or at another place.
bool has_left(const std::string& address, const MemberSpec& member, const NodeObservation& node) {
  const auto& own = node.facts().addresses();
  const auto has = [&](const std::string& one) { return std::find(own.begin(), own.end(), one) != own.end(); };
  return is_ip_address(address) && !has(address) && address != member.address() && has(member.address());
}

}  // namespace

// Each listed URL must be one by which peers can reach the node; data matched the node with the member by ID.
void mark_wrong_peer_urls(const Spec& spec, const Observation& observation, Situation& situation) {
  for (std::size_t i = 0; i < situation.nodes.size(); ++i) {
    NodeSituation& node = situation.nodes[i];
    const NodeObservation* seen = find_node(observation, node.name);
    if (!node.member || !seen->has_facts() || situation.members[*node.member].peer_url.empty()) continue;
    const MemberSituation& member = situation.members[*node.member];
    const PeerAddresses addresses = peer_addresses(seen->facts());
    const auto is_wrong = [&](const std::string& url) {
      return node.has_left || !is_address_of(host_of_url(url), spec.spec().members(static_cast<int>(i)), *seen) ||
             !can_be_reached_at(addresses, url);
    };
    // Who is heard by its peers is reached there all the same, by a router: that is no repair.
    const bool is_heard = node.etcd == EtcdState::serving && member.live;
    node.has_left = !is_heard && has_left(host_of_url(member.peer_url), spec.spec().members(static_cast<int>(i)), *seen);
    node.peer_url_wrong = is_wrong(member.peer_url) ||
                          std::any_of(member.more_peer_urls.begin(), member.more_peer_urls.end(),
                                      [&](const std::string& url) { return is_wrong(url) || !is_its_own(addresses, url); });
  }
}

// Of a manifest, or of what its etcd was started with before: the first URL at an address that the machine has. What is advertised
// is read at a member's first start alone, and may be stale.
std::string own_peer_url(const StaticPod& pod, const NodeFacts& facts) {
  PeerAddresses addresses;
  add_urls(pod.command, addresses);
  for (const auto* urls : {&addresses.advertised, &addresses.listening}) {
    for (const std::string& url : *urls) {
      const auto& own = facts.addresses();
      const bool is_own = std::find(own.begin(), own.end(), host_of_url(url)) != own.end();
      if (is_own && has_scheme_and_port(addresses.listening, url)) return url;
    }
  }
  return "";
}

bool listens_for_peers_at(const StaticPod& pod, const std::string& address) {
  const std::vector<std::string> urls = split(pod.argument("listen-peer-urls").value_or(""), ',');
  return std::any_of(urls.begin(), urls.end(),
                     [&](const std::string& url) { return host_of_url(url) == address || is_wildcard(host_of_url(url)); });
}

// Where the machine has not the spec's address, nothing could listen at it.
void mark_moves(const Spec& spec, const Observation& observation, Situation& situation) {
  for (std::size_t i = 0; i < situation.nodes.size(); ++i) {
    NodeSituation& node = situation.nodes[i];
    const NodeObservation& seen = *find_node(observation, node.name);
    const std::string& address = spec.spec().members(static_cast<int>(i)).address();
    const std::optional<StaticPod> pod = current_pod(seen.facts());
    const auto& own = seen.facts().addresses();
    const bool runs = node.etcd == EtcdState::serving || node.etcd == EtcdState::starting || node.etcd == EtcdState::failing;
    if (!runs || !node.member || node.peer_url_wrong || !pod || !is_ip_address(address) ||
        std::find(own.begin(), own.end(), address) == own.end())
      continue;
    const MemberSituation& member = situation.members[*node.member];
    const std::string listed = host_of_url(member.peer_url);
    const bool peers_elsewhere = !listens_for_peers_at(*pod, address);
    // What has no leader because its move is half done does not serve by itself.
    if (node.etcd != EtcdState::serving && (listed != address || !peers_elsewhere)) continue;
    if (member.learner || !member.more_peer_urls.empty() || !is_ip_address(listed)) continue;
    node.listed_elsewhere = listed != address;
    const std::map<std::string, std::string> moved = moved_flags(*pod, address);
    node.listens_elsewhere = !moved.empty();
    node.peers_elsewhere = peers_elsewhere && moved.contains("listen-peer-urls");
    if (node.listed_elsewhere || node.listens_elsewhere) node.moves_to = address;
  }
}

}  // namespace quorate
