// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <stdexcept>

#include "plans/lookup.h"
#include "schemas/member_identity.h"
#include "tests/plans/support/cluster_script.h"

namespace quorate {
namespace {

using Words = std::vector<std::string>;
using Tell = void (*)(ScriptedCluster&, ScriptedNode&, const Words&);

// etcd 3.4's own lines, as `crictl logs` shows them (capnslog).
constexpr const char* stamp = "2026-03-01 02:58:11.402117 ";

const std::string usual = std::string(manifest_folder) + "/etcd.yaml";

void fail_with(ScriptedNode& node, const std::string& line) {
  node.etcd = Running::failing;
  node.log = {stamp + line};
}

void forget_member(ScriptedCluster& cluster, const ScriptedNode& node) {
  std::erase_if(cluster.members, [&](const ScriptedMember& member) { return member.id == scripted_id(node.name); });
}

// With its data etcd ends so each time.
void spoil_data(ScriptedNode& node, const std::string& line) {
  fail_with(node, line);
  node.data.ends_with = node.log.front();
}

void empty_data(ScriptedNode& node) {
  node.data.ends_with.clear();
  node.data.initialised = false;
  node.data.entries.clear();
}

void tell_data(ScriptedCluster& cluster, ScriptedNode& node, const Words& words) {
  const std::string& kind = words.at(1);
  if (kind == "of") {
    node.data.member_id = scripted_id(words.at(2));
  } else if (kind == "unlisted") {
    forget_member(cluster, node);
    node.unheard = true;
  } else if (kind == "unreadable") {
    node.data.member_id.clear();
  } else if (kind == "removed") {
    forget_member(cluster, node);
    fail_with(node, "E | rafthttp: the member has been permanently removed from the cluster");
  } else if (kind == "foreign") {
    node.data.cluster_id = other_cluster_id;
    node.data.member_id = scripted_id("elsewhere " + node.name);
    fail_with(node, "E | rafthttp: request sent was ignored by remote peer due to cluster ID mismatch");
  } else if (kind == "stale") {
    spoil_data(node,
               "C | raft: tocommit(84211) is out of range [lastIndex(80917)]. Was the raft log corrupted, truncated, or "
               "lost?");
  } else if (kind == "damaged") {
    spoil_data(node, "C | etcdserver: read wal error (walpb: crc mismatch) and cannot be repaired");
  } else if (kind == "differs") {
    node.etcd = Running::failing;
    node.log.clear();
    for (auto peer = words.begin() + 2; peer != words.end(); ++peer) {
      // Where 3.7.3 gives the URL, the ID is 0.
      const bool by_url = peer->rfind("https://", 0) == 0;
      const std::string revision = std::to_string(node.compared_revision);
      node.log.push_back(R"({"level":"warn","msg":"found different hash values from remote peer","local-member-revision":)" +
                         revision + R"(,"remote-peer-id":")" + (by_url ? "0" : scripted_id(*peer)) +
                         R"(","remote-peer-endpoints":[)" + (by_url ? "\"" + *peer + "\"" : "") + "]}");
    }
    node.log.push_back(R"({"level":"fatal","msg":"discovery failed","error":")" + node.data.member_id +
                       R"( found data inconsistency with peers"})");
  } else if (kind == "leftovers") {
    node.data.initialised = false;
    node.data.entries = {"member"};
  } else {
    throw std::runtime_error("data " + kind);
  }
}

void tell_manifest(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  const std::string& kind = words.at(1);
  if (kind == "duplicated") {
    node.manifests[usual + ".bak"] = node.manifests[usual];
  } else if (kind == "renamed") {
    node.manifests[usual + ".bak"] = node.manifests[usual];
    node.manifests.erase(usual);
  } else if (kind == "parked") {
    node.spare_manifests["/var/lib/quorate/0c1d2e3f4a5b/etcd.yaml"] = node.manifests[usual];
    node.manifests.clear();
  } else if (kind == "absent") {
    node.manifests.clear();
  } else if (kind == "unreadable") {
    node.manifests[usual] = "image: k8s.gcr.io/etcd: 3.4\n";
  } else {
    throw std::runtime_error("manifest " + kind);
  }
  if (node.manifests.empty()) node.etcd = Running::stopped;
}

void tell_certificate(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  ScriptedCertificate& certificate = node.certificates[words.at(1) + ".crt"];
  const std::string& kind = words.at(2);
  if (kind == "missing") certificate.present = false;
  if (kind == "expired") certificate.not_after = scripted_now - 86400;
  if (kind == "expiring") certificate.not_after = scripted_now + 9 * 86400;
  if (kind == "names") certificate.more_names.push_back(words.at(3));
  if (kind == "keyless") certificate.key_matches = false;
  if (kind == "of-address") certificate.sans = {"DNS:localhost", "IP:" + words.at(3), "IP:127.0.0.1"};
  if (kind == "of-another-ca") certificate.signed_by_authority = false;
  if (kind == "key-mode") certificate.key_mode = words.at(3);
  if (kind == "for") certificate.usages = {words.begin() + 3, words.end()};
  if (kind == "not-shown") node.shows_other_certificate = true;
}

// `node1 control-plane-certificate admin.conf expired`
void tell_control_plane_certificate(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  const bool is_plain = words.at(1).find(".conf") == std::string::npos;
  ScriptedCertificate& certificate =
      node.control_plane_certificates[(is_plain ? "/etc/kubernetes/pki/" : "/etc/kubernetes/") + words[1]];
  if (words.size() > 2 && words[2] == "expired") certificate.not_after = scripted_now - 86400;
}

// A node as an administrator hands it over: the kubelet runs, and there is nothing of etcd's.
void tell_fresh(ScriptedCluster& cluster, ScriptedNode& node, const Words&) {
  const bool listed = std::any_of(cluster.members.begin(), cluster.members.end(),
                                  [&](const ScriptedMember& member) { return member.id == scripted_id(node.name); });
  if (listed) forget_member(cluster, node);
  empty_data(node);
  node.etcd = Running::stopped;
  node.manifests.clear();
  node.authority.clear();
  for (auto& [file, certificate] : node.certificates) certificate.present = false;
}

void tell_learner(ScriptedCluster& cluster, ScriptedNode& node, const Words& words) {
  ScriptedMember& member = *cluster.member_of(node);
  member.learner = true;
  if (words.size() < 2 || words[1] != "unstarted") return;
  member.name.clear();
  empty_data(node);
  node.manifests.clear();
  node.etcd = Running::stopped;
}

// `node1 ended-run 1f2e3d4c5b6a undone`
void tell_ended_run(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  EndedRun& run = node.ended_runs.emplace_back();
  run.set_begun_as(words.at(1));
  run.set_undone(words.size() > 2 && words[2] == "undone");
}

void tell_unstarted(ScriptedCluster& cluster, ScriptedNode& node, const Words&) {
  cluster.member_of(node)->name.clear();
  empty_data(node);
  fail_with(node, "C | etcdmain: member count is unequal");
}

void tell_stray(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  node.etcd = Running::stray;
  node.stray_members = words.size() > 1 ? 2 : 1;
  node.data.cluster_id = other_cluster_id;
  node.data.member_id = scripted_id("elsewhere " + node.name);
}

// `log-end 2 84213 84211`: the last entry's term and index, and up to where the member knows them to be committed.
void tell_log_end(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  LogEnd& end = node.data.log_end.emplace();
  end.set_term(std::stoull(words.at(1)));
  end.set_index(std::stoull(words.at(2)));
  end.set_commit(std::stoull(words.at(3)));
}

void tell_tool(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  node.restore_tool.set_name(words.at(1));
  node.restore_tool.set_path("/usr/local/bin/" + words.at(1));
  node.restore_tool.set_version(words.at(2));
  node.restore_tool.set_place(Tool::CONTAINER);
}

// `restored beside`, `restored in-place`, `restored in-place seed`: by the run 7e57, whose restore is scripted_restore.
void tell_restored(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  const Intent::Restore restore = scripted_restore(words.size() > 2);
  SetAside& folder = node.folders.emplace_back();
  folder.set_path("/var/lib/etcd/.quorate-7e57-restore");
  folder.set_snapshot_bytes(restore.bytes());
  folder.set_snapshot_sha256(restore.sha256());
  folder.set_holds_restored(words.at(1) == "beside");
  if (words[1] == "beside") return;
  node.data.initialised = true;
  node.data.entries = {"member"};
  node.data.cluster_id = bootstrap_cluster_id(restore.initial_cluster(), restore.token());
  node.data.member_id = scripted_id("restored " + node.name);
}

// By the run 7e57.
void tell_parked(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  node.parked.push_back("/var/lib/quorate/7e57/" + words.at(1));
  if (words[1] != "etcd.yaml") {
    std::erase(node.other_manifests, words[1]);
    return;
  }
  node.spare_manifests["/var/lib/quorate/7e57/etcd.yaml"] = node.manifests[usual];
  node.manifests.clear();
  node.etcd = Running::stopped;
}

void tell_user(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  std::string& content = node.manifests[usual];
  const std::size_t at = content.find("  hostNetwork: true\n");
  content.insert(at, "  securityContext:\n    runAsUser: " + words.at(1) + "\n");
}

void tell_flag(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  std::string& content = node.manifests[usual];
  content.insert(content.find("    image:"), "    - --" + words.at(1) + "\n");
}

// In place of what it has.
void tell_argument(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  std::string& content = node.manifests[usual];
  const std::size_t at = content.find("--" + words.at(1).substr(0, words[1].find('=') + 1));
  content.replace(at, content.find('\n', at) - at, "--" + words[1]);
}

// By the run 7e57, which keeps the manifest of before.
void tell_half_set(ScriptedCluster& cluster, ScriptedNode& node, const Words& words) {
  node.spare_manifests["/var/lib/quorate/7e57/before-etcd.yaml"] = node.manifests[usual];
  tell_flag(cluster, node, words);
}

void tell_image(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  std::string& content = node.manifests[usual];
  content.replace(content.find(scripted_image), std::string(scripted_image).size(), words.at(1));
  node.image = words.at(1);
}

void tell_disk_use(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  DiskUse& use = node.data.largest.emplace_back();
  use.set_path(words.at(1));
  use.set_bytes(std::stoull(words.at(2)));
}

SshState::State ssh_state(const std::string& word) {
  if (word == "host-key") return SshState::HOST_KEY_CHANGED;
  if (word == "unknown-host-key") return SshState::HOST_KEY_UNKNOWN;
  if (word == "login") return SshState::AUTHENTICATION_FAILED;
  if (word == "sudo") return SshState::SUDO_REFUSED;
  if (word == "garbled") return SshState::PROBE_FAILED;
  if (word == "settings") return SshState::SETTINGS_REFUSED;
  throw std::runtime_error("barred " + word);
}

void tell_silent(ScriptedCluster&, ScriptedNode& node, const Words& words) {
  node.ssh = SshState::UNREACHABLE;
  const std::string how = words.size() > 1 ? words[1] : "";
  if (how == "but-serving") return;
  node.etcd = Running::stopped;
  node.port_open = how == "but-port-open";
}

const std::map<std::string, Tell>& vocabulary() {
  static const std::map<std::string, Tell> known = {
      {"voter", [](ScriptedCluster&, ScriptedNode&, const Words&) {}},
      {"leader", [](ScriptedCluster& cluster, ScriptedNode& node, const Words&) { cluster.leader_id = node.data.member_id; }},
      {"silent", tell_silent},
      {"barred", [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.ssh = ssh_state(words.at(1)); }},
      {"wiped",
       [](ScriptedCluster&, ScriptedNode& node, const Words&) {
         empty_data(node);
         fail_with(node,
                   "C | etcdmain: error validating peerURLs {ClusterID:cdf818194e3a8c32 RemovedMemberIDs:[]}: member "
                   "count is unequal");
       }},
      {"stopped", [](ScriptedCluster&, ScriptedNode& node, const Words&) { node.etcd = Running::stopped, node.manifests.clear(); }},
      {"starting", [](ScriptedCluster&, ScriptedNode& node, const Words&) { node.etcd = Running::starting; }},
      {"failing",
       [](ScriptedCluster&, ScriptedNode& node, const Words& words) {
         fail_with(node, join({words.begin() + 1, words.end()}, " "));
       }},
      {"data", tell_data},
      {"manifest", tell_manifest},
      {"certificate", tell_certificate},
      {"control-plane-certificate", tell_control_plane_certificate},
      {"fresh", tell_fresh},
      {"learner", tell_learner},
      {"unstarted", tell_unstarted},
      {"stray", tell_stray},
      {"runs-as", tell_user},
      {"unknown",
       [](ScriptedCluster&, ScriptedNode& node, const Words& words) {
         node.unknowns[words.at(1)] = join({words.begin() + 2, words.end()}, " ");
       }},
      {"flag", tell_flag},
      {"argument", tell_argument},
      {"half-set", tell_half_set},
      {"without-image", [](ScriptedCluster&, ScriptedNode& node, const Words&) { node.image.clear(); }},
      {"kubeadm", [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.kubeadm = words.at(1); }},
      {"kubeadm-mark", [](ScriptedCluster&, ScriptedNode& node,
                          const Words& words) { node.kubeadm_marks.push_back("/var/lib/quorate/" + words.at(1)); }},
      {"runs-with", [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.runs_with = words.at(1); }},
      {"image", tell_image},
      {"kubelet",
       [](ScriptedCluster&, ScriptedNode& node, const Words& words) {
         node.kubelet = words.at(1);
         node.kubelet_error = join({words.begin() + 2, words.end()}, " ");
       }},
      {"owner", [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.data.owner = words.at(1); }},
      {"free", [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.data.free_bytes = std::stoull(words.at(1)); }},
      {"takes-room", tell_disk_use},
      {"listed-at",
       [](ScriptedCluster& cluster, ScriptedNode& node, const Words& words) { cluster.member_of(node)->peer_url = words.at(1); }},
      {"listed-also-at", [](ScriptedCluster& cluster, ScriptedNode& node,
                            const Words& words) { cluster.member_of(node)->more_peer_urls.push_back(words.at(1)); }},
      {"port",
       [](ScriptedCluster&, ScriptedNode& node, const Words& words) {
         std::string& content = node.manifests[usual];
         for (std::size_t at = content.find(":2380\n"); at != std::string::npos; at = content.find(":2380\n")) {
           content.replace(at + 1, 4, words.at(1));
         }
       }},
      {"listed-as",
       [](ScriptedCluster& cluster, ScriptedNode& node, const Words& words) { cluster.member_of(node)->name = words.at(1); }},
      {"authority",
       [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.authority = words.at(1) == "missing" ? "" : words[1]; }},
      {"authorities",
       [](ScriptedCluster&, ScriptedNode& node, const Words& words) {
         node.authority = words.at(1);
         node.more_authorities = {words.begin() + 2, words.end()};
         for (auto& [file, certificate] : node.certificates) {
           if (certificate.issuer.empty()) certificate.issuer = "ca";
         }
       }},
      {"next-authority", [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.next_authority = words.at(1); }},
      {"trusts",
       [](ScriptedCluster&, ScriptedNode& node, const Words& words) {
         node.trusts = {words.begin() + 1, words.end()};
       }},
      {"issued-by",
       [](ScriptedCluster&, ScriptedNode& node, const Words& words) {
         for (auto& [file, certificate] : node.certificates) certificate.issuer = words.at(1);
       }},
      {"also-at", [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.more_addresses.push_back(words.at(1)); }},
      {"has-moved-to", [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.address = words.at(1); }},
      {"authority-key-of", [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.authority_key_of = words.at(1); }},
      {"authority-key", [](ScriptedCluster&, ScriptedNode& node, const Words&) { node.authority_key = false; }},
      {"tool", tell_tool},
      {"log-end", tell_log_end},
      {"ctr", [](ScriptedCluster&, ScriptedNode& node, const Words&) { node.has_ctr = true; }},
      {"restored", tell_restored},
      {"aside",
       [](ScriptedCluster&, ScriptedNode& node, const Words& words) {
         node.folders.emplace_back().set_path("/var/lib/etcd/.quorate-" + (words.size() > 1 ? words[1] : "7e57"));
         // `aside 7e57-restore`, `aside 7e57-survivor`: where no member's data is.
         const std::string& path = node.folders.back().path();
         node.folders.back().set_holds_member(!path.ends_with("-restore") && !path.ends_with("-survivor"));
         node.folders.back().set_created_at_seconds(scripted_now - 86400 * (words.size() > 2 ? std::stol(words[2]) : 0));
       }},
      {"parked", tell_parked},
      {"ended-run", tell_ended_run},
      {"tombstone", [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.tombstones.push_back(words.at(1)); }},
      {"file", [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.other_manifests.push_back(words.at(1)); }},
      {"failed-before",
       [](ScriptedCluster&, ScriptedNode& node, const Words& words) {
         node.older_log = {stamp + join({words.begin() + 1, words.end()}, " ")};
       }},
      {"api-server", [](ScriptedCluster&, ScriptedNode& node, const Words&) { node.api_server_ready = false; }},
      {"alarm",
       [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.errors = {"memberID:1 alarm:" + words.at(1) + " "}; }},
      {"database", [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.database = std::stoull(words.at(1)); }},
      {"in-use", [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.in_use = std::stoull(words.at(1)); }},
      {"compared",
       [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.compared_revision = std::stoll(words.at(1)); }},
      {"hash", [](ScriptedCluster&, ScriptedNode& node,
                  const Words& words) { node.hash = static_cast<std::uint32_t>(std::stoul(words.at(1))); }},
      {"clock",
       [](ScriptedCluster&, ScriptedNode& node, const Words& words) { node.clock_skew_milliseconds = std::stoll(words.at(1)); }},
  };
  return known;
}

}  // namespace

void tell_node(ScriptedCluster& cluster, const std::string& name, const Words& words) {
  const auto told = words.empty() ? vocabulary().end() : vocabulary().find(words[0]);
  if (told == vocabulary().end()) throw std::runtime_error("not understood: " + name + " " + join(words, " "));
  // `node3 voter leader`: each word that stands alone is told after the other.
  told->second(cluster, cluster.node(name), words);
  if (words[0] == "voter" && words.size() > 1) tell_node(cluster, name, {words.begin() + 1, words.end()});
}

}  // namespace quorate
