// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/options.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

#include "plans/lookup.h"
#include "plans/survivors.h"
#include <cxxopts.hpp>

namespace quorate::cli {
namespace {

struct Verb {
  std::vector<std::string> options;
  std::size_t least = 0;  // arguments
  std::size_t most = 0;
};

const std::map<std::string, Verb>& verbs() {
  static const std::map<std::string, Verb> table = {
      {"validate", {{"file"}, 0, 0}},
      {"import", {{"user", "out"}, 1, 9}},
      {"observe", {{"file", "out"}, 0, 0}},
      {"status", {{"file", "observation", "output", "detailed-exitcode"}, 0, 0}},
      {"plan",
       {{"file", "observation", "output", "out", "detailed-exitcode", "replace", "with", "lost", "renew-certificates", "rotate-ca",
         "restore", "strategy", "seed", "recover-quorum", "survivor", "method", "no-snapshot"},
        0,
        0}},
      {"show", {{"output"}, 1, 1}},
      {"apply",
       {{"file", "auto-approve", "confirm", "replace", "with", "lost", "renew-certificates", "rotate-ca", "restore", "strategy",
         "seed", "recover-quorum", "survivor", "method", "no-snapshot"},
        0,
        1}},
      {"resume", {{"file", "auto-approve", "confirm", "no-snapshot"}, 0, 0}},
      {"abandon", {{"file", "auto-approve", "confirm"}, 0, 0}},
      {"fence", {{"file", "auto-approve", "wait"}, 0, 0}},
      {"snapshot", {{"file", "out", "node", "output", "survivors", "auto-approve"}, 1, 2}},
      {"unlock", {{"file"}, 1, 1}},
  };
  return table;
}

cxxopts::Options declare() {
  cxxopts::Options options("quorate");
  options.add_options()                                                                  //
      ("f,file", "", cxxopts::value<std::string>())                                      //
      ("observation", "", cxxopts::value<std::string>())                                 //
      ("o,output", "", cxxopts::value<std::string>())                                    //
      ("out", "", cxxopts::value<std::string>())                                         //
      ("node", "", cxxopts::value<std::string>())                                        //
      ("user", "", cxxopts::value<std::string>())                                        //
      ("confirm", "", cxxopts::value<std::string>())                                     //
      ("replace", "", cxxopts::value<std::vector<std::string>>())                        //
      ("with", "", cxxopts::value<std::string>())                                        //
      ("lost", "", cxxopts::value<std::vector<std::string>>())                           //
      ("restore", "", cxxopts::value<std::string>())                                     //
      ("rotate-ca", "", cxxopts::value<bool>())                                          //
      ("renew-certificates", "", cxxopts::value<std::string>()->implicit_value("etcd"))  //
      ("recover-quorum", "", cxxopts::value<bool>())                                     //
      ("survivor", "", cxxopts::value<std::string>())                                    //
      ("method", "", cxxopts::value<std::string>())                                      //
      ("strategy", "", cxxopts::value<std::string>())                                    //
      ("seed", "", cxxopts::value<std::string>())                                        //
      ("auto-approve", "", cxxopts::value<bool>())                                       //
      ("detailed-exitcode", "", cxxopts::value<bool>())                                  //
      ("no-snapshot", "", cxxopts::value<bool>())                                        //
      ("survivors", "", cxxopts::value<bool>())                                          //
      ("wait", "", cxxopts::value<bool>())                                               //
      ("h,help", "", cxxopts::value<bool>())                                             //
      ("version", "", cxxopts::value<bool>())                                            //
      ("words", "", cxxopts::value<std::vector<std::string>>());
  options.parse_positional({"words"});
  return options;
}

std::string text_or(const cxxopts::ParseResult& parsed, const std::string& name, const std::string& otherwise) {
  return parsed.count(name) > 0 ? parsed[name].as<std::string>() : otherwise;
}

constexpr char unnamed_spec[] = "cluster.yaml";

std::string default_spec() {
  const char* file = std::getenv("QUORATE_SPEC");
  return file != nullptr && *file != '\0' ? file : unnamed_spec;
}

// cxxopts splits at commas by itself; names never hold one.
std::vector<std::string> words_of(const cxxopts::ParseResult& parsed, const std::string& name) {
  return parsed.count(name) > 0 ? parsed[name].as<std::vector<std::string>>() : std::vector<std::string>{};
}

// `--auto-approve=false` is given too, and means no.
bool is_set(const cxxopts::ParseResult& parsed, const std::string& name) {
  return parsed.count(name) > 0 && parsed[name].as<bool>();
}

std::optional<Intent::Restore::Method> method_of(const std::string& word) {
  for (const auto method :
       {Intent::Restore::SERVED, Intent::Restore::DATA_DIRECTORY, Intent::Restore::DATABASE, Intent::Restore::FORCE_NEW_CLUSTER}) {
    if (word_of(method) == word) return method;
  }
  return std::nullopt;
}

// So that the run can be gone on with from another directory. NODE:/path is whole, whether there is such a node is seen later.
std::string whole_path(const std::string& path) {
  const bool on_node = path.find(":/") != std::string::npos && path.find('/') == path.find(":/") + 1;
  return on_node ? path : std::filesystem::absolute(path).lexically_normal().string();
}

Intent::Restore restore_of(const cxxopts::ParseResult& parsed) {
  Intent::Restore restore;
  if (parsed.count("restore") > 0) {
    restore.set_source(whole_path(parsed["restore"].as<std::string>()));
  }
  restore.set_recovers(is_set(parsed, "recover-quorum"));
  restore.set_survivor(text_or(parsed, "survivor", ""));
  restore.set_survivor_named(!restore.survivor().empty());
  restore.set_method(method_of(text_or(parsed, "method", "")).value_or(Intent::Restore::UNSPECIFIED));
  restore.set_method_named(parsed.count("method") > 0);
  restore.set_seed(text_or(parsed, "strategy", "all") == "seed");
  restore.set_seed_node(text_or(parsed, "seed", ""));
  return restore;
}

absl::Status check_restore(const cxxopts::ParseResult& parsed) {
  const std::string strategy = text_or(parsed, "strategy", "all");
  if (strategy != "all" && strategy != "seed") return invalid("--strategy takes all or seed, not '" + strategy + "'");
  const bool recovers = is_set(parsed, "recover-quorum");
  const bool restores = parsed.count("restore") > 0;
  if (recovers && restores) return invalid("--recover-quorum makes the snapshot that it restores: give it or --restore SNAPSHOT");
  for (const char* other : {"replace", "renew-certificates", "rotate-ca"}) {
    if (parsed.count(other) > 0 && (restores || recovers))
      return invalid(std::string("a restore does nothing beside it: ask for --") + other + " once it is done");
  }
  if (parsed.count("strategy") > 0 && !restores && !recovers) return invalid("--strategy is of --restore and --recover-quorum");
  if (parsed.count("survivor") > 0 && !recovers) return invalid("--survivor NODE is of --recover-quorum");
  if (parsed.count("method") > 0 && !recovers) return invalid("--method WAY is of --recover-quorum");
  if (const std::string method = text_or(parsed, "method", "snapshot"); !method_of(method)) {
    return invalid("--method takes snapshot, data-directory, database or force-new-cluster, not '" + method + "'");
  }
  if (parsed.count("seed") > 0 && strategy != "seed") return invalid("--seed NODE is of --strategy seed");
  if (parsed.count("seed") > 0 && text_or(parsed, "method", "") == "force-new-cluster")
    return invalid(
        "by --method force-new-cluster the cluster goes on as its survivor: name that as --survivor NODE, without --seed");
  return absl::OkStatus();
}

absl::Status check_replace(const cxxopts::ParseResult& parsed) {
  if (parsed.count("with") == 0) return absl::OkStatus();
  const std::string way = text_or(parsed, "with", "");
  if (way != "kubeadm") return invalid("--with takes kubeadm, not '" + way + "'");
  if (words_of(parsed, "replace").size() != 1)
    return invalid("--with kubeadm is of one --replace NODE: kubeadm joins one at a time");
  return absl::OkStatus();
}

absl::Status check_renewal(const cxxopts::ParseResult& parsed) {
  const std::string what = text_or(parsed, "renew-certificates", "etcd");
  return what == "etcd" || what == "all" ? absl::OkStatus()
                                         : invalid("--renew-certificates takes =etcd or =all, not '" + what + "'");
}

std::vector<Intent> intents_of(const cxxopts::ParseResult& parsed) {
  std::vector<Intent> intents;
  for (const std::string& node : words_of(parsed, "replace")) {
    intents.emplace_back().mutable_replace()->set_node(node);
    intents.back().mutable_replace()->set_by_kubeadm(parsed.count("with") > 0);
  }
  for (const std::string& name : words_of(parsed, "lost")) intents.emplace_back().mutable_lost()->set_name(name);
  if (parsed.count("renew-certificates") > 0) {
    intents.emplace_back().mutable_renew_certificates()->set_all(text_or(parsed, "renew-certificates", "") == "all");
  }
  if (is_set(parsed, "rotate-ca")) intents.emplace_back().mutable_rotate_authority();
  if (parsed.count("restore") > 0 || is_set(parsed, "recover-quorum")) {
    *intents.emplace_back().mutable_restore() = restore_of(parsed);
  }
  return intents;
}

absl::Status check(const Options& options, const cxxopts::ParseResult& parsed) {
  const auto verb = verbs().find(options.verb);
  if (verb == verbs().end()) return invalid("there is no command '" + options.verb + "'; see quorate --help");
  for (const cxxopts::KeyValue& given : parsed.arguments()) {
    const auto& allowed = verb->second.options;
    if (given.key() == "words" || std::find(allowed.begin(), allowed.end(), given.key()) != allowed.end()) continue;
    return invalid("`quorate " + options.verb + "` has no option --" + given.key() + "; see quorate --help");
  }
  const std::size_t count = options.arguments.size();
  if (count < verb->second.least) return invalid("`quorate " + options.verb + "` needs an argument; see quorate --help");
  if (count > verb->second.most) return invalid("`quorate " + options.verb + "` does not take '" + options.arguments.back() + "'");
  return absl::OkStatus();
}

// A runbook needs the spec and what the nodes showed, which a saved plan does not hold.
absl::StatusOr<Output> output_of(const std::string& verb, const std::string& word) {
  std::vector<std::pair<std::string, Output>> outputs = {{"text", Output::text}, {"json", Output::json}};
  if (verb == "plan" || verb == "show") outputs.emplace_back("markdown", Output::markdown);
  if (verb == "plan") outputs.emplace_back("runbook", Output::runbook);
  std::vector<std::string> names;
  for (const auto& [name, output] : outputs) {
    if (name == word) return output;
    names.push_back(name);
  }
  return invalid("-o of `quorate " + verb + "` takes " + join(names, ", ") + ", not '" + word + "'");
}

absl::StatusOr<Options> convert(const cxxopts::ParseResult& parsed) {
  Options options;
  options.help = parsed.count("help") > 0;
  options.version = parsed.count("version") > 0;
  if (options.help || options.version) return options;
  const std::vector<std::string> words = words_of(parsed, "words");
  if (words.empty()) return invalid("a command is missing; see quorate --help");
  options.verb = words.front();
  options.arguments.assign(words.begin() + 1, words.end());
  const absl::Status checked = check(options, parsed);
  if (!checked.ok()) return checked;
  options.spec_file = text_or(parsed, "file", default_spec());
  options.spec_named = parsed.count("file") > 0 || options.spec_file != unnamed_spec;
  options.observation_file = text_or(parsed, "observation", "");
  options.out_file = text_or(parsed, "out", "");
  options.user = text_or(parsed, "user", "");
  options.node = text_or(parsed, "node", "");
  options.confirm = text_or(parsed, "confirm", "");
  options.auto_approve = is_set(parsed, "auto-approve");
  options.no_snapshot = is_set(parsed, "no-snapshot");
  options.survivors = is_set(parsed, "survivors");
  options.wait = is_set(parsed, "wait");
  options.detailed_exit_code = is_set(parsed, "detailed-exitcode");
  if (absl::Status restore = check_restore(parsed); !restore.ok()) return restore;
  if (absl::Status replace = check_replace(parsed); !replace.ok()) return replace;
  if (absl::Status renewal = check_renewal(parsed); !renewal.ok()) return renewal;
  options.intents = intents_of(parsed);
  const absl::StatusOr<Output> output = output_of(options.verb, text_or(parsed, "output", "text"));
  if (!output.ok()) return output.status();
  options.output = *output;
  return options;
}

}  // namespace

absl::StatusOr<Options> read_options(int count, const char* const* arguments) {
  try {
    return convert(declare().parse(count, arguments));
  } catch (const std::exception& exception) {
    return invalid(std::string(exception.what()) + "; see quorate --help");
  }
}

std::string help_text() {
  return R"(quorate: plan and apply for the etcd clusters of Kubernetes control planes

  quorate validate                      check the spec alone, without the network
  quorate import    HOST... [--user U]  write a spec from live nodes
  quorate observe   [--out FILE]        record what the nodes show
  quorate status                        members and endpoints side by side, and findings
  quorate plan      [INTENT...]         say what differs and why, and print ordered steps
                    [--out FILE] [--observation FILE]
  quorate show      PLAN                print a saved plan
  quorate apply     [PLAN | INTENT...]  run exactly that plan
                    [--auto-approve] [--confirm NAME]
  quorate resume                        go on with an unfinished run, from any workstation
  quorate abandon                       undo what an unfinished run left half-way
  quorate fence     [--wait]            stop hosts that are back with a cluster that was given up; or as they appear
                    [--auto-approve]
  quorate snapshot  save [--out FILE|-] stream a snapshot here, verified; of a healthy member
                    [--node NODE]         or of this one
                    --survivors           without a quorum, of each that serves still, into the folder --out; first onto its own
                    [--auto-approve]        disk, and without a kubelet where its probe would end it meanwhile
  quorate snapshot  verify FILE         whether a file is a whole and sound snapshot of this cluster
  quorate snapshot  drill FILE          whether it restores: into an etcd on this machine that is thrown away
                    [--node NODE]         or on this node, beside its data
  quorate unlock    LOCK-ID             break the lease of a run that is dead

Intents, the only things that permit more than the spec implies:
  --replace NODE                        give a node's etcd fresh data, though it is sound
    --with kubeadm                        and make all of its control plane anew: kubeadm reset, and kubeadm join
  --lost NODE-OR-MEMBER-ID,...          these are gone for good: remove their members
  --renew-certificates[=etcd]           issue etcd's certificates anew, though they are good; nothing is restarted
  --renew-certificates=all              and those of the rest of the control plane, by kubeadm, one node at a time
  --rotate-ca                           another CA of etcd's in place of the one that there is, one node at a time
  --restore SNAPSHOT                    put the cluster back to what this file holds, here or as NODE:/path; with
    --strategy all|seed                   all nodes at once (as it is without this), or one that the others join
    --seed NODE                           that one
  --recover-quorum                      the quorum is lost for good: begin anew with what a survivor has
    --survivor NODE                       this one, and those that do not answer are gone; else name them with --lost
    --method WAY                          snapshot of what it serves, data-directory, or database, without its log;
                                          as it is without this, the mildest that there is; or force-new-cluster: the
                                          cluster goes on as that one member, and keeps its ID

Everywhere:
  -f, --file FILE                       the spec; else $QUORATE_SPEC, else ./cluster.yaml
  -o, --output text|json                of status, plan, show, snapshot verify and snapshot drill
               markdown                 of plan and show: for a comment on a pull request
               runbook                  of plan: the commands, to be typed by hand
  --no-snapshot                         of plan, apply and resume: none is saved into spec.backup before the first step that
                                          could cost data
  --detailed-exitcode                   of status and plan: exit 2 where something is pending

Exit codes: 0 done or nothing to do, 1 error or stopped before anything was changed, 2 pending, 3 refused as unsafe (all or part),
4 stopped half-way, or by Ctrl-C between two steps.
)";
}

}  // namespace quorate::cli
