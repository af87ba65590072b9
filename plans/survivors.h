// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"
#include "schemas/status.h"

namespace quorate {

/// From whom, and how, a cluster that lost its quorum begins anew.
struct Survivor {
  std::string node;
  Intent::Restore::Method method = Intent::Restore::UNSPECIFIED;
};

/// The one whose way brings the most: what is served brings all that was applied, data all that its member knows to be committed
/// (etcd-facts 3). Of equal ones the milder way, then the spec's order. A person's `node` or `method` is taken, or it is
/// said why it cannot be. precondition: there is none.
absl::StatusOr<Survivor> choose_survivor(const Spec& spec, const Observation& observation, const Situation& situation,
                                         const std::string& node, Intent::Restore::Method method);

/// What each node shows of the data that it has, a line for each: what a person chooses a survivor by.
std::vector<std::string> survivors(const Observation& observation);

/// What `--method` calls it: snapshot, data-directory, database, force-new-cluster. UNSPECIFIED: empty.
std::string word_of(Intent::Restore::Method method);

}  // namespace quorate
