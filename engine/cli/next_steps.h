// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engine/world.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate::cli {

/// How to go on with an unfinished run, and how to undo it: a line each.
std::string ways_out();

/// Both ways out of a run that stopped at a step: how to go on with the tool, and the commands that are left, to be typed.
std::string next_steps_text(const Spec& spec, const Plan& plan, const Observation& observation, const std::string& stopped_at);

/// Leaves that text on the nodes as /var/lib/quorate/NEXT.txt, where they can be reached; nothing depends on it.
void leave_next_steps(World& world, const Spec& spec, const std::string& run_id, const std::string& text);

}  // namespace quorate::cli
