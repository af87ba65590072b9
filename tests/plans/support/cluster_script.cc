// SPDX-License-Identifier: Apache-2.0
#include "tests/plans/support/cluster_script.h"

#include <sstream>
#include <stdexcept>
#include <utility>

#include "plans/intents.h"
#include "plans/lookup.h"
#include "plans/plan_text.h"
#include "plans/status_text.h"
#include "schemas/digest.h"

namespace quorate {
namespace {

using Words = std::vector<std::string>;

[[noreturn]] void not_understood(const std::string& line) { throw std::runtime_error("not understood: " + line); }

// `member 9999000000000009 at https://10.20.30.109:2380 live`: `live`, `dead`, `learner` or `unstarted`, of no node of
// the spec.
void tell_member(ScriptedCluster& cluster, const Words& words) {
  if (words.size() < 4 || words[2] != "at") not_understood(join(words, " "));
  ScriptedMember member{.id = words[1], .name = "old-node", .peer_url = words[3]};
  for (std::size_t i = 4; i < words.size(); ++i) {
    if (words[i] == "live") member.live_elsewhere = true;
    if (words[i] == "but-port-open") member.port_open = true;
    if (words[i] == "learner") member.learner = true;
    if (words[i] == "unstarted") member.name.clear();
    if (words[i] == "leader") cluster.leader_id = member.id;
    if (words[i] == "named") member.name = words.at(i + 1);
  }
  cluster.members.push_back(member);
}

Intent intent_of(const std::string& flag, const std::string& value) {
  const std::size_t equals = value.find('=');
  const std::string name = value.substr(0, equals);
  const std::string id = equals == std::string::npos ? "" : value.substr(equals + 1);
  Intent intent;
  if (flag == "--replace" || flag == "replaced" || flag == "replaced-by-kubeadm") {
    intent.mutable_replace()->set_by_kubeadm(flag == "replaced-by-kubeadm");
    intent.mutable_replace()->set_node(name);
    intent.mutable_replace()->set_member_id(id);
  } else if (flag == "--lost" || flag == "lost") {
    intent.mutable_lost()->set_name(name);
    intent.mutable_lost()->set_member_id(id);
  } else if (flag == "--rotate-ca" || flag == "rotates") {
    intent.mutable_rotate_authority();
    if (flag == "rotates") intent.mutable_rotate_authority()->set_from(sha256_hex("ca"));
    if (flag == "rotates") intent.mutable_rotate_authority()->set_to(value);
  } else if (flag == "--renew-certificates") {
    intent.mutable_renew_certificates()->set_all(value == "all");
  } else {
    not_understood(flag);
  }
  return intent;
}

// A good snapshot of 1.2 GiB, on this workstation.
SnapshotFile scripted_snapshot() {
  SnapshotFile file;
  file.bytes = 1'288'490'208;
  file.sha256 = "5d41402abc4b2a76b9719d911017c592a6d1c0a3f3f0e4bbf2a0b9a1f7c1d2e3";
  file.contents.set_revision(61000);
  file.contents.set_keys(20417);
  return file;
}

// `restore all`, `restore seed node2`, `restore damaged`, `restore elsewhere`: the person's, or an unfinished run's.
Intent restore_of(const Words& words) {
  Intent intent;
  intent.mutable_restore()->set_source("/backups/prod-eu1.db");
  intent.mutable_restore()->set_seed(words.at(1) == "seed");
  if (words.size() > 2) intent.mutable_restore()->set_seed_node(words[2]);
  return intent;
}

void tell_restore(ScriptCase& script, const Words& words) {
  if (words.at(1) == "here") {
    script.request.snapshot = scripted_snapshot();
    return;
  }
  script.request.intents.push_back(restore_of(words));
  script.request.snapshot = scripted_snapshot();
  if (words.at(1) == "damaged") script.request.snapshot->problem = "its SHA-256 is another than its bytes give";
}

// `tools 3.5.30 etcd etcdctl`: what the workstation has.
void tell_tools(ScriptCase& script, const Words& words) {
  for (std::size_t i = 2; i < words.size(); ++i) {
    WorkstationTool& tool = script.request.tools.emplace_back();
    tool.set_name(words[i]);
    tool.set_path("/opt/etcd/" + words[i]);
    tool.set_version(words.at(1));
    tool.set_bytes(21'000'000);
    tool.set_sha256("aa5d41402abc4b2a76b9719d911017c592a6d1c0a3f3f0e4bbf2a0b9a1f7c1d2");
  }
}

// `recover survivor node2 method database`: the words are the options'.
void tell_recovery(ScriptCase& script, const Words& words) {
  Intent::Restore& restore = *script.request.intents.emplace_back().mutable_restore();
  restore.set_recovers(true);
  restore.set_source("/backups/prod-eu1-recovered.db");
  for (std::size_t i = 1; i + 1 < words.size(); i += 2) {
    if (words[i] == "survivor") {
      restore.set_survivor(words[i + 1]);
      restore.set_survivor_named(true);
    } else if (words[i] == "method") {
      restore.set_method(words[i + 1] == "database"         ? Intent::Restore::DATABASE
                         : words[i + 1] == "data-directory" ? Intent::Restore::DATA_DIRECTORY
                                                            : Intent::Restore::FORCE_NEW_CLUSTER);
      restore.set_method_named(true);
    } else if (words[i] == "seed") {
      restore.set_seed(true);
      restore.set_seed_node(words[i + 1] == "any" ? "" : words[i + 1]);
    } else {
      not_understood(words[i]);
    }
  }
}

// `node3/peer.crt`: of the certificate that is there.
std::string fingerprint_at(const ScriptedCluster& cluster, const std::string& place) {
  const std::size_t slash = place.find('/');
  const Observation observation = cluster.observe();
  for (const Certificate& certificate : find_node(observation, place.substr(0, slash))->facts().certificates()) {
    if (base_name(certificate.path()) == place.substr(slash + 1)) return certificate.fingerprint();
  }
  not_understood(place);
}

// `workstation authority ca`, `workstation authority another`, `workstation authority none`, `workstation authority ca keyless`,
// `workstation authority ca key-mode 644`: of the folder that the spec names.
void tell_workstation(ScriptedCluster& cluster, const Words& words) {
  cluster.spec.mutable_spec()->mutable_certificates()->set_authority("/keys/etcd");
  if (words.at(1) != "authority") not_understood(words[1]);
  cluster.workstation_authority = words.at(2) == "none" ? "" : words[2];
  cluster.workstation_key = words[2] != "none" && (words.size() == 3 || words[3] != "keyless");
  if (words.size() > 4) cluster.workstation_key_mode = words[4];
}

// `run 1234 replaced node3=8e9e05c52164694d`: every node that answers has the record of a run that was killed.
void tell_run(ScriptedCluster& cluster, const Words& words) {
  RunRecord run;
  run.set_run_id(words.at(1));
  run.set_plan_id("00f1d2c3b4a59687");
  run.set_cluster("prod-eu1");
  run.set_owner("ada@workstation");
  run.set_set_aside_name(".quorate-" + words.at(1));
  run.set_lease_age_seconds(240);
  for (std::size_t i = 2; i + 1 < words.size(); i += 2) {
    if (words[i] == "restore") {
      *run.add_intents()->mutable_restore() = scripted_restore(words[i + 1] == "seed");
    } else if (words[i] == "saves-survivors") {
      run.set_survivors_prefix(words[i + 1]);
    } else if (words[i] == "joins") {
      run.add_joins(words[i + 1]);
    } else if (words[i] == "sets") {
      const std::size_t equals = words[i + 1].find('=');
      (*run.mutable_flags())[words[i + 1].substr(0, equals)] = words[i + 1].substr(equals + 1);
    } else if (words[i] == "moves") {
      run.add_moves(words[i + 1]);
    } else if (words[i] == "prunes") {
      run.add_prunes(words[i + 1]);
    } else if (words[i] == "removes") {
      run.add_removes(words[i + 1]);
    } else if (words[i] == "renews") {
      run.add_renews(fingerprint_at(cluster, words[i + 1]));
    } else {
      *run.add_intents() = intent_of(words[i], words[i + 1]);
    }
  }
  if (words.back() == "abandoning") run.set_abandoning(true);
  for (ScriptedNode& node : cluster.nodes) node.run = run;
}

// `spec image X`, `spec argument heartbeat-interval=200`, `spec without node3`: what the cluster's file says otherwise.
void tell_spec(ScriptedCluster& cluster, const Words& words) {
  ClusterSpec& spec = *cluster.spec.mutable_spec();
  if (words[1] == "image") {
    spec.mutable_etcd()->set_image(words.at(2));
  } else if (words[1] == "argument") {
    const std::size_t equals = words.at(2).find('=');
    (*spec.mutable_etcd()->mutable_extra_args())[words[2].substr(0, equals)] = words[2].substr(equals + 1);
  } else if (words[1] == "backup") {
    spec.mutable_backup()->set_directory(words.at(2));
    if (words.size() > 3) spec.mutable_backup()->set_keep(static_cast<std::uint32_t>(std::stoul(words[3])));
  } else if (words[1] == "set-aside") {
    if (words.at(2) != "-") spec.mutable_set_aside()->set_keep(static_cast<std::uint32_t>(std::stoul(words[2])));
    if (words.size() > 3) spec.mutable_set_aside()->set_max_age(words[3]);
  } else if (words[1] == "san") {
    spec.mutable_certificates()->add_extra_sans(words.at(2));
  } else if (words[1] == "renew-before") {
    spec.mutable_certificates()->set_renew_before(words.at(2));
  } else if (words[1] == "address") {
    for (MemberSpec& member : *spec.mutable_members()) {
      if (member.name() == words.at(2)) member.set_address(words.at(3));
    }
  } else if (words[1] == "host") {
    for (MemberSpec& member : *spec.mutable_members()) {
      if (member.name() == words.at(2)) member.set_host(words.at(3));
    }
    cluster.node(words[2]).host = words[3];
  } else {
    cluster = healthy_cluster({words.begin() + 1, words.end()});
  }
}

void tell(ScriptCase& script, const std::string& line) {
  const Words words = split(line, ' ');
  if (words.empty() || words[0].front() == '#') return;
  if (words[0] == "spec") return tell_spec(script.cluster, words);
  if (words[0] == "member") return tell_member(script.cluster, words);
  if (words[0] == "workstation") return tell_workstation(script.cluster, words);
  if (words[0] == "run") return tell_run(script.cluster, words);
  if (words[0] == "abandon") {
    script.request.abandon = true;
  } else if (words[0] == "no-snapshot") {
    script.request.no_snapshot = true;
  } else if (words[0] == "fence") {
    script.request.fence_only = true;
  } else if (words[0] == "save-survivors") {
    script.request.survivors_prefix = words.at(1);
  } else if (words[0] == "drill") {
    tell_restore(script, {"restore", "all"});
    script.request.intents.back().mutable_restore()->set_drill_node(words.at(1));
  } else if (words[0] == "restore") {
    tell_restore(script, words);
  } else if (words[0] == "tools") {
    tell_tools(script, words);
  } else if (words[0] == "recover") {
    tell_recovery(script, words);
  } else if (words[0] == "intent") {
    script.request.intents.push_back(intent_of(words.at(1), words.size() > 2 ? words[2] : ""));
    if (words.size() > 3) script.request.intents.back().mutable_replace()->set_by_kubeadm(words[3] == "--with");
  } else {
    tell_node(script.cluster, words[0], {words.begin() + 1, words.end()});
  }
}

bool is_end_of_story(const std::string& line) { return line == "plan" || line == "steps" || line == "status"; }

std::string steps_text(const Plan& plan) {
  std::string text;
  for (const Intent& intent : plan.intents()) {
    text += "asked for: ";
    text += intent.has_restore()   ? text_of(intent)
            : intent.has_replace() ? "replace " + intent.replace().node()
            : intent.has_lost()    ? "lost " + intent.lost().name()
                                   : text_of(intent);
    text += "\n";
  }
  for (const Finding& finding : plan.findings()) text += finding_text(finding, Style::plain);
  if (plan.refusals_size() > 0) text += "refused:\n";
  for (const Finding& finding : plan.refusals()) text += finding_text(finding, Style::plain);
  if (plan.drift_size() > 0) text += "waits:\n";
  for (const Finding& finding : plan.drift()) text += finding_text(finding, Style::plain);
  for (const Step& step : plan.steps()) {
    text += step.id() + ". " + step.title() + "\n     " + step.why() + "\n     " + safety_text(plan, step) + "\n";
  }
  return plan.steps_size() == 0 ? text + "no steps\n" : text;
}

// Digests over everything: they change with every field that is added, and say nothing to a reader.
std::string without_digests(std::string text, const Plan& plan) {
  std::vector<std::pair<std::string, std::string>> words = {{plan.id(), "PLAN"}, {plan.run_id(), "RUN"}};
  for (const Intent& intent : plan.intents()) {
    if (intent.has_restore()) words.emplace_back(intent.restore().token(), "TOKEN");
  }
  words.emplace_back(plan.restored_cluster_id(), "RESTORED");
  for (const auto& [digest, word] : words) {
    if (digest.empty()) continue;
    for (std::size_t at = text.find(digest); at != std::string::npos; at = text.find(digest)) {
      text.replace(at, digest.size(), word);
    }
  }
  return text;
}

}  // namespace

Intent::Restore scripted_restore(bool seed) {
  Intent::Restore restore = restore_of({"restore", seed ? "seed" : "all"}).restore();
  const SnapshotFile snapshot = scripted_snapshot();
  restore.set_sha256(snapshot.sha256);
  restore.set_bytes(snapshot.bytes);
  restore.set_revision(snapshot.contents.revision());
  restore.set_keys(snapshot.contents.keys());
  restore.set_token("quorate-0123456789abcdef01234567");
  restore.set_bump(1000000544);
  restore.add_gives_up(scripted_cluster_id);
  restore.set_initial_cluster("node1=https://10.20.30.101:2380");
  if (seed) {
    for (const char* other : {"node2", "node3"}) restore.add_others(other);
    return restore;
  }
  restore.set_initial_cluster("node1=https://10.20.30.101:2380,node2=https://10.20.30.102:2380,node3=https://10.20.30.103:2380");
  return restore;
}

std::vector<ScriptCase> read_script(const std::string& text) {
  std::vector<ScriptCase> cases;
  std::istringstream lines(text);
  std::string line;
  enum { story, rule, output } place = story;
  Words between;      // comments and empty lines before a case
  bool told = false;  // within a case
  while (std::getline(lines, line)) {
    if (place == story) {
      if (line.rfind("case ", 0) == 0) {
        cases.emplace_back().name = line.substr(5);
        cases.back().lines = std::exchange(between, {});
        told = true;
        cases.back().cluster = healthy_cluster({"node1", "node2", "node3"});
      } else if (cases.empty() || !told) {
        if (!line.empty() && line.front() != '#') not_understood(line);
        between.push_back(line);
        continue;
      } else if (is_end_of_story(line)) {
        cases.back().shown = line == "plan" ? Shown::plan : line == "steps" ? Shown::steps : Shown::status;
        place = rule;
      } else {
        tell(cases.back(), line);
      }
      cases.back().lines.push_back(line);
    } else if (place == rule) {
      if (line != "----") not_understood(line);
      place = output;
    } else if (line == "====") {
      cases.back().cluster.elect();
      place = story;
      told = false;
    } else {
      cases.back().expected += line + "\n";
    }
  }
  if (place != story) throw std::runtime_error("the last case has no ====");
  return cases;
}

std::string write_script(const std::vector<ScriptCase>& cases, const std::vector<std::string>& outputs) {
  std::string text;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    for (const std::string& line : cases[i].lines) text += line + "\n";
    text += "----\n" + outputs[i] + "====\n";
  }
  return text;
}

std::string run_case(const ScriptCase& script) {
  const Observation observation = script.cluster.observe();
  if (script.shown == Shown::status) return status_text(script.cluster.spec, observation, Style::plain);
  const Plan plan = make_plan(script.cluster.spec, observation, script.request);
  return without_digests(script.shown == Shown::plan ? plan_text(plan, Style::plain) : steps_text(plan), plan);
}

}  // namespace quorate
