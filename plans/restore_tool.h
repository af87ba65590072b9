// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "schemas/observation.pb.h"

namespace quorate {

/// The best tool on the node to restore with: one that can bump the revision, then etcdutl; nothing where there is none (3.6's
/// etcdctl restores no more; etcd-facts 2.2). On the host, in the root of its running etcd, or in etcd's image, where `ctr` can
/// mount that; else on the workstation; not of a minor version further than one from the
/// node's etcd, or from the cluster's where no manifest is on the node. Nothing of a container's, where that is stopped before the
/// snapshot is made.
std::optional<Tool> restore_tool(const NodeFacts& facts, const Intent::Restore& restore, const std::string& node);

/// etcd itself, with etcdctl beside it, in the image that the node's etcd ran from, else on the workstation; nothing where neither
/// is.
std::optional<Tool> etcd_program(const NodeFacts& facts, const Intent::Restore& restore);

/// etcdctl, to ask the node's own etcd with: on the host, in the root of its etcd, or in its image; nothing where there is none.
std::optional<Tool> client_tool(const NodeFacts& facts);

/// Where a tool is once it can be run on the node: those of the workstation are brought into the folder in which a restore works.
Tool on_node(Tool tool, const NodeFacts& facts, const std::string& run_id);

/// Whether the node's etcd, which serves nothing, is stopped so that its data can be copied.
bool is_copied(const Intent::Restore& restore, const std::string& node);

}  // namespace quorate
