// SPDX-License-Identifier: Apache-2.0
#include "providers/etcd/conversions.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "schemas/utf8.h"

namespace quorate::etcd {
namespace {

Member to_record(const etcdserverpb::Member& member) {
  Member record;
  record.set_id(identifier_text(member.id()));
  // It names itself; nobody's terminal or runbook is for it to write to.
  record.set_name(on_one_line(member.name()));
  *record.mutable_peer_urls() = member.peerurls();
  *record.mutable_client_urls() = member.clienturls();
  record.set_learner(member.islearner());
  return record;
}

// etcd sends no size below zero.
std::uint64_t bytes(std::int64_t size) { return size < 0 ? 0 : static_cast<std::uint64_t>(size); }

}  // namespace

std::string identifier_text(std::uint64_t identifier) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(identifier));
  return text;
}

std::optional<std::uint64_t> parse_identifier(const std::string& text) {
  std::uint64_t identifier = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, identifier, 16);
  if (error != std::errc() || rest != end) return std::nullopt;
  return identifier;
}

EndpointStatus to_record(const etcdserverpb::StatusResponse& response) {
  EndpointStatus record;
  record.set_cluster_id(identifier_text(response.header().cluster_id()));
  record.set_member_id(identifier_text(response.header().member_id()));
  record.set_version(response.version());
  if (response.leader() != 0) record.set_leader_id(identifier_text(response.leader()));
  record.set_learner(response.islearner());
  record.set_raft_term(response.raftterm());
  record.set_raft_index(response.raftindex());
  record.set_raft_applied_index(response.raftappliedindex());
  record.set_revision(response.header().revision());
  record.set_database_bytes(bytes(response.dbsize()));
  record.set_database_bytes_in_use(bytes(response.dbsizeinuse()));
  *record.mutable_errors() = response.errors();
  return record;
}

MemberList to_record(const etcdserverpb::MemberListResponse& response) {
  MemberList record;
  for (const etcdserverpb::Member& member : response.members()) *record.add_members() = to_record(member);
  std::sort(record.mutable_members()->begin(), record.mutable_members()->end(),
            [](const Member& a, const Member& b) { return a.id() < b.id(); });
  return record;
}

}  // namespace quorate::etcd
