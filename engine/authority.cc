// SPDX-License-Identifier: Apache-2.0
#include "engine/authority.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "providers/pki/certificates.h"

namespace quorate {
namespace {

using node::Node;
using std::chrono::steady_clock;

constexpr std::chrono::seconds node_limit(30);

absl::StatusOr<Secret> read_small_file(Node& node, const std::string& path) {
  std::string content;
  const absl::Status read = node.read_file(
      path,
      [&](std::string_view part) {
        content += part;
        return absl::OkStatus();
      },
      steady_clock::now() + node_limit);
  Secret text(std::move(content));
  if (!read.ok()) return read;
  return text;
}

std::string certificate_in(const Secret& file) { return std::string(file.expose()); }

/// ca.crt and ca.key of a folder, as far as they are there.
struct Folder {
  std::string certificates;
  std::optional<Secret> key;
};

Folder read_folder(Node& node, const std::string& directory) {
  Folder folder;
  if (const absl::StatusOr<Secret> file = read_small_file(node, directory + "/ca.crt"); file.ok()) {
    folder.certificates = certificate_in(*file);
  }
  if (absl::StatusOr<Secret> file = read_small_file(node, directory + "/ca.key"); file.ok()) folder.key = *std::move(file);
  return folder;
}

Outcome put(Node& node, const node::Lease& lease, const std::string& directory, const std::string& certificates,
            const Secret& key) {
  return node.put_certificate(lease, {directory + "/ca.crt", certificates, directory + "/ca.key", key},
                              steady_clock::now() + node_limit);
}

}  // namespace

Outcome make_authority(const MakeAuthority& make, const node::Lease& lease, World& world) {
  const std::shared_ptr<Node> node = world.node(make.node());
  if (node == nullptr) return Outcome::not_yet(make.node() + " cannot be reached");
  const Folder there = read_folder(*node, make.directory());
  const bool is_made =
      there.key && pki::describe(there.certificates).subject() == make.name() && pki::key_matches(there.certificates, *there.key);
  if (is_made) return Outcome::done("it is there");
  const absl::StatusOr<Secret> like = read_small_file(*node, make.like_directory() + "/ca.crt");
  if (!like.ok()) return Outcome::not_done(message_of(like.status()));
  const absl::StatusOr<pki::Issued> made =
      pki::make_authority(make.name(), certificate_in(*like), std::chrono::system_clock::now());
  if (!made.ok()) return Outcome::not_done(message_of(made.status()));
  return put(*node, lease, make.directory(), made->certificate, made->key);
}

Outcome write_authorities(const WriteAuthorities& write, const node::Lease& lease, World& world) {
  const std::shared_ptr<Node> from = world.node(write.from_node());
  const std::shared_ptr<Node> node = world.node(write.node());
  if (from == nullptr) return Outcome::not_yet(write.from_node() + " cannot be reached");
  if (node == nullptr) return Outcome::not_yet(write.node() + " cannot be reached");
  const Folder current = read_folder(*from, write.from_directory());
  const Folder next = read_folder(*from, write.next_directory());
  const absl::StatusOr<std::string> certificates =
      pki::select_certificates(current.certificates + "\n" + next.certificates, {write.names().begin(), write.names().end()});
  if (!certificates.ok()) return Outcome::not_done(write.from_node() + ": " + message_of(certificates.status()));
  if (!write.with_key()) {
    PutFile file;
    file.set_path(write.directory() + "/ca.crt");
    file.set_content(*certificates);
    file.set_owner("0:0");
    file.set_mode("644");
    return node->put_file(lease, file, steady_clock::now() + node_limit);
  }
  for (const std::optional<Secret>* key : {&current.key, &next.key}) {
    if (*key && pki::key_matches(*certificates, **key)) return put(*node, lease, write.directory(), *certificates, **key);
  }
  return Outcome::not_done(write.from_node() + " has not the key of " + write.names(0));
}

}  // namespace quorate
