// SPDX-License-Identifier: Apache-2.0
#include "engine/operations.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "engine/authority.h"
#include "engine/backup.h"
#include "engine/kubeadm.h"
#include "engine/save_snapshot.h"
#include "engine/workstation_authority.h"
#include "plans/lookup.h"
#include "plans/operation_text.h"
#include "providers/pki/certificates.h"
#include "providers/snapshots/snapshot_file.h"
#include "schemas/restore_arguments.h"

namespace quorate {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds node_limit(30);
// A snapshot on its way, or one that is restored: 8 GiB, etcd's largest, at 10 MB a second.
constexpr std::chrono::minutes transfer_limit(15);
// etcd reads its whole store for a hash (etcd-facts 2.6: 1.3 GB in seconds).
constexpr std::chrono::seconds store_limit(60);
// A membership call has no deadline of its own on etcd's side (etcd-facts 9: 15 s, then the list is read again).
constexpr std::chrono::seconds membership_limit(15);

// What the restored members must have.
struct Promise {
  std::int64_t revision = 0;
  std::optional<std::uint64_t> keys;
};

// Of a snapshot that was saved by the run itself, and is on another workstation by now, only equal hashes can be asked for.
absl::StatusOr<Promise> promise_of(const CheckStore& operation, World& world) {
  if (operation.snapshot().empty()) return Promise{operation.revision(), operation.keys()};
  const absl::StatusOr<snapshots::FileCheck> check = snapshots::check_file(operation.snapshot());
  if (check.ok() && check->state == snapshots::FileState::good) {
    return Promise{restored_revision(check->contents.revision(), operation.bump()), check->contents.keys()};
  }
  etcd::Client* client = world.client(operation.nodes(0));
  if (client == nullptr) return unavailable("etcd on " + operation.nodes(0) + " cannot be reached");
  const absl::StatusOr<EndpointStatus> status = client->status(steady_clock::now() + membership_limit);
  if (!status.ok()) return status.status();
  return Promise{status->revision(), std::nullopt};
}

Outcome check_member(etcd::Client& client, const Promise& promise, std::optional<std::uint32_t>& hash) {
  const auto deadline = steady_clock::now() + store_limit;
  const absl::StatusOr<std::uint64_t> keys = client.count_keys(promise.revision, deadline);
  if (!keys.ok()) return Outcome::not_yet(message_of(keys.status()));
  if (promise.keys && *keys != *promise.keys) {
    return Outcome::not_done("it has " + std::to_string(*keys) + " keys at revision " + std::to_string(promise.revision) +
                             ", and not " + std::to_string(*promise.keys));
  }
  const absl::StatusOr<etcd::StoreHash> own = client.hash_of_store(promise.revision, deadline);
  if (!own.ok()) return Outcome::not_yet(message_of(own.status()));
  if (hash && *hash != own->hash) return Outcome::not_done("it has another hash than the members before it");
  hash = own->hash;
  return Outcome::done();
}

class Performer {
 public:
  Performer(const std::string& cluster_id, World& world, RunLease& lease, const Observation& observation, const StopRequest& stop)
      : cluster_id_(cluster_id), world_(world), lease_{lease.run_id()}, run_(lease), observation_(observation), stop_(stop) {}

  Outcome perform(const Operation& operation);

 private:
  using NodeCall = std::function<Outcome(node::Node&, steady_clock::time_point)>;
  using ClientCall = std::function<Outcome(etcd::Client&, steady_clock::time_point)>;
  using ListedCall = std::function<Outcome(etcd::Client&, const Member*, steady_clock::time_point)>;

  Outcome on_node(const std::string& name, const NodeCall& call, std::chrono::seconds limit = node_limit);
  Outcome ask_voter(const ClientCall& call);
  Outcome ask(const std::string& node, const ClientCall& call);
  Outcome with_listed(const std::string& peer_url, const ListedCall& call);
  Outcome remove(const MemberRemove& operation);
  Outcome copy_authority(const CopyAuthority& operation);
  Outcome issue_certificate(const IssueCertificate& operation);
  Outcome stream_snapshot(const StreamSnapshot& operation);
  Outcome fetch_snapshot(const FetchSnapshot& operation);
  Outcome back_up(const SaveBackup& operation);
  Outcome put_snapshot(const PutSnapshot& operation);
  Outcome check_store(const CheckStore& operation);
  absl::StatusOr<node::Authority> read_authority(const std::string& node, const std::string& directory);

  const std::string& cluster_id_;
  World& world_;
  node::Lease lease_;
  RunLease& run_;
  const Observation& observation_;
  const StopRequest& stop_;
};

Outcome Performer::on_node(const std::string& name, const NodeCall& call, std::chrono::seconds limit) {
  const std::shared_ptr<node::Node> node = world_.node(name);
  if (node == nullptr) return Outcome::not_yet(name + " cannot be reached");
  return call(*node, steady_clock::now() + limit);
}

Outcome Performer::ask(const std::string& node, const ClientCall& call) {
  // etcd knows nothing of the lease: the nodes are asked right before.
  if (!run_.confirm()) {
    const std::string text = "the run's lease is not its own any more, or too few nodes say so";
    return run_.valid() ? Outcome::not_yet(text) : Outcome::not_done(text);
  }
  etcd::Client* client = world_.client(node);
  if (client == nullptr) return Outcome::not_yet("etcd on " + node + " cannot be reached");
  return call(*client, steady_clock::now() + membership_limit);
}

// A learner forwards nothing; a voter that sees a leader does (etcd-facts 4.2).
Outcome Performer::ask_voter(const ClientCall& call) {
  for (const NodeObservation& node : observation_.nodes()) {
    const EndpointStatus& status = node.endpoint().status();
    const bool asks_itself = node.endpoint().via() == node.name();
    if (!node.endpoint().has_status() || status.learner() || status.leader_id().empty() || !asks_itself) continue;
    if (!cluster_id_.empty() && status.cluster_id() != cluster_id_) continue;
    if (world_.client(node.name()) != nullptr) return ask(node.name(), call);
  }
  return Outcome::not_yet("no voter that sees a leader can be asked");
}

Outcome Performer::with_listed(const std::string& peer_url, const ListedCall& call) {
  return ask_voter([&](etcd::Client& client, steady_clock::time_point deadline) {
    const absl::StatusOr<MemberList> list = client.member_list(etcd::Consistency::linearizable, deadline);
    if (!list.ok()) return Outcome::not_yet("the member list: " + message_of(list.status()));
    for (const Member& member : list->members()) {
      for (const std::string& url : member.peer_urls()) {
        if (url == peer_url) return call(client, &member, deadline);
      }
    }
    return call(client, nullptr, deadline);
  });
}

Outcome Performer::remove(const MemberRemove& operation) {
  if (!operation.member_id().empty()) {
    return ask_voter([&](etcd::Client& client, steady_clock::time_point deadline) {
      return client.remove_member(operation.member_id(), deadline);
    });
  }
  return with_listed(operation.learner_peer_url(),
                     [](etcd::Client& client, const Member* member, steady_clock::time_point deadline) {
                       if (member == nullptr) return Outcome::done("it is not listed");
                       if (!member->learner()) return Outcome::not_done("it is a voter by now");
                       return client.remove_member(member->id(), deadline);
                     });
}

absl::StatusOr<node::Authority> Performer::read_authority(const std::string& node, const std::string& directory) {
  if (node.empty()) return read_workstation_authority(directory);
  const std::shared_ptr<node::Node> source = world_.node(node);
  if (source == nullptr) return unavailable(node + " cannot be reached");
  return source->read_authority(directory, steady_clock::now() + node_limit);
}

Outcome Performer::copy_authority(const CopyAuthority& operation) {
  const absl::StatusOr<node::Authority> authority = read_authority(operation.from_node(), operation.from_directory());
  if (!authority.ok()) return Outcome::not_done(message_of(authority.status()));
  return on_node(operation.to_node(), [&](node::Node& node, steady_clock::time_point deadline) {
    // The workstation's stays where it is.
    if (!operation.from_node().empty()) {
      Outcome key = node.put_secret_file(lease_, operation.to_directory() + "/ca.key", authority->key, "600", deadline);
      if (!key.is_done()) return key;
    }
    PutFile file;
    file.set_path(operation.to_directory() + "/ca.crt");
    file.set_content(authority->certificate);
    file.set_owner("0:0");
    file.set_mode("644");
    Outcome written = node.put_file(lease_, file, deadline);
    // The key may be there by then.
    return written.try_again ? Outcome::unknown(written.detail) : written;
  });
}

Outcome Performer::issue_certificate(const IssueCertificate& operation) {
  const absl::StatusOr<node::Authority> authority = read_authority(operation.signer(), operation.signer_directory());
  if (!authority.ok()) return Outcome::not_done(message_of(authority.status()));
  pki::Request request;
  request.common_name = operation.common_name();
  request.organizations.assign(operation.organizations().begin(), operation.organizations().end());
  request.sans.assign(operation.sans().begin(), operation.sans().end());
  const bool serves = operation.profile() == "etcd-server" || operation.profile() == "etcd-peer";
  request.usage = serves ? pki::Usage::server_and_client : pki::Usage::client;
  request.validity = std::chrono::seconds(operation.validity_seconds());
  const absl::StatusOr<pki::Issued> issued =
      pki::issue(request, authority->certificate, authority->key, std::chrono::system_clock::now());
  if (!issued.ok()) return Outcome::not_done(message_of(issued.status()));
  return on_node(operation.node(), [&](node::Node& node, steady_clock::time_point deadline) {
    return node.put_certificate(lease_, {operation.certificate_path(), issued->certificate, operation.key_path(), issued->key},
                                deadline);
  });
}

Outcome Performer::stream_snapshot(const StreamSnapshot& operation) {
  // It has its name once all of it is proven. In a folder that cannot be looked into nothing can be written either.
  std::error_code ignored;
  if (std::filesystem::exists(operation.path(), ignored)) return Outcome::done("it is there");
  etcd::Client* client = world_.client(operation.node());
  if (client == nullptr) return Outcome::not_yet("etcd on " + operation.node() + " cannot be reached");
  std::filesystem::create_directories(std::filesystem::path(operation.path()).parent_path(), ignored);
  const absl::StatusOr<std::unique_ptr<snapshots::SnapshotWriter>> writer = snapshots::SnapshotWriter::to_file(operation.path());
  if (!writer.ok()) return Outcome::not_done(message_of(writer.status()));
  const absl::Status saved = save_snapshot(
      *client, **writer, [](std::uint64_t, std::uint64_t) {}, stop_);
  return saved.ok() ? Outcome::done() : Outcome::not_done(message_of(saved));
}

Outcome Performer::fetch_snapshot(const FetchSnapshot& operation) {
  std::error_code ignored;
  if (std::filesystem::exists(operation.target(), ignored)) return Outcome::done("it is there");
  const std::shared_ptr<node::Node> node = world_.node(operation.node());
  if (node == nullptr) return Outcome::not_yet(operation.node() + " cannot be reached");
  using Ends = snapshots::SnapshotWriter::Ends;
  const Ends ends = operation.without_trailer() ? Ends::without_trailer : Ends::with_trailer;
  const absl::Status fetched =
      quorate::fetch_snapshot(*node, operation.path(), operation.target(), ends, steady_clock::now() + transfer_limit);
  return fetched.ok() ? Outcome::done() : Outcome::not_done(message_of(fetched));
}

Outcome Performer::back_up(const SaveBackup& operation) {
  etcd::Client* client = world_.client(operation.node());
  const NodeObservation* node = find_node(observation_, operation.node());
  if (client == nullptr || node == nullptr) return Outcome::not_yet("etcd on " + operation.node() + " cannot be reached");
  return save_backup(operation, *client, *node, stop_);
}

// What an earlier step has saved is known by what is at its end.
Outcome Performer::put_snapshot(const PutSnapshot& operation) {
  PutSnapshot put = operation;
  if (put.sha256().empty() && put.without_trailer()) {
    const absl::StatusOr<snapshots::FileCheck> check = snapshots::check_file(put.source());
    if (!check.ok()) return Outcome::not_done(message_of(check.status()));
    put.set_bytes(check->bytes);
    put.set_sha256(check->sha256);
  } else if (put.sha256().empty()) {
    const absl::StatusOr<snapshots::Trailer> trailer = snapshots::trailer_of(put.source());
    if (!trailer.ok()) return Outcome::not_done(message_of(trailer.status()));
    put.set_bytes(trailer->bytes);
    put.set_sha256(trailer->sha256);
  }
  return on_node(
      put.node(), [&](node::Node& node, steady_clock::time_point deadline) { return node.put_snapshot(lease_, put, deadline); },
      transfer_limit);
}

Outcome Performer::check_store(const CheckStore& operation) {
  const absl::StatusOr<Promise> promise = promise_of(operation, world_);
  if (!promise.ok()) return Outcome::not_yet(message_of(promise.status()));
  std::optional<std::uint32_t> hash;
  for (const std::string& node : operation.nodes()) {
    etcd::Client* client = world_.client(node);
    if (client == nullptr) return Outcome::not_yet("etcd on " + node + " cannot be reached");
    Outcome outcome = check_member(*client, *promise, hash);
    if (outcome.is_done()) continue;
    outcome.detail = "etcd on " + node + ": " + outcome.detail;
    return outcome;
  }
  return Outcome::done();
}

Outcome Performer::perform(const Operation& operation) {
  using Deadline = steady_clock::time_point;
  switch (operation.kind_case()) {
    case Operation::kRunCommand: {
      const auto& words = operation.run_command().arguments();
      const std::chrono::seconds limit(operation.run_command().limit_seconds());
      return on_node(
          operation.run_command().node(),
          [&](node::Node& node, Deadline deadline) {
            return node.run_command(lease_, {words.begin(), words.end()}, deadline);
          },
          std::max(limit, node_limit));
    }
    case Operation::kMakeAuthority: return make_authority(operation.make_authority(), lease_, world_);
    case Operation::kWriteAuthorities: return write_authorities(operation.write_authorities(), lease_, world_);
    case Operation::kKubeadmPreflight: return kubeadm_preflight(operation.kubeadm_preflight().join(), lease_, world_);
    case Operation::kKubeadmJoin: return join_by_kubeadm(operation.kubeadm_join(), lease_, world_);
    case Operation::kPutFile:
      return on_node(operation.put_file().node(),
                     [&](node::Node& node, Deadline deadline) { return node.put_file(lease_, operation.put_file(), deadline); });
    case Operation::kMovePath:
      return on_node(operation.move_path().node(),
                     [&](node::Node& node, Deadline deadline) { return node.move_path(lease_, operation.move_path(), deadline); });
    case Operation::kMoveEntries:
      return on_node(operation.move_entries().node(), [&](node::Node& node, Deadline deadline) {
        return node.move_entries(lease_, operation.move_entries(), deadline);
      });
    case Operation::kMemberAdd:
      return ask_voter(
          [&](etcd::Client& client, Deadline deadline) { return client.add_learner(operation.member_add().peer_url(), deadline); });
    case Operation::kMemberRemove: return remove(operation.member_remove());
    case Operation::kMemberPromote:
      return with_listed(operation.member_promote().peer_url(),
                         [](etcd::Client& client, const Member* member, steady_clock::time_point deadline) {
                           if (member == nullptr) return Outcome::not_done("no member has that peer URL");
                           if (!member->learner()) return Outcome::done("it is a voter already");
                           return client.promote_member(member->id(), deadline);
                         });
    case Operation::kMemberUpdate:
      return ask_voter([&](etcd::Client& client, Deadline deadline) {
        return client.update_member(operation.member_update().member_id(), operation.member_update().peer_url(), deadline);
      });
    case Operation::kLeaderMove:
      return ask(operation.leader_move().from_node(), [&](etcd::Client& client, Deadline deadline) {
        return client.move_leader(operation.leader_move().to_member_id(), deadline);
      });
    case Operation::kCopyAuthority: return copy_authority(operation.copy_authority());
    case Operation::kIssueCertificate: return issue_certificate(operation.issue_certificate());
    case Operation::kRemoveContainers:
      return on_node(operation.remove_containers().node(),
                     [&](node::Node& node, Deadline deadline) { return node.remove_exited_containers(lease_, deadline); });
    case Operation::kPutSnapshot: return put_snapshot(operation.put_snapshot());
    case Operation::kSaveBackup: return back_up(operation.save_backup());
    case Operation::kStreamSnapshot: return stream_snapshot(operation.stream_snapshot());
    case Operation::kRestoreSnapshot:
      return on_node(
          operation.restore_snapshot().node(),
          [&](node::Node& node, Deadline deadline) {
            return node.restore_snapshot(lease_, operation.restore_snapshot(), deadline);
          },
          transfer_limit);
    case Operation::kSnapshotData:
      return on_node(
          operation.snapshot_data().node(),
          [&](node::Node& node, Deadline deadline) { return node.snapshot_data(lease_, operation.snapshot_data(), deadline); },
          transfer_limit);
    case Operation::kSaveServed:
      return on_node(
          operation.save_served().node(),
          [&](node::Node& node, Deadline deadline) { return node.save_served(lease_, operation.save_served(), deadline); },
          transfer_limit);
    case Operation::kServeRestored:
      return on_node(
          operation.serve_restored().node(),
          [&](node::Node& node, Deadline deadline) { return node.serve_restored(lease_, operation.serve_restored(), deadline); },
          transfer_limit);
    case Operation::kForceAlone:
      return on_node(
          operation.force_alone().node(),
          [&](node::Node& node, Deadline deadline) { return node.force_alone(lease_, operation.force_alone(), deadline); },
          transfer_limit);
    case Operation::kFetchSnapshot: return fetch_snapshot(operation.fetch_snapshot());
    case Operation::kCheckStore: return check_store(operation.check_store());
    case Operation::kCompact:
      return ask_voter([](etcd::Client& client, Deadline) { return client.compact(steady_clock::now() + transfer_limit); });
    case Operation::kDefragmentStore:
      return ask(operation.defragment_store().node(),
                 [](etcd::Client& client, Deadline) { return client.defragment(steady_clock::now() + transfer_limit); });
    case Operation::kDisarm:
      return ask_voter(
          [&](etcd::Client& client, Deadline deadline) { return client.disarm(operation.disarm().alarm(), deadline); });
    case Operation::kDeletePrefix:
      return ask(operation.delete_prefix().node(), [&](etcd::Client& client, Deadline deadline) {
        return client.delete_prefix(operation.delete_prefix().prefix(), deadline);
      });
    case Operation::KIND_NOT_SET: break;
  }
  return Outcome::not_done("an operation of a kind that this version does not know");
}

}  // namespace

Outcome perform(const Operation& operation, const std::string& cluster_id, World& world, RunLease& lease,
                const Observation& observation, const StopRequest& stop) {
  return Performer(cluster_id, world, lease, observation, stop).perform(operation);
}

}  // namespace quorate
