// SPDX-License-Identifier: Apache-2.0
// What the model knows of etcd's CAs: who has read which ca.crt, and what everybody shows. It forbids what would keep one that runs
// from hearing another.
#include <algorithm>

#include "plans/lookup.h"
#include "tests/plans/support/cluster_model.h"

namespace quorate {
namespace {

std::set<std::string> read_by(const ScriptedNode& node) {
  std::set<std::string> names;
  for (const std::string& authority : authorities_of(node)) names.insert(authority_name(authority));
  return names;
}

bool has_api_server(const ScriptedNode& node) {
  const auto& names = node.other_manifests;
  return std::find(names.begin(), names.end(), "kube-apiserver.yaml") != names.end();
}

std::set<std::string> shown_by(const ScriptedNode& node) {
  std::set<std::string> issuers;
  for (const auto& [file, certificate] : node.certificates) {
    if (certificate.present) issuers.insert(authority_name(certificate.issuer.empty() ? node.authority : certificate.issuer));
  }
  return issuers;
}

bool is_subset(const std::set<std::string>& some, const std::set<std::string>& all) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

}  // namespace

void ClusterModel::copy_authority(const CopyAuthority& copy) {
  ScriptedNode& target = touched(copy.to_node());
  if (!target.authority.empty()) forbidden("a CA is written over another");
  if (copy.from_node().empty()) {
    if (!cluster_.workstation_key) forbidden("the workstation's CA is taken where it cannot sign");
    target.authority = cluster_.workstation_authority;
    target.authority_key = false;
    return;
  }
  const ScriptedNode& source = touched(copy.from_node());
  if (source.authority.empty() || !source.authority_key) forbidden("a CA is copied from where there is none");
  target.authority = source.authority;
  target.more_authorities = source.more_authorities;
  target.authority_key = true;
}

std::string ClusterModel::authority_of_signer(const std::string& signer) {
  if (!signer.empty() && !has_key_of_authority(touched(signer))) forbidden("signed where the CA's key is not");
  if (signer.empty() && !cluster_.workstation_key) forbidden("signed on a workstation that has not the CA's key");
  return signer.empty() ? cluster_.workstation_authority : touched(signer).authority;
}

void ClusterModel::issue(const IssueCertificate& issue) {
  const std::string authority = authority_of_signer(issue.signer());
  ScriptedNode& node = touched(issue.node());
  const std::vector<std::string> own = authorities_of(node);
  if (std::find(own.begin(), own.end(), authority) == own.end()) forbidden("signed with another CA than the node's");
  ScriptedCertificate& certificate = node.certificates[base_name(issue.certificate_path())];
  const int issued = certificate.issued + 1;
  certificate = {};
  certificate.issued = issued;
  certificate.issuer = authority;
  certificate.sans.assign(issue.sans().begin(), issue.sans().end());
}

void ClusterModel::make_authority(const MakeAuthority& make) {
  ScriptedNode& node = touched(make.node());
  if (node.authority.empty()) forbidden("a CA is made like one that is not there");
  node.next_authority = make.name();
}

void ClusterModel::write_authorities(const WriteAuthorities& write) {
  const ScriptedNode source = touched(write.from_node());
  ScriptedNode& node = touched(write.node());
  std::vector<std::string> pool = authorities_of(source);
  pool.push_back(source.next_authority);
  std::vector<std::string> written;
  for (const std::string& name : write.names()) {
    const auto found =
        std::find_if(pool.begin(), pool.end(), [&](const std::string& each) { return authority_name(each) == name; });
    if (found == pool.end()) forbidden("a CA is written that " + source.name + " has not: " + name);
    written.push_back(*found);
  }
  if (written.empty()) forbidden("a ca.crt without a CA");
  const std::string& own_key = source.authority_key_of.empty() ? source.authority : source.authority_key_of;
  const bool has_key = written.front() == source.next_authority || written.front() == own_key;
  if (write.with_key() && !has_key) forbidden("a key is written that " + source.name + " has not");
  if (write.with_key()) node.authority_key_of.clear();
  if (node.authority_key && !write.with_key() && written.front() != node.authority) forbidden("a ca.key beside another's ca.crt");
  // Said from now on, since the first of ca.crt is another.
  for (auto& [file, certificate] : node.certificates) {
    if (certificate.issuer.empty()) certificate.issuer = node.authority;
  }
  node.authority = written.front();
  node.more_authorities.assign(written.begin() + 1, written.end());
}

// Whoever starts reads ca.crt, and nobody before.
void ClusterModel::read_authorities() {
  for (ScriptedNode& node : cluster_.nodes) {
    const bool runs = node.etcd != Running::stopped;
    if (!runs) node.trusts.clear();
    if (runs && node.trusts.empty()) node.trusts = read_by(node);
    if (!has_api_server(node)) api_server_trusts_.erase(node.name);
    // Without a ca.crt it ends, and is started again until there is one.
    const bool reads = has_api_server(node) && !node.authority.empty();
    if (reads && !api_server_trusts_.contains(node.name)) api_server_trusts_[node.name] = read_by(node);
  }
}

void ClusterModel::forbid_strangers() {
  if (std::none_of(cluster_.nodes.begin(), cluster_.nodes.end(), [](const ScriptedNode& node) {
        return !node.more_authorities.empty() || authority_name(node.authority) != authority_name("ca");
      }))
    return;
  for (const ScriptedNode& node : cluster_.nodes) {
    if (node.etcd != Running::up && !has_api_server(node)) continue;
    for (const ScriptedNode& other : cluster_.nodes) {
      const bool by_etcd = other.etcd != Running::up || is_subset(shown_by(node), other.trusts);
      const auto read = api_server_trusts_.find(other.name);
      const bool by_api_server =
          read == api_server_trusts_.end() || node.etcd != Running::up || is_subset(shown_by(node), read->second);
      if (!by_etcd || !by_api_server) forbidden(other.name + " does not trust what " + node.name + " shows");
    }
  }
}

}  // namespace quorate
