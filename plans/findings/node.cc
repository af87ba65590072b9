// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>

#include "plans/control_plane.h"
#include "plans/findings/subject.h"
#include "plans/log_causes.h"
#include "plans/lookup.h"
#include "plans/node_condition.h"

namespace quorate {
namespace {

std::vector<std::string> log_evidence(const Subject& subject) {
  const std::vector<std::string> log = etcd_log(subject.node.facts(), subject.now_seconds);
  if (const std::optional<LogFinding> found = cause_in_log(log)) {
    std::vector<std::string> evidence;
    if (found->cause == LogCause::store_differs) {
      for (const std::string& line : differing_peers_in_log(log)) evidence.push_back("etcd's log: " + line);
    }
    evidence.push_back("etcd's log: " + found->line);
    return evidence;
  }
  if (!log.empty()) return {"etcd's log: " + log.back()};
  return {};
}

std::string data_line(const DataDirectory& data) {
  if (!data.exists()) return data.path() + ": does not exist";
  if (!data.initialised()) {
    const std::vector<std::string> entries(data.entries().begin(), data.entries().end());
    return data.path() + ": no write-ahead log" + (entries.empty() ? ", empty" : ", holds " + join(entries, " "));
  }
  return data.path() + ": member " + data.member_id() + " of cluster " + data.cluster_id() + ", newest " + data.newest_wal();
}

std::string access_remedy(const NodeObservation& node) {
  switch (node.ssh().state()) {
    case SshState::SUDO_REFUSED:
      return "Let that user run `sudo -n` without a password (sudoers: NOPASSWD), with `sudo: true` under `ssh` in the spec; or "
             "log in "
             "as root.";
    case SshState::PROBE_FAILED:
      return "See what `ssh " + node.host() + " true` prints: a login must print nothing and be able to run /bin/sh.";
    case SshState::HOST_KEY_UNKNOWN:
      return "Compare the fingerprint on the machine's console; if it is the same, log in once by ssh, which adds it.";
    case SshState::HOST_KEY_CHANGED:
      return "Compare the fingerprint on the machine's console; only if it is the same: ssh-keygen -R " + node.host() +
             ", and log in once by ssh.";
    case SshState::AUTHENTICATION_FAILED:
      return "See that `ssh " + node.host() +
             "` logs in without a password: `user` and `identityFile` under `ssh` in the spec, or the "
             "agent's keys (ssh-add -l).";
    case SshState::SETTINGS_REFUSED: return "Change that setting in ~/.ssh/config, or say it under `ssh` in the spec.";
    default: return "Put that right.";
  }
}

void access_findings(const Subject& subject) {
  if (subject.condition.access == Access::silent) {
    std::vector<std::string> evidence = {"ssh: " + subject.node.ssh().detail()};
    if (subject.condition.etcd == EtcdState::serving) {
      evidence.push_back("but its etcd answers " + subject.node.endpoint().via() + " at " + subject.node.endpoint().url());
    }
    if (subject.condition.asserted_lost) {
      subject.add(FindingKind::asserted_lost, "It does not answer, and a person says that it is gone for good.", evidence,
                  "Its member is removed.");
    } else {
      subject.add(FindingKind::unreachable, "It does not answer SSH; it may be rebooting, cut off, or gone.", evidence,
                  "Nothing is planned for it. If it is gone for good: --lost " + subject.node.name());
    }
  } else if (subject.node.ssh().state() == SshState::NOT_RECORDED) {
    subject.add(FindingKind::not_recorded, "The record of the nodes was made without it.", {subject.node.ssh().detail()},
                "Nothing is planned for it from this record. Record the nodes with this spec: quorate observe --out FILE");
  } else if (subject.condition.access == Access::barred) {
    subject.add(FindingKind::access_barred, "It answers, but cannot be worked on.", {"ssh: " + subject.node.ssh().detail()},
                access_remedy(subject.node) + " Until then nothing is planned for it.");
  }
}

void kubelet_findings(const Subject& subject) {
  if (!subject.node.has_facts() || subject.condition.kubelet_active) return;
  const Kubelet& kubelet = subject.node.facts().kubelet();
  std::vector<std::string> evidence = {"systemctl is-active kubelet: " +
                                       (kubelet.active_state().empty() ? "unknown" : kubelet.active_state())};
  for (const std::string& line : kubelet.last_errors()) evidence.push_back("kubelet's log: " + line);
  subject.add(FindingKind::kubelet_inactive, "The kubelet does not run, so no static pod is started or stopped.", evidence,
              kubelet_remedy(subject.condition));
}

// A fact without which something cannot be decided, and what a person can do to have it.
struct NeededFact {
  const char* name;
  const char* summary;
  const char* remedy;
};

constexpr std::array needed_facts = {
    NeededFact{"containers", "Its containers cannot be listed, so nobody can say that etcd is stopped.",
               "See that the container runtime runs and that crictl can ask it: crictl ps -a, as root"},
    NeededFact{"ready_pods", "Its pods cannot be listed, so nobody can say that etcd is stopped.",
               "See that the container runtime can be asked for them: crictl pods, as root"},
    NeededFact{"processes", "Its processes cannot be listed, so nobody can say that etcd is stopped.",
               "See that root can read /proc there."},
    NeededFact{"listeners", "Its listening ports cannot be listed, so nobody can say that etcd is stopped.",
               "See that root can read /proc/net/tcp there."},
    NeededFact{"manifests", "Its static pods' manifests cannot be seen.",
               "See that the kubelet's staticPodPath is a directory that root can read."},
    NeededFact{"certificates", "etcd's certificates cannot be seen.", "See that root can read /etc/kubernetes/pki/etcd there."},
};

constexpr std::array needed_data_facts = {
    NeededFact{"data_directory", "Its data directory cannot be seen.", "See that root can read the data directory there."},
    NeededFact{"data_directory.initialised", "Whether its data directory holds data cannot be seen.",
               "Left alone. See that root can read all of it: ls -lR, and dmesg for a failing disk"},
    NeededFact{"data_directory.member_id", "Which member its data is of cannot be read.",
               "Left alone. See that root can read the write-ahead log."},
};

bool report_if_unknown(const Subject& subject, const NeededFact& fact) {
  const std::string* reason = reason_unknown(subject.node.facts(), fact.name);
  if (reason == nullptr) return false;
  const bool is_elsewhere = subject.condition.separate_wal && std::string_view(fact.name).rfind("data_directory.", 0) == 0;
  subject.add(FindingKind::fact_unknown, fact.summary, {std::string(fact.name) + ": " + *reason},
              is_elsewhere ? "Left alone: no step sets aside a write-ahead log that has a directory of its own." : fact.remedy);
  return true;
}

void unknown_findings(const Subject& subject) {
  if (!subject.node.has_facts()) return;
  for (const NeededFact& fact : needed_facts) report_if_unknown(subject, fact);
  // An etcd that serves says itself whose data it has.
  if (subject.condition.etcd == EtcdState::serving) return;
  // Each explains those behind it.
  for (const NeededFact& fact : needed_data_facts) {
    if (report_if_unknown(subject, fact)) return;
  }
}

void data_findings(const Subject& subject) {
  // What a stray etcd serves is its data; that finding says so.
  if (!subject.node.has_facts() || subject.condition.etcd == EtcdState::stray || subject.condition.given_up()) return;
  const NodeFacts& facts = subject.node.facts();
  std::vector<std::string> evidence = {data_line(facts.data_directory())};
  for (const std::string& line : log_evidence(subject)) evidence.push_back(line);
  const std::string replace = "Replaced by a fresh member; what is there is set aside.";
  switch (subject.condition.data) {
    case DataState::none:
      if (subject.member != nullptr && subject.member->started) {
        subject.add(FindingKind::lost_data, "Its data is gone, and its member had been started.", evidence, replace);
      }
      break;
    case DataState::removed:
      subject.add(FindingKind::data_of_removed_member, "Its data is of a member that the cluster no longer has.", evidence,
                  replace);
      break;
    case DataState::foreign:
      subject.add(FindingKind::data_of_other_cluster, "Its data is of another cluster.", evidence, replace);
      break;
    case DataState::stale:
      subject.add(FindingKind::older_data, "Its data is older than what its member had acknowledged.", evidence, replace);
      break;
    case DataState::damaged: subject.add(FindingKind::damaged_data, "Its data is damaged.", evidence, replace); break;
    case DataState::corrupt:
      subject.add(FindingKind::corrupt_store, "Its store has other keys or values than the majority's.", evidence, replace);
      break;
    case DataState::copied:
      subject.add(FindingKind::data_of_other_member, "Its data is a copy of another member's, which must not run twice.", evidence,
                  replace);
      break;
    case DataState::unknown:
      // That it cannot be seen is said already, and fresh data is no remedy for it.
      if (subject.condition.data_unseen) break;
      subject.add(FindingKind::data_unknown, "Whose data it holds cannot be read.", evidence,
                  "Left alone. To give it fresh data: --replace " + subject.node.name());
      break;
    case DataState::own: break;
  }
}

// Also of a node that only its neighbours reach: its etcd answers them, and its API server answers clients.
void given_up_findings(const Subject& subject) {
  if (!subject.condition.given_up()) return;
  const bool serves = subject.condition.etcd == EtcdState::stray;
  const std::string& tombstone = subject.condition.tombstone;
  std::vector<std::string> evidence = {"given up: " + given_up_text(tombstone) + " (/var/lib/quorate/tombstones/" + tombstone +
                                       ")"};
  if (subject.node.has_facts()) evidence.push_back(data_line(subject.node.facts().data_directory()));
  subject.add(FindingKind::given_up_cluster,
              std::string("It is back with what was given up") + (serves ? ", and its API server may serve that to clients." : "."),
              evidence,
              subject.condition.access == Access::answers && subject.condition.kubelet_active
                  ? "Stopped first, API server and etcd; what it holds is set aside."
                  : "Power it off now, or keep it from clients and peers (load balancer, firewall): quorate cannot stop it.");
}

void parked_findings(const Subject& subject) {
  std::vector<std::string> evidence;
  for (const bool api_server : {true, false}) {
    for (const std::string& name : left_parked(subject.node.facts(), api_server)) {
      evidence.push_back(parked_path(subject.node.facts(), name));
    }
  }
  if (evidence.empty()) return;
  subject.add(FindingKind::control_plane_parked,
              "A run has stopped its API server or controllers, and they were not started again.", evidence,
              "Started once its etcd is a voter of the cluster.");
}

bool data_explains(const Subject& subject) {
  if (subject.condition.data == DataState::none) return subject.member == nullptr || subject.member->started;
  return is_of_no_use(subject.condition.data);
}

void etcd_findings(const Subject& subject) {
  if (!subject.node.has_facts()) return;
  const NodeFacts& facts = subject.node.facts();
  std::vector<std::string> evidence = log_evidence(subject);
  if (!subject.node.endpoint().problem().empty()) evidence.push_back("etcd: " + subject.node.endpoint().problem());
  switch (subject.condition.etcd) {
    case EtcdState::stopped:
      if (subject.member == nullptr || subject.condition.data != DataState::own) break;
      evidence.push_back(facts.manifests().empty() ? "no manifest of etcd in " + facts.manifest_directory()
                                                   : facts.manifests(0).path() + " is there, but nothing runs");
      subject.add(FindingKind::etcd_stopped, "etcd is stopped; its data is sound.", evidence,
                  subject.condition.kubelet_active ? "Started." : "Started once the kubelet runs.");
      break;
    case EtcdState::failing: {
      if (data_explains(subject)) break;
      const std::optional<LogFinding> cause = cause_in_log(etcd_log(facts, subject.now_seconds));
      if (facts.containers().empty()) evidence.emplace_back("no container of etcd, though its manifest is there");
      subject.add(FindingKind::etcd_failing, "etcd does not stay up" + (cause ? ": " + cause->meaning + "." : std::string(".")),
                  evidence,
                  subject.condition.data == DataState::none ? "It joins anew."
                  : subject.condition.data_unseen           ? "Left alone until its data can be seen."
                  : subject.condition.store_differs
                      ? (subject.condition.asserted_replace ? "Replaced by a fresh member; what is there is set aside."
                                                            : "Left alone: which of them is right is not certain.")
                      : "Restarted once its cause is mended; --replace " + subject.node.name() + " gives it fresh data.");
      break;
    }
    case EtcdState::starting:
      subject.add(FindingKind::etcd_silent, "etcd runs, but its client port does not answer.", evidence,
                  "It may be starting, or waiting for a quorum.");
      break;
    case EtcdState::stray:
      if (subject.condition.given_up()) break;
      subject.add(FindingKind::data_of_other_cluster,
                  "Its etcd serves cluster " + subject.node.endpoint().status().cluster_id() + ", which is not this one.",
                  {data_line(facts.data_directory())},
                  subject.condition.stray_has_peers && !subject.condition.asserted_replace
                      ? "Left alone: it has other members. If it is meant all the same: --replace " + subject.node.name()
                      : "Replaced by a fresh member; what is there is set aside.");
      break;
    case EtcdState::serving:
      if (subject.member == nullptr && subject.condition.data == DataState::removed) {
        subject.add(FindingKind::not_a_member, "Its etcd answers, but its member is not listed, and it sees no leader.",
                    {"member " + subject.node.endpoint().status().member_id()}, "It is stopped, and joins anew.");
      }
      if (subject.member != nullptr && !subject.member->learner && !subject.member->live) {
        subject.add(FindingKind::etcd_silent, "etcd answers, but sees no leader.", evidence, "It may be cut off from its peers.");
      }
      break;
    case EtcdState::unknown: break;
  }
}

std::vector<std::string> peer_url_evidence(const NodeFacts& facts, const MemberSituation& member) {
  std::string listed = "member " + member.id + ": " + member.peer_url;
  for (const std::string& url : member.more_peer_urls) listed += " " + url;
  std::vector<std::string> evidence = {listed};
  const std::optional<StaticPod> pod = current_pod(facts);
  if (!pod) return evidence;
  for (const std::string flag : {"initial-advertise-peer-urls", "listen-peer-urls"}) {
    if (const std::optional<std::string> value = pod->argument(flag)) evidence.push_back("manifest: --" + flag + "=" + *value);
  }
  return evidence;
}

void manifest_findings(const Subject& subject) {
  if (!subject.node.has_facts()) return;
  const NodeFacts& facts = subject.node.facts();
  std::vector<std::string> paths;
  for (const Manifest& manifest : facts.manifests()) paths.push_back(manifest.path());
  if (subject.condition.manifest == ManifestState::several) {
    subject.add(FindingKind::manifest_duplicated,
                "More than one file in the manifest directory is etcd's; the kubelet runs the last in the alphabet.", paths,
                "All but etcd.yaml are moved out of the directory.");
  }
  for (const Manifest& manifest : facts.manifests()) {
    if (manifest.problem().empty()) continue;
    subject.add(FindingKind::manifest_unreadable, "A manifest of etcd cannot be read.",
                {manifest.path() + ": " + manifest.problem()}, "Mend or remove it by hand.");
  }
  if (subject.condition.data_owner_wrong) {
    const std::optional<StaticPod> pod = current_pod(facts);
    subject.add(FindingKind::data_owner_wrong, "etcd's user cannot write its data directory.",
                {facts.data_directory().path() + ": owner " + facts.data_directory().owner() + ", member/ " +
                     facts.data_directory().member_owner(),
                 "manifest: runAsUser " + std::to_string(*pod->run_as_user)},
                "The owner is set right.");
  }
  if (subject.condition.peer_url_wrong && subject.member != nullptr) {
    subject.add(FindingKind::peer_url_wrong,
                subject.member->more_peer_urls.empty()
                    ? "The member's listed peer URL is not one at which its peers reach it."
                    : "Not each of the member's listed peer URLs is one at which its peers reach it.",
                peer_url_evidence(facts, *subject.member), subject.member->more_peer_urls.empty() ? "The member is updated." : "");
  }
}

void api_server_findings(const Subject& subject) {
  const NodeFacts& facts = subject.node.facts();
  const bool has_leader = !subject.node.endpoint().status().leader_id().empty();
  if (!facts.has_api_server_ready() || facts.api_server_ready() || !has_leader) return;
  subject.add(FindingKind::api_server_not_ready, "Its API server is not ready, though its etcd serves.",
              {"https://127.0.0.1/readyz on " + subject.node.name() + " is not ok"},
              "It may be starting. Else its log says why: crictl logs, on " + subject.node.name());
}

void clock_findings(const Subject& subject) {
  constexpr std::int64_t tolerated_milliseconds = 5000;
  const NodeFacts& facts = subject.node.facts();
  if (!facts.has_clock_skew_milliseconds()) return;
  const std::int64_t skew = facts.clock_skew_milliseconds();
  if (skew < tolerated_milliseconds && skew > -tolerated_milliseconds) return;
  subject.add(FindingKind::clock_skewed, "Its clock differs from this machine's.",
              {"by about " + std::to_string(skew / 1000) + " s"}, "Certificates may read as not yet valid; mend its time source.");
}

}  // namespace

std::string kubelet_remedy(const NodeSituation& node) {
  if (!node.kubelet_fails) return "systemctl start kubelet, on " + node.name;
  return "Its log says why it does not stay up: journalctl -u kubelet, on " + node.name +
         ". A machine that was installed anew has no kubelet configuration: it needs `kubeadm join` first.";
}

std::vector<Finding> node_findings(const NodeObservation& node, const NodeSituation& condition, const MemberSituation* member,
                                   const ClusterSpec& spec, std::int64_t now_seconds) {
  std::vector<Finding> findings;
  const Subject subject{node, condition, member, spec, now_seconds, findings};
  access_findings(subject);
  kubelet_findings(subject);
  unknown_findings(subject);
  given_up_findings(subject);
  parked_findings(subject);
  data_findings(subject);
  etcd_findings(subject);
  manifest_findings(subject);
  certificate_findings(subject);
  api_server_findings(subject);
  clock_findings(subject);
  alarm_findings(subject);
  return findings;
}

}  // namespace quorate
