// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"
#include "engine/live_world.h"
#include "plans/lookup.h"
#include "schemas/spec_reader.h"

namespace quorate::cli {
namespace {

Spec spec_of_hosts(const Options& options) {
  Spec spec;
  spec.set_api_version("quorate/v1alpha1");
  spec.set_kind("EtcdCluster");
  spec.mutable_metadata()->set_name("imported");
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

// The name that etcd has on the node, and its address, by the manifest; else what the node says of itself.
void describe(const NodeObservation& seen, MemberSpec& member) {
  const std::optional<StaticPod> pod = current_pod(seen.facts());
  const std::string name = pod ? pod->argument("name").value_or("") : "";
  member.set_name(name.empty() ? seen.facts().hostname() : name);
  if (is_ip_address(member.host())) return;
  std::string address = pod ? host_of_url(pod->argument("initial-advertise-peer-urls").value_or("")) : "";
  if (address.empty() && !seen.facts().addresses().empty()) address = seen.facts().addresses(0);
  member.set_address(address);
}

}  // namespace

int import_spec(const Options& options) {
  Spec spec = spec_of_hosts(options);
  const Observation observation = LiveWorld(spec).observe();
  bool complete = true;
  for (int i = 0; i < observation.nodes_size(); ++i) {
    const NodeObservation& seen = observation.nodes(i);
    if (seen.has_facts()) {
      describe(seen, *spec.mutable_spec()->mutable_members(i));
    } else {
      complain(seen.host() + ": " + seen.ssh().detail());
      complete = false;
    }
  }
  if (!complete) {
    complain("no spec is written: every host must answer, so that names and addresses are the nodes' own");
    return ExitCode::error;
  }
  const std::string text = write_spec(spec);
  if (options.out_file.empty()) {
    std::cout << text;
    return ExitCode::ok;
  }
  const absl::Status written = write_file(options.out_file, text);
  if (!written.ok()) complain(message_of(written));
  return written.ok() ? ExitCode::ok : ExitCode::error;
}

}  // namespace quorate::cli
