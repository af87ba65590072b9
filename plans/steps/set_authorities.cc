// SPDX-License-Identifier: Apache-2.0
#include "plans/authorities.h"
#include "plans/certificates.h"
#include "plans/lookup.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

// Who still showed what the one that goes has signed would be refused by those that are started with what is written now.
void guard_against_strangers(const StepContext& context, const std::string& authority, Step& step) {
  for (const NodeObservation& node : context.observation.nodes()) {
    Fact::CertificatesGood& good = *step.add_guards()->mutable_certificates_good();
    good.set_node(node.name());
    good.set_issuer(authority);
    for (const std::string& name : certificates_there(node.facts())) {
      good.add_paths(certificate_stem(name, node.facts().pki_directory()) + ".crt");
    }
  }
}

std::string title_of(const SetAuthorities& action) {
  const std::string names = listed({action.names().begin(), action.names().end()});
  if (!action.stopped()) return "sign with " + action.names(0) + " on " + action.node();
  return "trust " + std::string(action.names_size() == 1 ? "only " : "") + names + " on " + action.node();
}

}  // namespace

absl::Status write_out(const SetAuthorities& action, StepContext& context, Step& step) {
  step.set_title(title_of(action));
  if (action.stopped()) {
    step.add_guards()->mutable_etcd_stopped()->set_node(action.node());
    step.add_guards()->mutable_control_plane_stopped()->set_node(action.node());
  }
  if (action.drops()) guard_against_strangers(context, action.names(0), step);
  WriteAuthorities& write = *step.add_operations()->mutable_write_authorities();
  write.set_node(action.node());
  write.set_directory(facts_of(context, action.node()).pki_directory());
  write.set_from_node(action.holder());
  write.set_from_directory(facts_of(context, action.holder()).pki_directory());
  write.set_next_directory(next_authority_directory);
  *write.mutable_names() = action.names();
  write.set_with_key(action.with_key());
  Fact::AuthoritiesAre& set = *step.add_checks()->mutable_authorities_are();
  set.set_node(action.node());
  *set.mutable_names() = action.names();
  set.set_with_key(action.with_key());
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
