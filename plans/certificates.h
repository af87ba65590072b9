// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// kubeadm's names of what etcd on this node needs: etcd-server, etcd-peer, etcd-healthcheck-client, and where there is an API
/// server, or a run has stopped one, apiserver-etcd-client.
std::vector<std::string> certificates_needed(const NodeFacts& facts);

/// Those, and the API server's also where there is none that would use it: all that another CA has to sign.
std::vector<std::string> certificates_there(const NodeFacts& facts);

/// Where kubeadm has the one of that name, without `.crt` and `.key`.
std::string certificate_stem(const std::string& name, const std::string& pki_directory);

/// Whether etcd shows it, and is dialled by its names.
bool is_of_server(const std::string& name);

/// Whether its extended key usage lets etcd use it as that.
bool is_for_use(const Certificate& certificate, const std::string& name);

/// The observed certificate of that name, or null.
const Certificate* find_certificate(const NodeFacts& facts, const std::string& name);

/// Of the rest of the control plane, by kubeadm's names for them: apiserver, admin.conf.
std::map<std::string, const Certificate*> control_plane_certificates(const NodeFacts& facts);

/// etcd's CA as it is there, or null where there is none that can be read.
const Certificate* find_authority(const NodeFacts& facts);

/// Those of them that are missing, unreadable, out of date, of another CA, for another use or another node's addresses, or without
/// their keys, by kubeadm's names for them.
std::vector<std::string> bad_certificates(const NodeFacts& facts, std::int64_t now_seconds);

/// Names that its certificate for server and peer lacks: of the node, of the member's listed URLs, the spec's address where the
/// machine has it, and the spec's extraSANs.
std::vector<std::string> missing_names(const ClusterSpec& spec, const NodeObservation& node, const MemberSituation* member,
                                       const std::string& name);

/// The names of its certificate for server or peer, where that is the node's own: who set the cluster up may have given more than
/// kubeadm does.
std::vector<std::string> names_to_keep(const NodeFacts& facts, const std::string& name);

/// Whether it is within the spec's renewBefore of its end.
bool expires_soon(const ClusterSpec& spec, const Certificate& certificate, std::int64_t now_seconds);

/// Whether one that is issued now can be good for longer: nothing outlives its CA.
bool can_be_outlasted(const NodeFacts& facts, const Certificate& certificate);

/// Whether others than its owner and group can read its key.
bool key_is_exposed(const Certificate& certificate);

/// Whether etcd shows clients another certificate than its server.crt on the disk.
bool serves_other_certificate(const NodeObservation& node);

/// Those of a node that are to be replaced though they are of use, by name; where etcd serves also those that are not, by what its
/// clients do without. A serving etcd's addresses are not judged by those of its machine: it may be reached by others.
std::map<std::string, Renewal> certificates_to_renew(const ClusterSpec& spec, const NodeObservation& node,
                                                     const MemberSituation* member, bool serves, std::int64_t now_seconds);

}  // namespace quorate
