// SPDX-License-Identifier: Apache-2.0
#include "plans/authorities.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const CreateAuthority& action, StepContext& context, Step& step) {
  step.set_title("make the CA " + action.name() + ", and keep it on " + action.node());
  Fact::AuthorityPresent& before = *step.add_guards()->mutable_authority_present();
  before.set_node(action.node());
  before.set_with_key(true);
  MakeAuthority& make = *step.add_operations()->mutable_make_authority();
  make.set_node(action.node());
  make.set_directory(next_authority_directory);
  make.set_name(action.name());
  make.set_like_directory(facts_of(context, action.node()).pki_directory());
  Fact::NextAuthorityIs& kept = *step.add_checks()->mutable_next_authority_is();
  kept.set_node(action.node());
  kept.set_name(action.name());
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
