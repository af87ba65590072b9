// SPDX-License-Identifier: Apache-2.0
#include "plans/lookup.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

// A CA's key may exist nowhere else, and another cluster's certificates hang on it.
void put_aside_old_authority(const StepContext& context, const std::string& node, Step& step) {
  const NodeFacts& facts = facts_of(context, node);
  const auto put_aside = [&](const std::string& path) {
    MovePath& move = *step.add_operations()->mutable_move_path();
    move.set_node(node);
    move.set_from(path);
    move.set_to(parking_directory(context) + "/" + base_name(path));
  };
  for (const Certificate& certificate : facts.certificates()) {
    if (base_name(certificate.path()) != "ca.crt") continue;
    if (certificate.present()) put_aside(certificate.path());
    if (!certificate.key_mode().empty()) put_aside(facts.pki_directory() + "/ca.key");
  }
}

}  // namespace

absl::Status write_out(const InstallAuthority& action, StepContext& context, Step& step) {
  const bool is_from_node = !action.from().empty();
  step.set_title("bring etcd's CA from " + (is_from_node ? action.from() : "the workstation") + " to " + action.node());
  Fact::AuthorityPresent& source = *step.add_guards()->mutable_authority_present();
  source.set_node(action.from());
  source.set_with_key(true);
  put_aside_old_authority(context, action.node(), step);
  CopyAuthority& copy = *step.add_operations()->mutable_copy_authority();
  copy.set_from_node(action.from());
  copy.set_to_node(action.node());
  copy.set_from_directory(authority_directory(context, action.from()));
  copy.set_to_directory(facts_of(context, action.node()).pki_directory());
  Fact::AuthorityPresent& target = *step.add_checks()->mutable_authority_present();
  target.set_node(action.node());
  target.set_with_key(is_from_node);
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
