// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/plan.pb.h"

namespace quorate {

/// The plan for a comment on a pull request, in GitHub's and GitLab's Markdown: findings with their evidence, the steps as a
/// Mermaid graph, and each step folded under its title and safety. Nothing that a node says (a log line, a name) can end the code
/// or the markup that it stands in.
std::string plan_markdown(const Plan& plan);

}  // namespace quorate
