// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plans/plan_text.h"
#include "schemas/plan.pb.h"
#include "schemas/status.h"

namespace quorate::cli {

enum class Output { text, json, markdown, runbook };

/// The command line, read and checked.
struct Options {
  std::string verb;                    ///< validate, plan, ...
  std::vector<std::string> arguments;  ///< what follows it that is no option
  std::string spec_file;
  bool spec_named = false;  ///< by a person, who means that it is there
  std::string observation_file;
  std::string out_file;
  Output output = Output::text;
  std::vector<Intent> intents;
  std::string user;  ///< of `import`
  std::string node;  ///< of `snapshot save` and `snapshot drill`
  std::string confirm;
  bool auto_approve = false;
  bool detailed_exit_code = false;
  bool no_snapshot = false;
  bool survivors = false;  ///< of `snapshot save`
  bool wait = false;       ///< of `fence`
  bool help = false;
  bool version = false;
};

/// Reads the arguments. invalid: what is wrong, and what is right.
absl::StatusOr<Options> read_options(int count, const char* const* arguments);

/// What `--help` prints.
std::string help_text();

}  // namespace quorate::cli
