// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/plan.pb.h"

namespace quorate {

/// Whether terminal escapes for emphasis and colour go into a text.
enum class Style { plain, coloured };

/// Whether the plan is all that is asked for, or what is shown before it is carried out.
enum class Preview { of_plan, of_apply };

/// The plan as a person reads it: findings, refusals, what waits, the steps. Alone it says that nothing has been changed.
std::string plan_text(const Plan& plan, Style style, Preview preview = Preview::of_plan);

/// The line that says what all of it comes to.
std::string closing_text(const Plan& plan, Style style, Preview preview);

/// Findings alone, each with its evidence and remedy.
std::string finding_text(const Finding& finding, Style style);

/// The effect of a step of this plan; without a quorum nothing is written, and a step says that instead.
std::string safety_text(const Plan& plan, const Step& step);

/// Puts emphasis on a text where the style has any.
enum class Emphasis { strong, good, warning, bad };
std::string emphasise(const std::string& text, Emphasis emphasis, Style style);

}  // namespace quorate
