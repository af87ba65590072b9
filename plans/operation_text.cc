// SPDX-License-Identifier: Apache-2.0
#include "plans/operation_text.h"

#include "plans/lookup.h"
#include "schemas/digest.h"
#include "schemas/restore_arguments.h"

namespace quorate {
namespace {

std::string command(const RunCommand& run) {
  return run.node() + ": " + join({run.arguments().begin(), run.arguments().end()}, " ");
}

std::string issue(const IssueCertificate& certificate) {
  std::string text = certificate.node() + ": kubeadm init phase certs " + certificate.profile() +
                     "  # CN=" + certificate.common_name() + ", CA of " +
                     (certificate.signer().empty() ? "the workstation" : certificate.signer());
  if (certificate.sans_size() > 0) text += ", " + join({certificate.sans().begin(), certificate.sans().end()}, " ");
  return text;
}

std::string save_backup(const SaveBackup& save) {
  return "etcdctl snapshot save " + save.directory() + "/" + save.cluster() + "-" + save.cluster_id() + "-TIME.db  # asked of " +
         save.node() + (save.keep() == 0 ? "" : "; the newest " + std::to_string(save.keep()) + " are kept");
}

std::string put_snapshot(const PutSnapshot& put) {
  if (put.sha256().empty()) return put.node() + ": scp " + put.source() + " to " + put.path();
  return put.node() + ": scp " + put.source() + " to " + put.path() + " (" + std::to_string(put.bytes()) + " bytes, sha256 " +
         put.sha256().substr(0, 12) + ")";
}

std::string copy_authority(const CopyAuthority& copy) {
  const std::string from =
      copy.from_node().empty() ? "ca.crt from the workstation's " : "ca.crt and ca.key from " + copy.from_node() + ":";
  return copy.to_node() + ": " + from + copy.from_directory() + " to " + copy.to_directory();
}

std::string place_of(const Tool& tool) {
  switch (tool.place()) {
    case Tool::CONTAINER: return "  # of etcd's container";
    case Tool::IMAGE: return "  # of " + tool.image() + ", mounted by ctr";
    default: return "";
  }
}

std::string snapshot_data(const SnapshotData& snapshot) {
  return snapshot.node() + ": " + snapshot.tool().path() + " --force-new-cluster on a copy of " + snapshot.data_directory() +
         ", and etcdctl snapshot save " + snapshot.folder() + "/saved.db" + place_of(snapshot.tool());
}

std::string save_served(const SaveServed& save) {
  return save.node() + ": etcdctl snapshot save " + save.folder() + "/saved.db" +
         (save.holds_kubelet() ? ", without a kubelet meanwhile" : "") + place_of(save.tool());
}

std::string force_alone(const ForceAlone& force) {
  return force.node() + ": " + force.tool().path() + " --force-new-cluster on a copy of " + force.data_directory() +
         ", which stays as " + force.folder() + "/new" + place_of(force.tool());
}

std::string serve_restored(const ServeRestored& serve) {
  return serve.node() + ": " + serve.tool().path() + " --data-dir=" + serve.folder() + "/new; its keys at revision " +
         std::to_string(serve.revision()) + " are " + std::to_string(serve.keys()) +
         (serve.has_hash() ? ", their hash is " + std::to_string(serve.hash()) : "") + place_of(serve.tool());
}

std::string restore(const RestoreSnapshot& operation) {
  return operation.node() + ": " + operation.tool().path() + " snapshot restore " + operation.snapshot() +
         " --data-dir=" + operation.folder() + " " + join(restore_arguments(operation), " ") + place_of(operation.tool());
}

std::string check_store(const CheckStore& check) {
  if (!check.snapshot().empty()) {
    return "etcdctl endpoint hashkv and the count of its keys on " + join({check.nodes().begin(), check.nodes().end()}, ", ") +
           ", at the revision of " + check.snapshot() + (check.bump() > 0 ? " + " + std::to_string(check.bump()) : "");
  }
  return "etcdctl endpoint hashkv --rev=" + std::to_string(check.revision()) + " on " +
         join({check.nodes().begin(), check.nodes().end()}, ", ") + "; the count of its keys at that revision is " +
         std::to_string(check.keys());
}

std::string write_authorities(const WriteAuthorities& write) {
  return write.node() + ": " + write.directory() + "/ca.crt := " + join({write.names().begin(), write.names().end()}, ", ") +
         (write.with_key() ? ", and ca.key := " + write.names(0) + "'s" : "") + ", from " + write.from_node();
}

std::string invited_by(const KubeadmJoin& join) {
  return join.from_node() + ": kubeadm init phase upload-certs, kubeadm token create; " + join.node() + ": ";
}

std::string kubeadm_join(const KubeadmJoin& join) {
  return join.node() + ": kubeadm reset --skip-phases=remove-etcd-member, with a copy of /etc/kubernetes in " + join.folder() +
         "; " + invited_by(join) + "kubeadm join phase preflight, control-plane-prepare all and kubelet-start, as " +
         join.node_name() + " at " + join.advertise_address();
}

}  // namespace

std::string text_of(const Operation& operation) {
  switch (operation.kind_case()) {
    case Operation::kRunCommand: return command(operation.run_command());
    case Operation::kPutFile: {
      const PutFile& put = operation.put_file();
      return put.node() + ": write " + put.path() + " (" + std::to_string(put.content().size()) + " bytes, mode " + put.mode() +
             ", sha256 " + sha256_hex(put.content()).substr(0, 12) + ")";
    }
    case Operation::kMovePath:
      return operation.move_path().node() + ": mv " + operation.move_path().from() + " " + operation.move_path().to();
    case Operation::kMoveEntries:
      return operation.move_entries().node() + ": mv " + operation.move_entries().from() + "/* " + operation.move_entries().to() +
             "/";
    case Operation::kMemberAdd: return "etcdctl member add --learner --peer-urls=" + operation.member_add().peer_url();
    case Operation::kMemberRemove:
      return operation.member_remove().member_id().empty()
                 ? "etcdctl member remove the learner at " + operation.member_remove().learner_peer_url()
                 : "etcdctl member remove " + operation.member_remove().member_id();
    case Operation::kMemberPromote: return "etcdctl member promote the learner at " + operation.member_promote().peer_url();
    case Operation::kMemberUpdate:
      return "etcdctl member update " + operation.member_update().member_id() +
             " --peer-urls=" + operation.member_update().peer_url();
    case Operation::kLeaderMove:
      return "etcdctl move-leader " + operation.leader_move().to_member_id() + "  # asked of " +
             operation.leader_move().from_node();
    case Operation::kCopyAuthority: return copy_authority(operation.copy_authority());
    case Operation::kIssueCertificate: return issue(operation.issue_certificate());
    case Operation::kRemoveContainers: return operation.remove_containers().node() + ": crictl rm of etcd's exited containers";
    case Operation::kStreamSnapshot:
      return "etcdctl snapshot save " + operation.stream_snapshot().path() + "  # asked of " + operation.stream_snapshot().node();
    case Operation::kSaveBackup: return save_backup(operation.save_backup());
    case Operation::kPutSnapshot: return put_snapshot(operation.put_snapshot());
    case Operation::kRestoreSnapshot: return restore(operation.restore_snapshot());
    case Operation::kSnapshotData: return snapshot_data(operation.snapshot_data());
    case Operation::kServeRestored: return serve_restored(operation.serve_restored());
    case Operation::kForceAlone: return force_alone(operation.force_alone());
    case Operation::kSaveServed: return save_served(operation.save_served());
    case Operation::kFetchSnapshot:
      return "scp " + operation.fetch_snapshot().node() + ":" + operation.fetch_snapshot().path() + " " +
             operation.fetch_snapshot().target();
    case Operation::kCheckStore: return check_store(operation.check_store());
    case Operation::kCompact: return "etcdctl compact --physical  # to the newest revision";
    case Operation::kDefragmentStore: return operation.defragment_store().node() + ": etcdctl defrag";
    case Operation::kDisarm: return "etcdctl alarm disarm  # " + operation.disarm().alarm();
    case Operation::kDeletePrefix:
      return "etcdctl del --prefix " + operation.delete_prefix().prefix() + "  # asked of " + operation.delete_prefix().node();
    case Operation::kKubeadmPreflight: {
      const KubeadmJoin& join = operation.kubeadm_preflight().join();
      return invited_by(join) + "kubeadm join phase preflight";
    }
    case Operation::kKubeadmJoin: return kubeadm_join(operation.kubeadm_join());
    case Operation::kMakeAuthority: {
      const MakeAuthority& make = operation.make_authority();
      return make.node() + ": a CA of the name " + make.name() + ", like " + make.like_directory() + "/ca.crt, in " +
             make.directory();
    }
    case Operation::kWriteAuthorities: return write_authorities(operation.write_authorities());
    case Operation::KIND_NOT_SET: break;
  }
  return "";
}

std::string node_of(const Operation& operation) {
  switch (operation.kind_case()) {
    case Operation::kRunCommand: return operation.run_command().node();
    case Operation::kPutFile: return operation.put_file().node();
    case Operation::kMovePath: return operation.move_path().node();
    case Operation::kMoveEntries: return operation.move_entries().node();
    case Operation::kCopyAuthority: return operation.copy_authority().to_node();
    case Operation::kIssueCertificate: return operation.issue_certificate().node();
    case Operation::kRemoveContainers: return operation.remove_containers().node();
    case Operation::kPutSnapshot: return operation.put_snapshot().node();
    case Operation::kRestoreSnapshot: return operation.restore_snapshot().node();
    case Operation::kSnapshotData: return operation.snapshot_data().node();
    case Operation::kSaveServed: return operation.save_served().node();
    case Operation::kServeRestored: return operation.serve_restored().node();
    case Operation::kForceAlone: return operation.force_alone().node();
    case Operation::kFetchSnapshot: return operation.fetch_snapshot().node();
    case Operation::kMakeAuthority: return operation.make_authority().node();
    case Operation::kWriteAuthorities: return operation.write_authorities().node();
    case Operation::kKubeadmPreflight: return operation.kubeadm_preflight().join().node();
    case Operation::kKubeadmJoin: return operation.kubeadm_join().node();
    case Operation::kMemberAdd:
    case Operation::kMemberRemove:
    case Operation::kMemberPromote:
    case Operation::kMemberUpdate:
    case Operation::kLeaderMove:
    case Operation::kStreamSnapshot:
    case Operation::kSaveBackup:
    case Operation::kCheckStore:
    case Operation::kCompact:
    case Operation::kDefragmentStore:
    case Operation::kDisarm:
    case Operation::kDeletePrefix:
    case Operation::KIND_NOT_SET: break;
  }
  return "";
}

}  // namespace quorate
