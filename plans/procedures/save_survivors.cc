// SPDX-License-Identifier: Apache-2.0
#include "plans/procedures/procedures.h"

namespace quorate {

void save_survivors(Draft& draft, const std::vector<std::string>& serving, const std::string& prefix) {
  if (draft.situation.quorum()) {
    draft.refuse("", "There is a quorum: its members are no survivors.", "quorate snapshot save");
    return;
  }
  if (serving.empty()) {
    draft.refuse("", "No etcd on a node that answers serves what the cluster had.",
                 "What is in its data: quorate plan --recover-quorum");
  }
  for (const std::string& node : serving) {
    draft.add("It serves still, and would not after a restart.", [&](Step& step) {
      SaveSnapshot& save = *step.mutable_save_snapshot();
      save.set_node(node);
      save.set_path(prefix + node + ".db");
      save.set_method(Intent::Restore::SERVED);
      save.set_on_node_first(true);
    });
  }
}

}  // namespace quorate
