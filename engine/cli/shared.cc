// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <iostream>

#include <unistd.h>

#include "engine/cli/commands.h"
#include "engine/live_world.h"
#include "engine/settle.h"
#include "plans/observation_of_spec.h"
#include "plans/recorded_environment.h"
#include "schemas/document.h"
#include "schemas/spec_reader.h"

namespace quorate::cli {

void complain(const std::string& message) { std::cerr << "quorate: " << message << "\n"; }

void say_waiting(const std::string& what) { std::cerr << "waiting: " << what << "\n"; }

Style output_style() {
  const bool plain = std::getenv("NO_COLOR") != nullptr || ::isatty(STDOUT_FILENO) == 0;
  return plain ? Style::plain : Style::coloured;
}

std::optional<Spec> load_spec(const Options& options) {
  const absl::StatusOr<std::string> text = read_file(options.spec_file);
  if (!text.ok()) {
    complain(message_of(text.status()) + " (name the spec with -f FILE or $QUORATE_SPEC)");
    return std::nullopt;
  }
  SpecReading reading = read_spec(*text, options.spec_file);
  for (const Diagnostic& diagnostic : reading.diagnostics) std::cerr << diagnostic.text() << "\n";
  if (has_error(reading.diagnostics)) return std::nullopt;
  return std::move(reading.spec);
}

void warn_of_environment(const Observation& observation) {
  for (const std::string& line : recorded_environment(observation)) std::cerr << "warning: " << line << "\n";
}

std::optional<Observation> obtain_observation(const Options& options, const Spec& spec) {
  if (options.observation_file.empty()) {
    LiveWorld world(spec);
    return observe_unflapping(spec, world, say_waiting);
  }
  const absl::StatusOr<std::string> text = read_file(options.observation_file);
  Observation observation;
  absl::Status read = text.status();
  if (text.ok()) read = read_document(options.observation_file, *text, &observation);
  if (read.ok() && observation.cluster() != spec.metadata().name()) {
    read = invalid(options.observation_file + " is of cluster " + observation.cluster() + ", and the spec of " +
                   spec.metadata().name());
  }
  if (read.ok()) return observation_of_spec(spec, observation);
  complain(message_of(read));
  return std::nullopt;
}

}  // namespace quorate::cli
