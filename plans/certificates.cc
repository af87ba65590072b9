// SPDX-License-Identifier: Apache-2.0
#include "plans/certificates.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>

#include "plans/control_plane.h"
#include "plans/lookup.h"
#include "schemas/duration.h"
#include "schemas/spec_reader.h"
#include "schemas/spec_words.h"

namespace quorate {
namespace {

bool contains(const google::protobuf::RepeatedPtrField<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_loopback(const std::string& san) { return san.rfind("IP:127.", 0) == 0 || san == "IP:::1"; }

// A machine that was cloned or given another address has certificates by which its peers refuse it (etcd-facts 7). Where no address
// is known to either side, nothing speaks against it.
bool is_for_node(const Certificate& certificate, const NodeFacts& facts) {
  bool names_addresses = false;
  for (const std::string& san : certificate.sans()) {
    if (san.rfind("IP:", 0) != 0 || is_loopback(san)) continue;
    names_addresses = true;
    if (contains(facts.addresses(), san.substr(3))) return true;
  }
  return !names_addresses || facts.addresses().empty();
}

bool is_good(const Certificate* certificate, const std::string& name, std::int64_t now_seconds) {
  if (certificate == nullptr || !certificate->present() || !certificate->problem().empty()) return false;
  if (certificate->has_key_matches() && !certificate->key_matches()) return false;
  if (certificate->has_signed_by_authority() && !certificate->signed_by_authority()) return false;
  if (!is_for_use(*certificate, name)) return false;
  return certificate->not_before_seconds() <= now_seconds && now_seconds < certificate->not_after_seconds();
}

// Equal for every way of writing it.
std::string comparable(const std::string& name) {
  const std::string bytes = address_bytes(name);
  if (!bytes.empty()) return "IP:" + bytes;
  return "DNS:" + lower_case(name);
}

std::vector<std::string> hosts_of_urls(const NodeObservation& node, const MemberSituation* member, const std::string& name) {
  std::vector<std::string> urls;
  if (member == nullptr) return urls;
  if (name == "etcd-peer") {
    urls = member->more_peer_urls;
    urls.push_back(member->peer_url);
  } else if (const Member* listed = find_member(node.endpoint().member_list(), member->id)) {
    urls.assign(listed->client_urls().begin(), listed->client_urls().end());
  }
  std::vector<std::string> hosts;
  for (const std::string& url : urls) {
    const std::string host = host_of_url(url);
    // Where the machine has not that address it is the URL that is wrong.
    const bool is_elsewhere = is_ip_address(host) && !node.facts().addresses().empty() && !contains(node.facts().addresses(), host);
    if (!is_elsewhere) hosts.push_back(host);
  }
  return hosts;
}

std::int64_t seconds_of(const std::string& duration, std::chrono::seconds otherwise) {
  return parse_duration(duration).value_or(otherwise).count();
}

}  // namespace

bool is_of_server(const std::string& name) { return name == "etcd-server" || name == "etcd-peer"; }

// etcd's gateway dials etcd itself with the server's, and a peer dials with the one that it shows (etcd-facts 7).
bool is_for_use(const Certificate& certificate, const std::string& name) {
  const auto& usages = certificate.usages();
  if (usages.empty() || contains(usages, "any")) return true;
  return contains(usages, "client") && (!is_of_server(name) || contains(usages, "server"));
}

std::vector<std::string> certificates_needed(const NodeFacts& facts) {
  std::vector<std::string> names = {"etcd-server", "etcd-peer", "etcd-healthcheck-client"};
  if (facts.api_server_manifest_present() || !left_parked(facts, true).empty()) names.emplace_back("apiserver-etcd-client");
  return names;
}

std::vector<std::string> certificates_there(const NodeFacts& facts) {
  std::vector<std::string> names = certificates_needed(facts);
  const Certificate* of_api_server = find_certificate(facts, "apiserver-etcd-client");
  const bool is_idle = names.back() != "apiserver-etcd-client" && of_api_server != nullptr && of_api_server->present();
  if (is_idle) names.emplace_back("apiserver-etcd-client");
  return names;
}

std::string certificate_stem(const std::string& name, const std::string& pki_directory) {
  if (name == "etcd-server") return pki_directory + "/server";
  if (name == "etcd-peer") return pki_directory + "/peer";
  if (name == "etcd-healthcheck-client") return pki_directory + "/healthcheck-client";
  return folder_of(pki_directory) + "/apiserver-etcd-client";
}

const Certificate* find_certificate(const NodeFacts& facts, const std::string& name) {
  const std::string file = base_name(certificate_stem(name, facts.pki_directory())) + ".crt";
  for (const Certificate& certificate : facts.certificates()) {
    if (base_name(certificate.path()) == file) return &certificate;
  }
  return nullptr;
}

std::map<std::string, const Certificate*> control_plane_certificates(const NodeFacts& facts) {
  std::map<std::string, const Certificate*> found;
  for (const Certificate& certificate : facts.certificates()) {
    const std::string file = base_name(certificate.path());
    const bool is_kubeconfig = file.size() > 5 && file.rfind(".conf") == file.size() - 5;
    const bool is_plain = file == "apiserver.crt" || file == "apiserver-kubelet-client.crt" || file == "front-proxy-client.crt";
    if (is_kubeconfig || is_plain) found[is_kubeconfig ? file : file.substr(0, file.rfind('.'))] = &certificate;
  }
  return found;
}

const Certificate* find_authority(const NodeFacts& facts) {
  for (const Certificate& certificate : facts.certificates()) {
    if (base_name(certificate.path()) != "ca.crt") continue;
    return certificate.present() && certificate.problem().empty() ? &certificate : nullptr;
  }
  return nullptr;
}

std::vector<std::string> bad_certificates(const NodeFacts& facts, std::int64_t now_seconds) {
  std::vector<std::string> bad;
  for (const std::string& name : certificates_needed(facts)) {
    const Certificate* certificate = find_certificate(facts, name);
    const bool good = is_good(certificate, name, now_seconds) && (!is_of_server(name) || is_for_node(*certificate, facts));
    if (!good) bad.push_back(name);
  }
  return bad;
}

std::vector<std::string> missing_names(const ClusterSpec& spec, const NodeObservation& node, const MemberSituation* member,
                                       const std::string& name) {
  const Certificate* certificate = find_certificate(node.facts(), name);
  if (certificate == nullptr || !is_of_server(name)) return {};
  std::set<std::string> known;
  for (const std::string& san : certificate->sans()) known.insert(comparable(san.substr(san.find(':') + 1)));
  std::vector<std::string> wanted = hosts_of_urls(node, member, name);
  if (member != nullptr) wanted.push_back(node.name());
  for (const MemberSpec& own : spec.members()) {
    if (own.name() == node.name() && contains(node.facts().addresses(), own.address())) wanted.push_back(own.address());
  }
  wanted.insert(wanted.end(), spec.certificates().extra_sans().begin(), spec.certificates().extra_sans().end());
  std::vector<std::string> missing;
  for (const std::string& one : wanted) {
    if (one.empty() || !known.insert(comparable(one)).second) continue;
    missing.push_back((is_ip_address(one) ? "IP:" : "DNS:") + one);
  }
  return missing;
}

std::vector<std::string> names_to_keep(const NodeFacts& facts, const std::string& name) {
  const Certificate* certificate = find_certificate(facts, name);
  const bool is_own = certificate != nullptr && certificate->problem().empty() && is_for_node(*certificate, facts) &&
                      (!certificate->has_signed_by_authority() || certificate->signed_by_authority());
  if (!is_own || !is_of_server(name)) return {};
  std::vector<std::string> kept;
  std::copy_if(certificate->sans().begin(), certificate->sans().end(), std::back_inserter(kept),
               [](const std::string& san) { return san.rfind("DNS:", 0) == 0 || san.rfind("IP:", 0) == 0; });
  return kept;
}

bool expires_soon(const ClusterSpec& spec, const Certificate& certificate, std::int64_t now_seconds) {
  constexpr std::int64_t month = 30 * 86400;
  // What is issued for a month or less would be renewed at once, and again and again.
  const std::int64_t third = seconds_of(spec.certificates().validity(), std::chrono::hours(24 * 365)) / 3;
  const std::int64_t before = seconds_of(spec.certificates().renew_before(), std::chrono::seconds(std::min(month, third)));
  return certificate.not_after_seconds() <= now_seconds + before;
}

bool can_be_outlasted(const NodeFacts& facts, const Certificate& certificate) {
  constexpr std::int64_t worth_while = 86400;
  const Certificate* authority = find_authority(facts);
  return authority == nullptr || authority->not_after_seconds() > certificate.not_after_seconds() + worth_while;
}

bool key_is_exposed(const Certificate& certificate) {
  return !certificate.key_mode().empty() && (certificate.key_mode().back() - '0') % 8 != 0;
}

bool serves_other_certificate(const NodeObservation& node) {
  const std::string& served = node.endpoint().served_certificate().fingerprint();
  const Certificate* on_disk = find_certificate(node.facts(), "etcd-server");
  if (served.empty() || node.endpoint().via() != node.name() || on_disk == nullptr) return false;
  return !on_disk->fingerprint().empty() && on_disk->fingerprint() != served;
}

std::map<std::string, Renewal> certificates_to_renew(const ClusterSpec& spec, const NodeObservation& node,
                                                     const MemberSituation* member, bool serves, std::int64_t now_seconds) {
  std::map<std::string, Renewal> renewals;
  const std::vector<std::string> bad = bad_certificates(node.facts(), now_seconds);
  for (const std::string& name : certificates_needed(node.facts())) {
    const Certificate* certificate = find_certificate(node.facts(), name);
    if (certificate == nullptr || (!serves && std::find(bad.begin(), bad.end(), name) != bad.end())) continue;
    std::string reason;
    const std::vector<std::string> lacks = missing_names(spec, node, member, name);
    if (!lacks.empty()) reason = "lacks names";
    if (expires_soon(spec, *certificate, now_seconds) && can_be_outlasted(node.facts(), *certificate)) reason = "expires soon";
    if (key_is_exposed(*certificate)) reason = "has a key that everybody there can read";
    if (!is_good(certificate, name, now_seconds)) reason = "is of no use";
    if (!reason.empty()) renewals[name] = {certificate->fingerprint(), reason, lacks};
  }
  return renewals;
}

}  // namespace quorate
