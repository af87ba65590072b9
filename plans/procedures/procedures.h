// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "plans/draft.h"

namespace quorate {

// Each procedure looks at the situation and adds to the draft what it would do. They are called in this order, mildest first.

/// Hosts that are back with a cluster that was given up are stopped first, API server and etcd, and what they hold is set aside.
/// Needs no quorum, and no diagnosis of anything else.
void fence(Draft& draft);

/// A member that runs with certificates that are of no use is heard by nobody: it gets new ones, which etcd reads at the next
/// handshake, without a restart (etcd-facts 7). Needs no quorum.
void renew_bad_certificates(Draft& draft);

/// Manifests that the kubelet would run instead of etcd.yaml are parked; the owner of a data directory, a peer URL are set right.
void mend_nodes(Draft& draft);

/// Stopped or failing members whose data is sound are started; nothing more destructive. Needs no quorum. The failing ones may be
/// left to the kubelet, which starts them again and again already.
enum class Starting { stopped_and_failing, stopped };
void start_members(Draft& draft, Starting which = Starting::stopped_and_failing);

/// Whether those would do for a quorum, once a person has mended what may keep one from being started.
bool could_start_a_quorum(const Situation& situation, Starting which = Starting::stopped_and_failing);

/// A store that is full: its history is dropped, each member's database is written anew, the leader's last, and the alarm is taken
/// off, as etcd's maintenance guide says. At once, or, called again, once the draft leaves no learner and no store that differs.
void free_space(Draft& draft);

/// Whether a live voter is to get a larger quota: then no room is made before every voter serves, since the quota comes first.
bool quota_grows(const Situation& situation);

/// Learners and members that a failed join left are taken on with, or removed.
void adopt_learners(Draft& draft);

/// Learners that a person asserted lost are removed.
void remove_lost_learners(Draft& draft);

/// Voters that a person asserted lost are removed, once no learner is left: while there is one nothing else changes the membership.
void remove_lost_voters(Draft& draft);

/// Members whose data is lost, damaged, older or another's, and those that a person wants replaced, get fresh data.
void replace_members(Draft& draft);

/// The members have found that their stores differ: once whose does is replaced, the alarm is taken off.
void end_corruption(Draft& draft);

/// Whether the voters that are left without those nodes' are known to have stores that differ, or nobody knows which store is right
/// and one of them gave no hash. Who is made anew then gets a copy of its leader's, whichever that is, which looks like a
/// majority's.
bool in_doubt_without(const Draft& draft, const std::function<bool(const NodeSituation&)>& gone);
bool in_doubt(const Draft& draft);

/// What a person does about that.
inline constexpr const char* doubt_remedy = "Find out whose store is right, and say --replace NODE for each of the others.";

/// Once nothing is broken: what the spec has and the cluster lacks joins, then what the spec lacks is removed.
void reconfigure(Draft& draft);

/// API servers and controllers that a run has stopped are started again where their etcd is a voter, or will be one. `awaited`:
/// until they are ready.
void let_clients_in(Draft& draft, bool awaited = true);

/// On a cluster that is whole: data that was set aside earlier is deleted as far as the spec's `setAside` lets it go. For a plan
/// that has nothing else to do.
void prune_set_asides(Draft& draft);

/// What may go, and is not deleted by this plan, is said.
void let_set_asides_wait(Draft& draft);

/// Of an unfinished run: voters that it may have restarted, and that do not serve yet, are waited for. False, and refused, where
/// one is being ended still: until it has, the run is not over.
bool await_starting(Draft& draft);

/// A snapshot is restored, on all nodes at once or on one that the others join: brought and restored beside the data first, then
/// everything is stopped, switched, started, proven, and clients are let in. Goes on from wherever it was left.
void restore(Draft& draft);

/// The undo of a restore, until clients were let in: the old data, etcd and control plane are back, on every node that answers.
/// Later, where a node does not answer, the run ends as it stands.
void undo_restore(Draft& draft);

/// Without a quorum: a snapshot of each node whose etcd serves still, PREFIXnode1.db on the workstation. Changes nothing else.
void save_survivors(Draft& draft, const std::vector<std::string>& serving, const std::string& prefix);

/// Of a run that is given up without a quorum: stopped members are started, where that is the way back to one. Else it ends as it
/// stands, since what brings the cluster back then is a run of its own.
void end_without_quorum(Draft& draft);

/// The undo of an unfinished run: its learner is taken out again, data that it has set aside is put back, and the manifest of
/// before where etcd does not serve with the flags that it has set.
void abandon_run(Draft& draft);

/// etcd's flags as the spec's extraArgs have them: one member at a time, the leader last, and only where nothing else is to do.
void set_flags(Draft& draft);

/// Flags that a node's manifest is to have.
struct WantedFlags {
  const NodeSituation* node;
  std::map<std::string, std::string> flags;
};

/// Whether its etcd can be restarted with them, and the unfinished run was approved to; else refused where a full store waits for
/// it, or where it ought to be possible.
bool can_set_flags(Draft& draft, const WantedFlags& wanted);

/// Those alone, whatever else is to do: one member at a time, the leader last. Returns who leads then.
const NodeSituation* set_flags_on(Draft& draft, const std::vector<WantedFlags>& wanted, const std::string& why);

/// Members whose node's address the spec has otherwise: certificates for it, the listed peer URL, then what etcd listens at; one at
/// a time, the leader last, and only where nothing else is to do.
void move_members(Draft& draft);

/// Of a member that is listed at the spec's address, does not listen there yet, and is cut off by that: its move is finished.
void finish_moves_of_cut_off(Draft& draft);

/// Certificates that are of use and are to be replaced all the same: asked for, or, where nothing else is to do, because they
/// expire soon, lack names, or others can read their keys. Nothing is restarted (etcd-facts 7). Those of the rest of the control
/// plane, where that was asked for, by kubeadm, one node at a time, its API server and controllers stopped meanwhile.
void renew_certificates(Draft& draft);

/// Another CA of etcd's in place of the one that there is, where that was asked for: both are trusted everywhere, then the new one
/// signs, then it alone is trusted. What is trusted is read at a start alone (etcd-facts 7): one node at a time, its API server
/// too. Where the spec's nodes are not all whole it waits, or is refused.
void rotate_authority(Draft& draft);

/// Its undo, as long as the new CA has signed nothing; later it stays as it is, which is safe, and says so.
void undo_rotation(Draft& draft, const std::string& to);

/// Says which of them wait: something else is to do first, or an unfinished run is gone on with that was not approved to do it.
void let_certificates_wait(Draft& draft);

/// Nodes of the spec that are no members, and that nothing else speaks of: nobody can see what they hold, so nothing is done to
/// them.
void report_absent(Draft& draft);

/// What kubeadm does after etcd, on nodes that it has joined and whose etcd votes by then.
void finish_kubeadm_joins(Draft& draft);

// What several procedures share.

/// Of a node whose etcd will be started anew: its image is there before anything is changed. Once a node.
void pull_missing_image(Draft& draft, const NodeSituation& node);

/// Of a node that awaits kubeadm: kubeadm's own checks of it, once and before anything is changed; and its reset and
/// kubeadm's phases before etcd.
void try_kubeadm(Draft& draft, const NodeSituation& node);
void join_by_kubeadm(Draft& draft, const NodeSituation& node);

/// Whether the plan so far issues certificates for it.
bool is_issued_already(const Draft& draft, const NodeSituation& node);

/// Whether nothing is broken, refused or waiting, and no step is planned but for certificates.
bool nothing_else_to_do(const Draft& draft);

/// Whether there is no quorum while that voter is restarted.
bool is_needed_for_quorum(const Situation& situation, const MemberSituation& member);

/// Whether the node's etcd is a live voter, and stays one, or will be by the draft.
bool will_vote(const Draft& draft, const NodeSituation& node);

/// Whether a manifest for the node's etcd is left anywhere that serves for it.
bool manifest_can_be_had(const Situation& situation, const NodeSituation& node);

/// Why something cannot be done, and what a person can do.
struct Obstacle {
  std::string summary;
  std::string remedy;
};

/// The node whose member leads, or null.
const NodeSituation* leader_of(const Situation& situation);

/// Calls `restart` for each, `leader` last, once it has handed over. Returns who leads then.
const NodeSituation* restart_one_by_one(Draft& draft, std::vector<const NodeSituation*> nodes, const NodeSituation* leader,
                                        const std::function<void(const NodeSituation&)>& restart);

/// Leadership is moved by asking the leader itself, which is reached where the spec has its node.
void hand_over(Draft& draft, const NodeSituation& leader, const NodeSituation& successor);

/// The learner that the plan neither finishes nor takes out, but for that node's; or null.
const MemberSituation* learner_in_the_way(const Draft& draft, const std::string& but_of_node);

/// Whether a node's etcd must have fresh data: see replace_members.
bool needs_fresh_data(const Situation& situation, const NodeSituation& node);

/// Whether a member is taken out so that its node gets fresh data.
bool leaves(const Situation& situation, const MemberSituation& member);

/// Whether this may make a member of the node: going on with a run does what was approved, and adds no other change of membership.
bool may_join(const Draft& draft, const NodeSituation& node);

/// Whether every voter is live, those that the draft starts, awaits or removes counted so: etcd adds no member before (strict
/// reconfiguration check; etcd-facts 1.3).
bool voters_will_be_live(const Draft& draft);

/// The steps that make a node's etcd a fresh member: stop, set aside, certificates, add, start, catch up, promote, verify. False,
/// and a refusal in the draft, where that cannot be done.
bool can_join(Draft& draft, const NodeSituation& node);
void join(Draft& draft, const NodeSituation& node, const std::string& why);

/// The steps from a learner that was added to a verified voter.
void bring_up_learner(Draft& draft, const NodeSituation& node, const std::string& why);

/// Takes a listed member out; the leader hands over first.
void remove_member(Draft& draft, const MemberSituation& member, const std::string& why);

/// Who signs with the key of etcd's CA, as IssueCertificates names it: the workstation (empty) where the spec wants that; else the
/// node itself, else one that answers. Nothing: nobody can.
std::optional<std::string> signer_for(const Situation& situation, const NodeSituation& node);

/// Why what is wanted, as the beginning of a sentence, cannot be signed, and what to do.
Obstacle no_signer(const Situation& situation, const std::string& wanted);

/// Issues what certificates the node lacks, and brings it the CA where it lacks that; but for those that kubeadm will make. `due`:
/// also where they are of use. False: nobody can sign.
bool provide_certificates(Draft& draft, const NodeSituation& node, bool due = false);

}  // namespace quorate
