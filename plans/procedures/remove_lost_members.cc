// SPDX-License-Identifier: Apache-2.0
#include "plans/procedures/procedures.h"

namespace quorate {

void remove_lost_members(Draft& draft) {
  for (const MemberSituation& member : draft.situation.members) {
    if (member.asserted_lost) remove_member(draft, member, "A person asserted that it is gone for good.");
  }
}

}  // namespace quorate
