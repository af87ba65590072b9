// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const InstallAuthority& action, StepContext& context, Step& step) {
  step.set_title("bring etcd's CA from " + action.from() + " to " + action.node());
  Fact::AuthorityPresent& source = *step.add_guards()->mutable_authority_present();
  source.set_node(action.from());
  source.set_with_key(true);
  CopyAuthority& copy = *step.add_operations()->mutable_copy_authority();
  copy.set_from_node(action.from());
  copy.set_to_node(action.node());
  copy.set_from_directory(facts_of(context, action.from()).pki_directory());
  copy.set_to_directory(facts_of(context, action.node()).pki_directory());
  Fact::AuthorityPresent& target = *step.add_checks()->mutable_authority_present();
  target.set_node(action.node());
  target.set_with_key(true);
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
