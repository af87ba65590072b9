// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/session.h"

namespace quorate::ssh {
namespace {

void outrank(const SshSettings& settings, Target& target) {
  if (!settings.user().empty()) target.user = settings.user();
  if (settings.has_sudo()) target.sudo = settings.sudo();
  if (settings.has_port()) target.port = settings.port();
  if (!settings.identity_file().empty()) target.identity_files = {settings.identity_file()};
  if (!settings.known_hosts_file().empty()) target.known_hosts_file = settings.known_hosts_file();
  if (!settings.proxy_jump().empty()) target.proxy_jump = settings.proxy_jump();
}

}  // namespace

Target target_of(const ClusterSpec& cluster, const MemberSpec& member) {
  Target target;
  target.name = member.name();
  target.host = member.host();
  outrank(cluster.ssh(), target);
  outrank(member.ssh(), target);
  return target;
}

}  // namespace quorate::ssh
