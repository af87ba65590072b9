// SPDX-License-Identifier: Apache-2.0
#include "schemas/spec_rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "schemas/document.h"
#include "schemas/duration.h"
#include "schemas/spec_reader.h"
#include "schemas/spec_words.h"
#include "schemas/utf8.h"

namespace quorate {
namespace {

using Rule = bool (*)(const std::string&);

constexpr const char* name_hint = "lower-case letters, digits, '-' and '.', at most 253";
constexpr const char* host_hint = "cp1.example.com or 10.20.30.101";
// etcd's FAQ: seven members at most; each one more makes every write slower.
constexpr int most_members = 7;

class SpecCheck {
 public:
  SpecCheck(const RecordReading& reading, const std::string& file) : reading_(reading), file_(file) {}

  Diagnostics diagnostics;

  void check(const Spec& spec) {
    check_header(spec);
    check_cluster(spec.spec());
    check_members(spec.spec());
  }

 private:
  void report(const std::string& path, const std::string& message, const std::string& hint,
              Diagnostic::Severity severity = Diagnostic::Severity::error) {
    const Place place = reading_.place_of(path);
    diagnostics.push_back({severity, file_, place.line, place.column, message, hint});
  }

  // Also where something around it is: a member that is no mapping has no name, and that was said.
  [[nodiscard]] bool is_refused(std::string path) const {
    while (true) {
      if (reading_.refused.contains(path)) return true;
      const std::size_t cut = path.find_last_of(".[");
      if (cut == std::string::npos) return reading_.refused.contains("");
      path.resize(cut);
    }
  }

  bool require(const std::string& path, const std::string& value, const std::string& hint) {
    if (!value.empty() || is_refused(path)) return !value.empty();
    report(path, path + (reading_.places.contains(path) ? " is empty" : " is missing"), hint);
    return false;
  }

  void check_value(const std::string& path, const std::string& value, Rule rule, const std::string& what, const std::string& hint) {
    if (!reading_.places.contains(path) || is_refused(path) || rule(value)) return;
    report(path, path + ": " + quoted(value) + " is not " + what, hint);
  }

  void require_word(const std::string& path, const std::string& value, const std::string& word) {
    if (!require(path, value, path + ": " + word) || value == word) return;
    report(path, path + " " + quoted(value) + " is not known", "this quorate reads " + word);
  }

  void check_header(const Spec& spec) {
    require_word("apiVersion", spec.api_version(), document_version);
    require_word("kind", spec.kind(), "EtcdCluster");
    if (require("metadata.name", spec.metadata().name(), "the cluster's name")) {
      check_value("metadata.name", spec.metadata().name(), is_dns_name, "a name", name_hint);
    }
  }

  void check_cluster(const ClusterSpec& cluster) {
    check_ssh("spec.ssh", cluster.ssh());
    check_etcd(cluster.etcd());
    check_certificates(cluster.certificates());
    check_value("spec.backup.directory", cluster.backup().directory(), is_plain_value, "a path", "");
    if (cluster.backup().has_keep() && cluster.backup().keep() == 0 && !is_refused("spec.backup.keep")) {
      report("spec.backup.keep", "spec.backup.keep: 0 would keep none", "1 or more; without `keep` all are kept");
    }
    check_duration("spec.setAside.maxAge", cluster.set_aside().max_age());
    check_kubeadm(cluster.kubeadm());
  }

  void check_kubeadm(const KubeadmSettings& kubeadm) {
    check_value("spec.kubeadm.criSocket", kubeadm.cri_socket(), is_plain_word, "a socket",
                "unix:///run/containerd/containerd.sock");
    if (kubeadm.has_bind_port()) check_port("spec.kubeadm.bindPort", kubeadm.bind_port());
    for (int i = 0; i < kubeadm.ignore_preflight_errors_size(); ++i) {
      const std::string path = "spec.kubeadm.ignorePreflightErrors[" + std::to_string(i) + "]";
      const std::string& check = kubeadm.ignore_preflight_errors(i);
      check_value(path, check, is_plain_word, "the name of a check", "Swap, NumCPU");
      // Of a file kubeadm refuses it, and beside other names.
      if (lower_case(check) == "all" && !is_refused(path)) report(path, path + ": \"" + check + "\" is not a check", "name each");
    }
  }

  void check_port(const std::string& path, std::uint32_t port) {
    if (is_refused(path) || (port >= 1 && port <= 65535)) return;
    report(path, path + ": " + std::to_string(port) + " is not a port", "1 to 65535");
  }

  void check_ssh(const std::string& path, const SshSettings& ssh) {
    check_value(path + ".user", ssh.user(), is_user_name, "a user name", "letters, digits, '_', '.', '-' and '@'");
    check_value(path + ".identityFile", ssh.identity_file(), is_plain_value, "a path", "");
    check_value(path + ".knownHostsFile", ssh.known_hosts_file(), is_plain_value, "a path", "");
    check_value(path + ".proxyJump", ssh.proxy_jump(), is_jump_host, "a jump host", "one [user@]host[:port]");
    if (ssh.has_port()) check_port(path + ".port", ssh.port());
  }

  void check_etcd(const EtcdSettings& etcd) {
    check_value("spec.etcd.dataDir", etcd.data_dir(), is_absolute_path, "an absolute path", "/var/lib/etcd");
    check_value("spec.etcd.image", etcd.image(), is_plain_word, "an image", "registry.k8s.io/etcd:3.5.15-0");
    check_value("spec.etcd.tools", etcd.tools(), is_plain_value, "a path", "");
    // Sorted, since a protobuf map has another order in every process.
    const std::map<std::string, std::string> flags(etcd.extra_args().begin(), etcd.extra_args().end());
    for (const auto& [flag, value] : flags) check_flag(flag, value);
  }

  void check_flag(const std::string& flag, const std::string& value) {
    static constexpr std::array<std::string_view, 8> own = {"advertise-client-urls", "data-dir",
                                                            "force-new-cluster",     "initial-advertise-peer-urls",
                                                            "initial-cluster",       "initial-cluster-state",
                                                            "initial-cluster-token", "name"};
    const std::string path = "spec.etcd.extraArgs." + flag;
    if (!is_flag_name(flag)) {
      const std::size_t dashes = flag.find_first_not_of('-');
      const bool has_dashes = dashes != std::string::npos && dashes > 0 && is_flag_name(flag.substr(dashes));
      report(path, "spec.etcd.extraArgs: " + quoted(flag) + " is not a flag's name",
             has_dashes ? "without dashes: " + flag.substr(dashes) : "lower-case letters, digits and '-'");
    } else if (std::find(own.begin(), own.end(), flag) != own.end()) {
      report(path, "spec.etcd.extraArgs: " + flag + " is not for a spec to set",
             flag == "data-dir" ? "use spec.etcd.dataDir" : "quorate sets it for each member");
    } else if (!value.empty() && !is_plain_value("=" + value)) {
      report(path, path + ": " + quoted(value) + " holds control characters", "");
    }
  }

  void check_certificates(const CertificateSettings& certificates) {
    const long validity = check_duration("spec.certificates.validity", certificates.validity());
    const long renewal = check_duration("spec.certificates.renewBefore", certificates.renew_before());
    if (validity > 0 && renewal >= validity) {
      report("spec.certificates.renewBefore", "spec.certificates.renewBefore is not shorter than validity",
             "every certificate would be renewed at once");
    }
    check_value("spec.certificates.authority", certificates.authority(), is_plain_value, "a path", "");
    for (int i = 0; i < certificates.extra_sans_size(); ++i) {
      check_value("spec.certificates.extraSANs[" + std::to_string(i) + "]", certificates.extra_sans(i), is_certificate_name,
                  "a DNS name or an IP address", host_hint);
    }
  }

  // Seconds; 0 where it is not there, or wrong.
  long check_duration(const std::string& path, const std::string& text) {
    if (!reading_.places.contains(path) || is_refused(path)) return 0;
    const std::optional<std::chrono::seconds> duration = parse_duration(text);
    if (!duration) {
      report(path, path + ": " + quoted(text) + " is not a duration", "365d, 8760h, 90m or 1d12h");
    } else if (duration->count() == 0) {
      report(path, path + " must be more than zero", "");
    }
    return duration ? duration->count() : 0;
  }

  void check_members(const ClusterSpec& cluster) {
    check_member_count(cluster.members_size());
    for (int i = 0; i < cluster.members_size(); ++i) {
      const std::string path = "spec.members[" + std::to_string(i) + "]";
      check_member(path, cluster.members(i));
      check_unique(path, cluster.members(i), cluster.ssh());
    }
  }

  void check_member_count(int count) {
    const std::string path = "spec.members";
    const std::string text = std::to_string(count);
    if (count == 0 && !is_refused(path)) {
      const bool is_there = reading_.places.contains(path);
      report(path, path + (is_there ? " is empty" : " is missing"), "a cluster has at least one member");
    } else if (count > 0 && count % 2 == 0) {
      const std::string tolerated = std::to_string((count - 1) / 2);
      report(path, text + " members tolerate the loss of " + tolerated + ", no more than " + std::to_string(count - 1) + " do",
             "use an odd number", Diagnostic::Severity::warning);
    }
    if (count > most_members) {
      report(path, text + " members make every write slow", "etcd advises at most 7", Diagnostic::Severity::warning);
    }
  }

  void check_member(const std::string& path, const MemberSpec& member) {
    if (require(path + ".name", member.name(), "the node's name in kubeadm, etcd's --name")) {
      check_value(path + ".name", member.name(), is_dns_name, "a name", name_hint);
    }
    if (require(path + ".host", member.host(), "where SSH goes")) {
      check_value(path + ".host", member.host(), is_host, "a DNS name or an IP address", host_hint);
    }
    check_value(path + ".address", member.address(), is_ip_address, "an IP address", "10.20.30.101 or fd00::101");
    check_ssh(path + ".ssh", member.ssh());
  }

  // The same host on another port is another node: port forwarding through one address.
  void check_unique(const std::string& path, const MemberSpec& member, const SshSettings& ssh) {
    const std::uint32_t shared_port = ssh.has_port() ? ssh.port() : 22;
    const std::uint32_t port = member.ssh().has_port() ? member.ssh().port() : shared_port;
    const std::string host_bytes = address_bytes(member.host());
    const std::string host = host_bytes.empty() ? lower_case(member.host()) : host_bytes;
    unique("name", member.name(), path + ".name", member.name());
    const bool is_new = unique("host", host.empty() ? "" : host + ":" + std::to_string(port), path + ".host", member.host());
    const bool is_said = !member.address().empty();
    if (!is_new && !is_said) return;
    const std::string address = member_address(member);
    unique("address", address_bytes(address), path + (is_said ? ".address" : ".host"), address);
  }

  bool unique(const std::string& what, const std::string& key, const std::string& path, const std::string& shown) {
    if (key.empty() || is_refused(path)) return true;
    const auto [first, is_new] = seen_.try_emplace(what + " " + key, path);
    if (is_new) return true;
    const Place place = reading_.place_of(first->second);
    report(path, "duplicate " + what + " " + quoted(shown), first->second + " in line " + std::to_string(place.line) + " has it");
    return false;
  }

  const RecordReading& reading_;
  const std::string& file_;
  std::map<std::string, std::string> seen_;
};

}  // namespace

Diagnostics check_spec(const Spec& spec, const RecordReading& reading, const std::string& file) {
  SpecCheck check(reading, file);
  check.check(spec);
  return check.diagnostics;
}

}  // namespace quorate
