// SPDX-License-Identifier: Apache-2.0
// The parts of parse_probe, each in a file of its own. Each reads its records of the answer into the facts.
#pragma once

#include <string>
#include <string_view>

#include "providers/node/frames.h"
#include "providers/node/node.h"

namespace quorate::node {

void add_unknown(NodeFacts* facts, const std::string& fact, std::string_view reason);

absl::Status read_data_facts(const Answer& answer, NodeFacts* facts);
/// After read_data_facts: a manifest is etcd's by the data directory too.
absl::Status read_manifest_facts(const Answer& answer, NodeFacts* facts);
/// After read_manifest_facts: what etcd listens on is in its arguments.
absl::Status read_network_facts(const Answer& answer, NodeFacts* facts);
absl::Status read_container_facts(const Answer& answer, NodeFacts* facts);
/// The answers of `ctr`, where there was no crictl.
void read_ctr_facts(const Answer& answer, NodeFacts* facts);
absl::Status read_certificate_facts(const Answer& answer, std::int64_t now_seconds, Probe* probe);
/// `now_seconds` by the node's clock: a lease is as old as the node thinks.
absl::Status read_run_facts(const Answer& answer, std::int64_t now_seconds, NodeFacts* facts);

/// `registry/path/etcd:tag`, and no other image.
bool names_etcd_image(std::string_view reference);
/// Newest first; each with the tail of its own log, where the kubelet keeps one.
void finish_containers(const Answer& answer, NodeFacts* facts);

}  // namespace quorate::node
