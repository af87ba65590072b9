// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/cli/options.h"
#include "engine/execute.h"
#include "engine/files.h"
#include "engine/world.h"
#include "schemas/spec.pb.h"

namespace quorate::cli {

// Each command returns its exit code.
int validate(const Options& options);
int import_spec(const Options& options);
int observe(const Options& options);
int status(const Options& options);
int plan(const Options& options);
int show(const Options& options);
int apply(const Options& options, const StopRequest& stop);
int fence(const Options& options, const StopRequest& stop);
int unlock(const Options& options);
int snapshot(const Options& options, const StopRequest& stop);
int save_survivors(const Options& options, const StopRequest& stop);
int verify_snapshot(const Options& options, const std::string& path);
int drill_snapshot(const Options& options, const std::string& path, const StopRequest& stop);
int drill_on_node(const Options& options, const std::string& path, const StopRequest& stop);

// What commands share.

/// Reads the spec and prints its diagnostics; nothing where one of them is an error.
std::optional<Spec> load_spec(const Options& options);

/// Looks at the live nodes, or reads a recorded observation where one is named. Nothing where that file cannot be read.
std::optional<Observation> obtain_observation(const Options& options, const Spec& spec);

/// Says on stderr of what in a record could be secret, before it is written out.
void warn_of_environment(const Observation& observation);

/// Prints `quorate: message` on standard error.
void complain(const std::string& message);

/// Prints `waiting: what` there.
void say_waiting(const std::string& what);

/// Coloured where standard output is a terminal and $NO_COLOR is not set.
Style output_style();

}  // namespace quorate::cli
