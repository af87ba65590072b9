// SPDX-License-Identifier: Apache-2.0
#include "engine/kubeadm.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plans/kubeadm.h"
#include "providers/pki/certificates.h"

namespace quorate {
namespace {

using node::Node;
using std::chrono::steady_clock;

// Every container of the node's is stopped, each with its grace.
constexpr std::chrono::minutes reset_limit(5);
// That a node is seen to be gone takes the API server 40 s.
constexpr std::chrono::minutes invite_limit(3);
constexpr std::chrono::seconds forget_limit(30);
// Images are pulled, and the kubelet has five minutes to be let in.
constexpr std::chrono::minutes join_limit(15);

struct Secrets {
  std::string token_id;
  Secret token;  // its secret half
  Secret key;    // of the certificates that are uploaded

  [[nodiscard]] std::string whole_token() const { return token_id + "." + std::string(token.expose()); }
};

absl::StatusOr<Secrets> make_secrets(const std::string& token_id) {
  absl::StatusOr<Secret> token = pki::random_word(16, "abcdefghijklmnopqrstuvwxyz0123456789");
  if (!token.ok()) return token.status();
  absl::StatusOr<Secret> key = pki::random_word(64, "0123456789abcdef");
  if (!key.ok()) return key.status();
  return Secrets{token_id, *std::move(token), *std::move(key)};
}

// Whatever kubeadm says of its configuration, no secret of it is passed on.
Outcome without_secrets(Outcome outcome, const Secrets& secrets) {
  for (const Secret* secret : {&secrets.token, &secrets.key}) {
    for (std::size_t at = 0; (at = outcome.detail.find(secret->expose(), at)) != std::string::npos;) {
      outcome.detail.replace(at, secret->expose().size(), "(a secret)");
    }
  }
  return outcome;
}

// The first line, the version, is the cluster's own, and added on the node.
Secret init_configuration(const KubeadmJoin& join, const Secrets& secrets) {
  const std::string registration =
      join.cri_socket().empty() ? "" : "nodeRegistration:\n  criSocket: \"" + join.cri_socket() + "\"\n";
  return Secret("kind: InitConfiguration\nbootstrapTokens:\n- token: " + secrets.whole_token() +
                "\n  description: of quorate, for one join\n  ttl: 1h0m0s\n  usages: [signing, authentication]\n"
                "  groups: [system:bootstrappers:kubeadm:default-node-token]\ncertificateKey: " +
                std::string(secrets.key.expose()) + "\n" + registration);
}

// What is on a node that was not reset yet, by the names of kubeadm's checks.
std::vector<std::string> errors_before_reset(const KubeadmJoin& join) {
  return {
      "DirAvailable--etc-kubernetes-manifests",
      "FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml",
      "FileAvailable--etc-kubernetes-manifests-kube-controller-manager.yaml",
      "FileAvailable--etc-kubernetes-manifests-kube-scheduler.yaml",
      "FileAvailable--etc-kubernetes-manifests-etcd.yaml",
      "FileAvailable--etc-kubernetes-kubelet.conf",
      "FileAvailable--etc-kubernetes-bootstrap-kubelet.conf",
      "FileAvailable--etc-kubernetes-pki-ca.crt",
      "Port-10250",
      "Port-" + std::to_string(join.bind_port() == 0 ? 6443 : join.bind_port()),
      "Port-10257",
      "Port-10259",
      "Port-2379",
      "Port-2380",
  };
}

// As kubeadm names its check of a directory that has to be empty.
std::string empty_directory_check(std::string path) {
  std::replace(path.begin(), path.end(), '/', '-');
  return "DirAvailable-" + path;
}

Secret join_configuration(const KubeadmJoin& join, const node::Invitation& invitation, const std::string& authority_hash,
                          const Secrets& secrets, std::vector<std::string> ignored) {
  ignored.push_back(empty_directory_check(join.data_directory()));
  ignored.insert(ignored.end(), join.ignored_errors().begin(), join.ignored_errors().end());
  std::string text = "apiVersion: " + invitation.configuration_version +
                     "\nkind: JoinConfiguration\nnodeRegistration:\n  name: \"" + join.node_name() + "\"\n";
  if (!join.cri_socket().empty()) text += "  criSocket: \"" + join.cri_socket() + "\"\n";
  text += "  ignorePreflightErrors:\n";
  for (const std::string& error : ignored) text += "  - \"" + error + "\"\n";
  text += "discovery:\n  bootstrapToken:\n    token: " + secrets.whole_token() + "\n    apiServerEndpoint: \"" +
          invitation.endpoint + "\"\n    caCertHashes: [\"" + authority_hash +
          "\"]\ncontrolPlane:\n  localAPIEndpoint:\n    advertiseAddress: \"" + join.advertise_address() + "\"\n";
  if (join.bind_port() != 0) text += "    bindPort: " + std::to_string(join.bind_port()) + "\n";
  text += "  certificateKey: " + std::string(secrets.key.expose()) + "\n";
  return Secret(std::move(text));
}

struct Parties {
  std::shared_ptr<Node> node;
  std::shared_ptr<Node> from;
};

absl::StatusOr<Parties> parties_of(const KubeadmJoin& join, World& world) {
  Parties parties{world.node(join.node()), world.node(join.from_node())};
  if (parties.node == nullptr) return unavailable(join.node() + " cannot be reached");
  if (parties.from == nullptr) return unavailable(join.from_node() + " cannot be reached");
  return parties;
}

// Invites the node, and has it do what it was invited to: once it is reset, when the API server has seen that it is gone, all of
// it.
Outcome call_in(const KubeadmJoin& join, const node::Lease& lease, const Parties& parties, const Secrets& secrets, bool is_reset) {
  node::Invitation invitation;
  const Node::Invite invite{join.token_id(), is_reset ? join.node_name() : "", init_configuration(join, secrets)};
  Outcome invited = parties.from->kubeadm_invite(lease, invite, invitation, steady_clock::now() + invite_limit);
  if (!invited.is_done()) return invited;
  const absl::StatusOr<std::string> hash = pki::public_key_hash(invitation.authority);
  if (!hash.ok()) return Outcome::not_done("the cluster's CA on " + join.from_node() + ": " + message_of(hash.status()));
  const std::vector<std::string> ignored = is_reset ? std::vector<std::string>{} : errors_before_reset(join);
  const Secret configuration = join_configuration(join, invitation, *hash, secrets, ignored);
  return parties.node->kubeadm_join(lease, is_reset ? join.folder() : "", configuration, steady_clock::now() + join_limit);
}

}  // namespace

Outcome kubeadm_preflight(const KubeadmJoin& join, const node::Lease& lease, World& world) {
  const absl::StatusOr<Parties> parties = parties_of(join, world);
  if (!parties.ok()) return Outcome::not_yet(message_of(parties.status()));
  const absl::StatusOr<Secrets> secrets = make_secrets(join.token_id());
  if (!secrets.ok()) return Outcome::not_done(message_of(secrets.status()));
  Outcome checked = without_secrets(call_in(join, lease, *parties, *secrets, false), *secrets);
  // The token is of no use any more, however it went; where this fails it ends by itself.
  const std::vector<std::string> forget = forget_kubeadm_token(join.token_id());
  const Outcome ignored = parties->from->run_command(lease, forget, steady_clock::now() + forget_limit);
  return checked;
}

Outcome join_by_kubeadm(const KubeadmJoin& join, const node::Lease& lease, World& world) {
  const absl::StatusOr<Parties> parties = parties_of(join, world);
  if (!parties.ok()) return Outcome::not_yet(message_of(parties.status()));
  const absl::StatusOr<Secrets> secrets = make_secrets(join.token_id());
  if (!secrets.ok()) return Outcome::not_done(message_of(secrets.status()));
  Outcome reset = parties->node->kubeadm_reset(lease, join.folder(), join.cri_socket(), steady_clock::now() + reset_limit);
  if (!reset.is_done()) return reset;
  Outcome joined = without_secrets(call_in(join, lease, *parties, *secrets, true), *secrets);
  // It is reset by then: not as if nothing had been begun.
  return joined.try_again ? Outcome::unknown(joined.detail) : joined;
}

}  // namespace quorate
