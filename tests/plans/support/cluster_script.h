// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "plans/plan.h"
#include "tests/plans/support/scripted_cluster.h"

namespace quorate {

/// What a script shows at its end: the whole plan, the titles of its steps with their safety, or the status.
enum class Shown { plan, steps, status };

/// One case of a golden file: what is told of a cluster, and what must come out.
struct ScriptCase {
  std::string name;
  std::vector<std::string> lines;  ///< as they stand, comments too
  ScriptedCluster cluster;
  Request request;
  Shown shown = Shown::plan;
  std::string expected;
};

/// Reads a golden file: cases of `case NAME`, the cluster's lines, `plan`, `steps` or `status`, `----`, what must come
/// out, `====`. A cluster is healthy, set up by kubeadm 1.20, but for what its lines say. Throws where a line is not
/// understood.
std::vector<ScriptCase> read_script(const std::string& text);

/// The file that read_script read, with `outputs` for what must come out.
std::string write_script(const std::vector<ScriptCase>& cases, const std::vector<std::string>& outputs);

/// What the case shows.
std::string run_case(const ScriptCase& script);

/// What the unfinished run 7e57 restores, as it was pinned; `seed`: on node1, which the others join.
Intent::Restore scripted_restore(bool seed);

/// One line about a node: `node3 wiped`, as the words after the name.
void tell_node(ScriptedCluster& cluster, const std::string& name, const std::vector<std::string>& words);

}  // namespace quorate
