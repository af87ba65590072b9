// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <vector>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"
#include "engine/live_world.h"
#include "plans/cluster_choice.h"
#include "plans/lookup.h"
#include "plans/matching.h"
#include "schemas/document.h"
#include "schemas/spec_reader.h"

namespace quorate::cli {
namespace {

Spec spec_of_hosts(const Options& options) {
  Spec spec;
  spec.set_api_version(document_version);
  spec.set_kind("EtcdCluster");
  if (!options.user.empty()) {
    spec.mutable_spec()->mutable_ssh()->set_user(options.user);
    if (options.user != "root") spec.mutable_spec()->mutable_ssh()->set_sudo(true);
  }
  for (const std::string& host : options.arguments) {
    MemberSpec& member = *spec.mutable_spec()->add_members();
    member.set_name(host);
    member.set_host(host);
  }
  return spec;
}

void warn(const std::string& message) { std::cerr << "warning: " << message << "\n"; }

// A spec's address is an IP address; by a DNS name the URLs stay as they are.
void set_address(const std::string& address, MemberSpec& member) {
  if (is_ip_address(address) && address != member.host()) member.set_address(address);
}

// Where SSH goes may be another network than etcd's.
std::string peer_address(const NodeFacts& facts, const std::string& name, const std::vector<Member>& listed) {
  if (const std::optional<StaticPod> pod = current_pod(facts)) {
    const std::string urls = pod->argument("initial-advertise-peer-urls").value_or("");
    if (!urls.empty()) return host_of_url(urls.substr(0, urls.find(',')));
  }
  const auto own = std::find_if(listed.begin(), listed.end(), [&](const Member& member) { return member.name() == name; });
  if (own != listed.end()) return host_of_url(own->peer_urls(0));
  return facts.addresses_size() == 1 ? facts.addresses(0) : "";
}

// The name that etcd has on the node, and its address, by the manifest or as the others list it; else what the node says of itself.
void describe(const NodeObservation& seen, const std::vector<Member>& listed, MemberSpec& member) {
  const std::optional<StaticPod> pod = current_pod(seen.facts());
  const std::string name = pod ? pod->argument("name").value_or("") : "";
  member.set_name(name.empty() ? seen.facts().hostname() : name);
  const std::string address = peer_address(seen.facts(), member.name(), listed);
  set_address(address, member);
  if (!address.empty() || is_ip_address(member.host())) return;
  warn("nothing says which of the addresses of " + member.host() + " is etcd's (" +
       join({seen.facts().addresses().begin(), seen.facts().addresses().end()}, ", ") + "): give member " + member.name() +
       " its `address`");
}

// The listed member's name and address, for a host that told nothing itself.
void describe(const Member& listed, MemberSpec& member) {
  const std::string address = host_of_url(listed.peer_urls(0));
  if (member.host().empty()) member.set_host(address);
  member.set_name(listed.name().empty() ? member.host() : listed.name());
  set_address(address, member);
}

class Importing {
 public:
  explicit Importing(Spec spec) : spec_(std::move(spec)), observation_(LiveWorld(spec_).observe()) {}

  /// False: nothing is known of a host, which was said.
  bool complete();
  [[nodiscard]] const Spec& spec() const { return spec_; }

 private:
  void name_cluster();
  void find_listed();
  void describe_seen();
  void describe_silent();
  void describe_last_silent();
  void add_others();
  void describe_by_list(std::size_t silent, std::size_t listed);

  Spec spec_;
  Observation observation_;
  std::vector<Member> listed_;  // those that no host stands for yet
  std::vector<int> silent_;     // the hosts of which nothing is known yet
};

// Snapshots are told apart by it, so that no two clusters may have the same. kubeadm calls every cluster `kubernetes`.
void Importing::name_cluster() {
  const std::string id = choose_cluster(spec_, observation_).cluster_id;
  spec_.mutable_metadata()->set_name(id.empty() ? "imported" : "etcd-" + id.substr(0, 8));
  if (id.empty()) warn("no etcd says which cluster it is: give the spec a `metadata.name` of its own");
}

// By what live endpoints say; data directories may show a membership of long ago.
void Importing::find_listed() {
  const ClusterChoice cluster = choose_cluster(spec_, observation_);
  if (!cluster.refusals.empty() || cluster.members_from_data) return;
  for (const Member& member : cluster.members.members()) {
    if (!member.peer_urls().empty()) listed_.push_back(member);
  }
}

void Importing::describe_seen() {
  for (int i = 0; i < observation_.nodes_size(); ++i) {
    const NodeObservation& seen = observation_.nodes(i);
    if (!seen.has_facts()) {
      silent_.push_back(i);
      continue;
    }
    MemberSpec& member = *spec_.mutable_spec()->mutable_members(i);
    describe(seen, listed_, member);
    std::erase_if(listed_, [&](const Member& listed) {
      return listed.name() == member.name() || is_address_of(host_of_url(listed.peer_urls(0)), member, seen);
    });
  }
}

void Importing::describe_by_list(std::size_t silent, std::size_t listed) {
  MemberSpec& member = *spec_.mutable_spec()->mutable_members(silent_[silent]);
  describe(listed_[listed], member);
  warn(member.host() + " did not answer (" + observation_.nodes(silent_[silent]).ssh().detail() + "): taken for member " +
       member.name() + " at " + listed_[listed].peer_urls(0) + ", as etcd lists it");
  silent_.erase(silent_.begin() + static_cast<std::ptrdiff_t>(silent));
  listed_.erase(listed_.begin() + static_cast<std::ptrdiff_t>(listed));
}

void Importing::describe_silent() {
  for (std::size_t i = silent_.size(); i-- > 0;) {
    const std::string& host = spec_.spec().members(silent_[i]).host();
    const auto found = std::find_if(listed_.begin(), listed_.end(),
                                    [&](const Member& member) { return host_of_url(member.peer_urls(0)) == host; });
    if (found != listed_.end()) describe_by_list(i, static_cast<std::size_t>(found - listed_.begin()));
  }
}

// A host by another name than its peer URL's: where one of each is left there is no doubt.
void Importing::describe_last_silent() {
  if (silent_.size() == 1 && listed_.size() == 1) describe_by_list(0, 0);
}

// Left out of the spec they would be surplus, and removed.
void Importing::add_others() {
  for (const Member& listed : listed_) {
    MemberSpec& member = *spec_.mutable_spec()->add_members();
    describe(listed, member);
    warn("member " + member.name() + " at " + listed.peer_urls(0) +
         " is listed, and none of the hosts: it is added, so that it is not removed as surplus");
  }
}

bool Importing::complete() {
  name_cluster();
  find_listed();
  describe_seen();
  describe_silent();
  describe_last_silent();
  for (const int i : silent_) complain(observation_.nodes(i).host() + ": " + observation_.nodes(i).ssh().detail());
  if (!silent_.empty()) return false;
  add_others();
  return true;
}

}  // namespace

int import_spec(const Options& options) {
  Importing importing(spec_of_hosts(options));
  if (!importing.complete()) {
    complain("no spec is written: these hosts did not answer, and no live etcd says which members they are");
    return ExitCode::error;
  }
  const std::string text = write_spec(importing.spec());
  if (options.out_file.empty()) {
    std::cout << text;
    return ExitCode::ok;
  }
  const absl::Status written = write_file(options.out_file, text);
  if (!written.ok()) complain(message_of(written));
  return written.ok() ? ExitCode::ok : ExitCode::error;
}

}  // namespace quorate::cli
