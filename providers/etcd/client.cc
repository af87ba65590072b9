// SPDX-License-Identifier: Apache-2.0
#include "providers/etcd/client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "providers/etcd/channel.h"
#include "providers/etcd/conversions.h"
#include "providers/etcd/errors.h"
#include "providers/etcd/stream_watch.h"
#include "schemas/etcd/rpc.grpc.pb.h"

namespace quorate::etcd {
namespace {

// gRPC counts by the system's clock. The bound keeps `Deadline::max()` from overflowing.
std::chrono::system_clock::time_point system_deadline(Deadline deadline) {
  const auto left = std::min<Deadline::duration>(deadline - std::chrono::steady_clock::now(), std::chrono::hours(24));
  return std::chrono::system_clock::now() + std::chrono::duration_cast<std::chrono::system_clock::duration>(left);
}

std::optional<Member> find_by_url(const MemberList& list, const std::string& peer_url) {
  for (const Member& member : list.members()) {
    const auto& urls = member.peer_urls();
    if (std::find(urls.begin(), urls.end(), peer_url) != urls.end()) return member;
  }
  return std::nullopt;
}

std::optional<Member> find_by_id(const MemberList& list, std::uint64_t identifier) {
  for (const Member& member : list.members()) {
    if (member.id() == identifier_text(identifier)) return member;
  }
  return std::nullopt;
}

Outcome not_an_identifier(const std::string& text) { return Outcome::not_done("`" + text + "` is not a member ID"); }

class GrpcClient : public Client {
 public:
  explicit GrpcClient(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  absl::StatusOr<EndpointStatus> status(Deadline deadline) override;
  absl::StatusOr<MemberList> member_list(Consistency consistency, Deadline deadline) override;
  absl::Status snapshot(const SnapshotPart& part, std::chrono::milliseconds stall, const std::function<bool()>& stop) override;
  absl::StatusOr<StoreHash> hash_of_store(std::int64_t revision, Deadline deadline) override;
  absl::StatusOr<std::uint64_t> count_keys(std::int64_t revision, Deadline deadline) override;
  Outcome add_learner(const std::string& peer_url, Deadline deadline) override;
  Outcome remove_member(const std::string& member_id, Deadline deadline) override;
  Outcome promote_member(const std::string& member_id, Deadline deadline) override;
  Outcome update_member(const std::string& member_id, const std::string& peer_url, Deadline deadline) override;
  Outcome delete_prefix(const std::string& prefix, Deadline deadline) override;
  Outcome compact(Deadline deadline) override;
  Outcome defragment(Deadline deadline) override;
  Outcome disarm(const std::string& alarm, Deadline deadline) override;
  Outcome move_leader(const std::string& to_member_id, Deadline deadline) override;

 private:
  Outcome look_for_learner(const std::string& peer_url, const std::string& text, Deadline deadline);
  Outcome look_for_voter(std::uint64_t identifier, const std::string& text, Deadline deadline);
  Outcome look_for_leader(const std::string& text, Deadline deadline);

  auto cluster() { return etcdserverpb::Cluster::NewStub(connection_->channel()); }
  auto store() { return etcdserverpb::KV::NewStub(connection_->channel()); }
  auto maintenance() { return etcdserverpb::Maintenance::NewStub(connection_->channel()); }

  std::unique_ptr<Connection> connection_;
};

template <typename Stub, typename Request, typename Response>
grpc::Status call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
                  Response* response, Deadline deadline) {
  grpc::ClientContext context;
  context.set_deadline(system_deadline(deadline));
  return (stub.*method)(&context, request, response);
}

// What means the same for every change.
Outcome common_outcome(Answer answer, const std::string& text) {
  switch (answer) {
    case Answer::done: return Outcome::done();
    case Answer::not_in_sync:
    case Answer::too_many_learners:
    case Answer::unhealthy:
    case Answer::not_enough_started:
    case Answer::never_sent: return Outcome::not_yet(text);
    case Answer::peer_url_exists:
    case Answer::member_not_found:
    case Answer::not_a_learner:
    case Answer::not_leader:
    case Answer::refused: return Outcome::not_done(text);
    case Answer::unknown: break;
  }
  return Outcome::unknown(text);
}

absl::StatusOr<EndpointStatus> GrpcClient::status(Deadline deadline) {
  etcdserverpb::StatusResponse response;
  const grpc::Status ended = call(*maintenance(), &etcdserverpb::Maintenance::Stub::Status, {}, &response, deadline);
  if (!ended.ok()) return annotate(read_error(ended), "status");
  return to_record(response);
}

absl::StatusOr<MemberList> GrpcClient::member_list(Consistency consistency, Deadline deadline) {
  etcdserverpb::MemberListRequest request;
  request.set_linearizable(consistency == Consistency::linearizable);
  etcdserverpb::MemberListResponse response;
  const grpc::Status ended = call(*cluster(), &etcdserverpb::Cluster::Stub::MemberList, request, &response, deadline);
  if (!ended.ok()) return annotate(read_error(ended), "member list");
  return to_record(response);
}

absl::Status GrpcClient::snapshot(const SnapshotPart& part, std::chrono::milliseconds stall, const std::function<bool()>& stop) {
  grpc::ClientContext context;
  const auto stub = maintenance();
  const auto reader = stub->Snapshot(&context, {});
  StreamWatch watch(stall, stop, [&context] { context.TryCancel(); });
  etcdserverpb::SnapshotResponse response;
  absl::Status taken;
  while (watch.wait_for([&] { return reader->Read(&response); })) {
    // What still comes after an end was asked for is let go.
    if (taken.ok()) taken = part(response.blob(), response.remaining_bytes());
    if (!taken.ok()) context.TryCancel();
  }
  const grpc::Status ended = reader->Finish();
  if (!taken.ok()) return taken;
  switch (watch.end()) {
    case StreamWatch::End::stopped: return cancelled("snapshot: interrupted");
    case StreamWatch::End::stalled:
      return timed_out("snapshot: etcd sent nothing for " + std::to_string(stall.count() / 1000) + " s");
    case StreamWatch::End::none: break;
  }
  return annotate(read_error(ended), "snapshot");
}

absl::StatusOr<StoreHash> GrpcClient::hash_of_store(std::int64_t revision, Deadline deadline) {
  etcdserverpb::HashKVRequest request;
  request.set_revision(revision);
  etcdserverpb::HashKVResponse response;
  const grpc::Status ended = call(*maintenance(), &etcdserverpb::Maintenance::Stub::HashKV, request, &response, deadline);
  // Of a store that was compacted to its newest revision etcd gives the hash only to who names none.
  if (text_of(ended).find("has been compacted") != std::string::npos) {
    request.set_revision(0);
    etcdserverpb::HashKVResponse newest;
    const grpc::Status asked = call(*maintenance(), &etcdserverpb::Maintenance::Stub::HashKV, request, &newest, deadline);
    if (asked.ok() && newest.header().revision() == revision) return StoreHash{newest.hash(), newest.compact_revision()};
  }
  if (!ended.ok()) return annotate(read_error(ended), "hash");
  return StoreHash{response.hash(), response.compact_revision()};
}

absl::StatusOr<std::uint64_t> GrpcClient::count_keys(std::int64_t revision, Deadline deadline) {
  etcdserverpb::RangeRequest request;
  // From the first key that there can be, without an end.
  request.set_key(std::string(1, '\0'));
  request.set_range_end(std::string(1, '\0'));
  request.set_revision(revision);
  request.set_serializable(true);
  request.set_count_only(true);
  etcdserverpb::RangeResponse response;
  const grpc::Status ended = call(*store(), &etcdserverpb::KV::Stub::Range, request, &response, deadline);
  if (!ended.ok()) return annotate(read_error(ended), "counting keys");
  return static_cast<std::uint64_t>(response.count());
}

Outcome GrpcClient::add_learner(const std::string& peer_url, Deadline deadline) {
  etcdserverpb::MemberAddRequest request;
  request.add_peerurls(peer_url);
  request.set_islearner(true);
  etcdserverpb::MemberAddResponse response;
  const grpc::Status ended = call(*cluster(), &etcdserverpb::Cluster::Stub::MemberAdd, request, &response, deadline);
  const Answer answer = answer_of(ended);
  if (answer == Answer::done) return Outcome::done(identifier_text(response.member().id()));
  if (answer == Answer::peer_url_exists) return look_for_learner(peer_url, text_of(ended), deadline);
  // The new ID is made of the URL and the second: that one was removed within this second, and the next is another.
  if (answer == Answer::member_not_found) return Outcome::not_yet(text_of(ended));
  return common_outcome(answer, text_of(ended));
}

Outcome GrpcClient::look_for_learner(const std::string& peer_url, const std::string& text, Deadline deadline) {
  const absl::StatusOr<MemberList> list = member_list(Consistency::linearizable, deadline);
  if (!list.ok()) return Outcome::unknown(text + "; " + message_of(list.status()));
  const std::optional<Member> member = find_by_url(*list, peer_url);
  if (!member) return Outcome::not_yet(text + "; it is not listed any more");
  if (member->learner()) return Outcome::done(member->id());
  return Outcome::not_done(text + ": voter " + member->id());
}

Outcome GrpcClient::remove_member(const std::string& member_id, Deadline deadline) {
  const std::optional<std::uint64_t> identifier = parse_identifier(member_id);
  if (!identifier) return not_an_identifier(member_id);
  etcdserverpb::MemberRemoveRequest request;
  request.set_id(*identifier);
  etcdserverpb::MemberRemoveResponse response;
  const grpc::Status ended = call(*cluster(), &etcdserverpb::Cluster::Stub::MemberRemove, request, &response, deadline);
  const Answer answer = answer_of(ended);
  if (answer == Answer::member_not_found) return Outcome::done(text_of(ended));
  // Here this is etcd's guard of the quorum, which only another state of the cluster lifts. "Unhealthy" is lifted by time too: a
  // voter counts only once it has been connected for five seconds (etcd-facts 1.3), so that is tried again.
  if (answer == Answer::not_enough_started) return Outcome::not_done(text_of(ended));
  return common_outcome(answer, text_of(ended));
}

Outcome GrpcClient::promote_member(const std::string& member_id, Deadline deadline) {
  const std::optional<std::uint64_t> identifier = parse_identifier(member_id);
  if (!identifier) return not_an_identifier(member_id);
  etcdserverpb::MemberPromoteRequest request;
  request.set_id(*identifier);
  etcdserverpb::MemberPromoteResponse response;
  const grpc::Status ended = call(*cluster(), &etcdserverpb::Cluster::Stub::MemberPromote, request, &response, deadline);
  const Answer answer = answer_of(ended);
  // etcd looks at the sync first, so a voter that is down is called a learner out of sync.
  if (answer == Answer::not_a_learner || answer == Answer::not_in_sync) {
    return look_for_voter(*identifier, text_of(ended), deadline);
  }
  return common_outcome(answer, text_of(ended));
}

Outcome GrpcClient::look_for_voter(std::uint64_t identifier, const std::string& text, Deadline deadline) {
  const absl::StatusOr<MemberList> list = member_list(Consistency::linearizable, deadline);
  if (!list.ok()) return Outcome::unknown(text + "; " + message_of(list.status()));
  const std::optional<Member> member = find_by_id(*list, identifier);
  if (!member) return Outcome::not_done(text + "; it is not a member any more");
  return member->learner() ? Outcome::not_yet(text) : Outcome::done("a voter already");
}

Outcome GrpcClient::update_member(const std::string& member_id, const std::string& peer_url, Deadline deadline) {
  const std::optional<std::uint64_t> identifier = parse_identifier(member_id);
  if (!identifier) return not_an_identifier(member_id);
  etcdserverpb::MemberUpdateRequest request;
  request.set_id(*identifier);
  request.add_peerurls(peer_url);
  etcdserverpb::MemberUpdateResponse response;
  const grpc::Status ended = call(*cluster(), &etcdserverpb::Cluster::Stub::MemberUpdate, request, &response, deadline);
  return common_outcome(answer_of(ended), text_of(ended));
}

Outcome GrpcClient::delete_prefix(const std::string& prefix, Deadline deadline) {
  const bool keys_end_behind_it = !prefix.empty() && prefix.back() != '\xff';
  if (!keys_end_behind_it) return Outcome::not_done("`" + prefix + "` is not a prefix of keys");
  etcdserverpb::DeleteRangeRequest request;
  request.set_key(prefix);
  // The first key behind all that begin with it.
  std::string end = prefix;
  ++end.back();
  request.set_range_end(end);
  etcdserverpb::DeleteRangeResponse response;
  const grpc::Status ended = call(*store(), &etcdserverpb::KV::Stub::DeleteRange, request, &response, deadline);
  if (ended.ok()) return Outcome::done(std::to_string(response.deleted()) + " keys");
  return common_outcome(answer_of(ended), text_of(ended));
}

Outcome GrpcClient::compact(Deadline deadline) {
  const absl::StatusOr<EndpointStatus> now = status(deadline);
  if (!now.ok()) return Outcome::not_yet(message_of(now.status()));
  etcdserverpb::CompactionRequest request;
  request.set_revision(now->revision());
  request.set_physical(true);
  etcdserverpb::CompactionResponse response;
  const grpc::Status ended = call(*store(), &etcdserverpb::KV::Stub::Compact, request, &response, deadline);
  if (text_of(ended).find("has been compacted") != std::string::npos) return Outcome::done("it was so already");
  if (ended.ok()) return Outcome::done("revision " + std::to_string(now->revision()));
  return common_outcome(answer_of(ended), text_of(ended));
}

Outcome GrpcClient::defragment(Deadline deadline) {
  etcdserverpb::DefragmentResponse response;
  const grpc::Status ended = call(*maintenance(), &etcdserverpb::Maintenance::Stub::Defragment, {}, &response, deadline);
  return common_outcome(answer_of(ended), text_of(ended));
}

Outcome GrpcClient::disarm(const std::string& alarm, Deadline deadline) {
  etcdserverpb::AlarmType type;
  if (!etcdserverpb::AlarmType_Parse(alarm, &type)) return Outcome::not_done("etcd has no alarm " + alarm);
  etcdserverpb::AlarmRequest list;
  list.set_alarm(type);
  etcdserverpb::AlarmResponse raised;
  const grpc::Status listed = call(*maintenance(), &etcdserverpb::Maintenance::Stub::Alarm, list, &raised, deadline);
  if (!listed.ok()) return Outcome::not_yet(text_of(listed));
  int count = 0;
  for (const etcdserverpb::AlarmMember& member : raised.alarms()) {
    if (member.alarm() != type) continue;
    etcdserverpb::AlarmRequest off;
    off.set_action(etcdserverpb::AlarmRequest::DEACTIVATE);
    off.set_memberid(member.memberid());
    off.set_alarm(type);
    etcdserverpb::AlarmResponse response;
    const grpc::Status ended = call(*maintenance(), &etcdserverpb::Maintenance::Stub::Alarm, off, &response, deadline);
    if (!ended.ok()) return common_outcome(answer_of(ended), text_of(ended));
    ++count;
  }
  return Outcome::done(std::to_string(count) + " raised");
}

Outcome GrpcClient::move_leader(const std::string& to_member_id, Deadline deadline) {
  const std::optional<std::uint64_t> identifier = parse_identifier(to_member_id);
  if (!identifier) return not_an_identifier(to_member_id);
  etcdserverpb::MoveLeaderRequest request;
  request.set_targetid(*identifier);
  etcdserverpb::MoveLeaderResponse response;
  const grpc::Status ended = call(*maintenance(), &etcdserverpb::Maintenance::Stub::MoveLeader, request, &response, deadline);
  const Answer answer = answer_of(ended);
  if (answer == Answer::not_leader) return look_for_leader(text_of(ended), deadline);
  return common_outcome(answer, text_of(ended));
}

Outcome GrpcClient::look_for_leader(const std::string& text, Deadline deadline) {
  const absl::StatusOr<EndpointStatus> now = status(deadline);
  if (!now.ok()) return Outcome::unknown(text + "; " + message_of(now.status()));
  if (now->leader_id().empty() || now->leader_id() == now->member_id()) return Outcome::not_yet(text);
  return Outcome::done("the leader is " + now->leader_id());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> make_client(const std::string& socket_path, const std::string& server_name,
                                                    const Credentials& credentials) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = make_connection(socket_path, server_name, credentials);
  if (!connection.ok()) return connection.status();
  return std::make_unique<GrpcClient>(*std::move(connection));
}

absl::StatusOr<std::unique_ptr<Client>> make_plain_client(const std::string& socket_path) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = make_plain_connection(socket_path);
  if (!connection.ok()) return connection.status();
  return std::make_unique<GrpcClient>(*std::move(connection));
}

}  // namespace quorate::etcd
