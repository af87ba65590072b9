// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "providers/node/ssh_node_class.h"
#include "providers/node/text.h"

namespace quorate::node {
namespace {

// `ENDPOINT`, `VERSION`, then the certificate.
bool read_invitation(const std::string& output, Invitation& invitation) {
  const std::size_t first = output.find('\n');
  if (first == std::string::npos) return false;
  const std::size_t second = output.find('\n', first + 1);
  if (second == std::string::npos) return false;
  invitation.endpoint = output.substr(0, first);
  invitation.configuration_version = output.substr(first + 1, second - first - 1);
  invitation.authority = output.substr(second + 1);
  return !invitation.endpoint.empty() && !invitation.configuration_version.empty() && !invitation.authority.empty();
}

}  // namespace

Outcome SshNode::kubeadm_reset(const Lease& lease, const std::string& folder, const std::string& cri_socket, Deadline deadline) {
  if (const std::string problem = problem_of_path(folder); !problem.empty()) return bad_path(folder, problem);
  return change_alone(scripts::Change::kubeadm_reset, lease, {folder, cri_socket}, {}, deadline);
}

Outcome SshNode::kubeadm_invite(const Lease& lease, const Invite& invite, Invitation& invitation, Deadline deadline) {
  if (!is_run_id(lease.run_id)) return Outcome::not_done("\"" + quote_line(lease.run_id) + "\" cannot be the ID of a run");
  const std::unique_lock<std::timed_mutex> alone(changing_, deadline);
  if (!alone.owns_lock()) return Outcome::not_done("another change on " + name_ + " has not ended");
  std::string text(invite.configuration.expose());
  const std::vector<std::string> arguments = {invite.token_id, invite.node_name, std::to_string(text.size())};
  Input input{.text = std::move(text)};
  const absl::StatusOr<ssh::CommandResult> result =
      script_.call(scripts::Change::kubeadm_invite, lease.run_id, arguments, input, deadline);
  const Secret wiped(std::move(input.text));
  if (!result.ok()) return Outcome::unknown(name_ + ": " + message_of(result.status()));
  Outcome outcome = script_.judge(*result, lease.run_id);
  if (outcome.is_done() && !read_invitation(result->output, invitation)) {
    return Outcome::not_done(name_ + " gave an answer that cannot be understood: " + quote_line(result->output));
  }
  return outcome;
}

Outcome SshNode::kubeadm_join(const Lease& lease, const std::string& folder, const Secret& configuration, Deadline deadline) {
  const std::string problem = folder.empty() ? "" : problem_of_path(folder);
  if (!problem.empty()) return bad_path(folder, problem);
  Input input{.text = std::string(configuration.expose())};
  Outcome outcome =
      change_alone(scripts::Change::kubeadm_join, lease, {folder, std::to_string(input.text.size())}, input, deadline);
  const Secret wiped(std::move(input.text));
  return outcome;
}

}  // namespace quorate::node
