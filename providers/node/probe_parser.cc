// SPDX-License-Identifier: Apache-2.0
#include "providers/node/probe_parser.h"

#include <algorithm>
#include <array>
#include <set>

#include "providers/node/facts.h"
#include "providers/node/text.h"
#include "providers/pki/certificates.h"

namespace quorate::node {
namespace {

struct Known {
  std::string_view name;
  bool repeated = false;
  const char* fact = nullptr;  ///< not known where the record is not there; several records may carry one fact
};

constexpr std::array known_records{
    Known{"begin"},
    Known{"clock", true, "clock_skew_milliseconds"},
    Known{"hostname", false, "hostname"},
    Known{"addresses-4", false, "addresses"},
    Known{"addresses-6"},
    Known{"listeners", false, "listeners"},
    Known{"process", true},
    Known{"processes-end", false, "processes"},
    Known{"manifest-directory", false, "manifest_directory"},
    Known{"kubelet-state", false, "kubelet.active_state"},
    Known{"kubelet-version", false, "kubelet.version"},
    Known{"kubelet-errors", false, "kubelet.last_errors"},
    Known{"kubelet-certificate", false, "kubelet.client_certificate_expires_seconds"},
    Known{"manifest", true},
    Known{"spare-manifest", true},
    Known{"manifests-end", false, "manifests"},
    Known{"data-directory", false, "data_directory"},
    Known{"data-state", false, "data_directory"},
    Known{"data-space"},
    Known{"disk-use"},
    Known{"data-entry", true},
    Known{"set-aside", true},
    Known{"newest-wal"},
    Known{"newest-snapshot"},
    Known{"wal-head"},
    Known{"pki-directory", false, "certificates"},
    Known{"certificate", true},
    Known{"control-plane-certificate", true},
    Known{"kubeconfig-certificate", true},
    Known{"key", true},
    Known{"crictl-containers"},
    Known{"crictl-pods"},
    Known{"crictl-images"},
    Known{"ctr-tasks"},
    Known{"ctr-container", true},
    Known{"ctr-pods"},
    Known{"ctr-images"},
    Known{"log", true},
    Known{"tool", true},
    Known{"control-plane-process", true},
    Known{"tools-end", false, "tools"},
    Known{"next-authority"},
    Known{"next-authority-key"},
    Known{"run-record"},
    Known{"ended-runs"},
    Known{"tombstone", true},
    Known{"kubeadm-mark", true},
    Known{"left-behind-end", false, "run"},
    Known{"api-server-ready", false, "api_server_ready"},
    Known{"unknown", true},
};

absl::Status check_names(const Answer& answer) {
  if (answer.frames().empty() || answer.frames().front().name != "begin" || answer.text("begin") != "quorate-probe 1") {
    return corrupt("the answer is not this probe's");
  }
  for (const Frame& frame : answer.frames()) {
    const auto* known =
        std::find_if(known_records.begin(), known_records.end(), [&frame](const Known& one) { return one.name == frame.name; });
    if (known == known_records.end()) return corrupt("unknown record in the answer: " + std::string(frame.name));
    if (!known->repeated && answer.all(frame.name).size() > 1) return corrupt("twice in the answer: " + std::string(frame.name));
  }
  return absl::OkStatus();
}

bool is_unknown(const NodeFacts& facts, const std::string& fact) {
  return std::any_of(facts.unknowns().begin(), facts.unknowns().end(), [&fact](const Unknown& one) { return one.fact() == fact; });
}

void add_missing(const Answer& answer, NodeFacts* facts) {
  for (const Known& known : known_records) {
    if (known.fact == nullptr || answer.has(known.name) || is_unknown(*facts, known.fact)) continue;
    add_unknown(facts, known.fact, "the probe did not say");
  }
  for (const char* fact : {"containers", "images"}) {
    const std::string records = fact;
    if (answer.has("crictl-" + records) || answer.has("ctr-tasks") || is_unknown(*facts, fact)) continue;
    add_unknown(facts, fact, "the probe did not say");
  }
}

absl::Status read_unknowns(const Answer& answer, NodeFacts* facts) {
  for (const std::string_view body : answer.all("unknown")) {
    const std::size_t newline = body.find('\n');
    if (newline == std::string_view::npos) return corrupt("an unknown without a reason");
    add_unknown(facts, to_utf8(body.substr(0, newline)), body.substr(newline + 1));
  }
  return absl::OkStatus();
}

// Seconds with a fraction, which not every `date` prints.
std::optional<std::int64_t> to_milliseconds(std::string_view clock) {
  const std::size_t dot = clock.find('.');
  const auto seconds = to_number(clock.substr(0, dot));
  if (!seconds) return std::nullopt;
  const std::string_view fraction = dot == std::string_view::npos ? "" : clock.substr(dot + 1);
  const auto milliseconds = fraction.size() >= 3 ? to_number(fraction.substr(0, 3)) : std::nullopt;
  // Half a second is the least wrong where the fraction is not known.
  return static_cast<std::int64_t>(*seconds * 1000 + milliseconds.value_or(500));
}

// The node's two times within the workstation's two, as NTP does it: the way there and back need not take equally long
// as long as the probe itself took most of the time.
std::int64_t read_clock(const Answer& answer, const ProbeTimes& times, NodeFacts* facts) {
  const auto clocks = answer.all("clock");
  const auto first = clocks.empty() ? std::nullopt : to_milliseconds(clocks.front());
  const auto last = clocks.empty() ? std::nullopt : to_milliseconds(clocks.back());
  if (!first || !last) return times.after_milliseconds / 1000;
  facts->set_clock_skew_milliseconds((*first - times.before_milliseconds + *last - times.after_milliseconds) / 2);
  return *last / 1000;
}

void read_kubelet(const Answer& answer, NodeFacts* facts) {
  Kubelet* kubelet = facts->mutable_kubelet();
  kubelet->set_active_state(to_utf8(answer.text("kubelet-state")));
  for (const std::string_view line : split_lines(answer.text("kubelet-errors"))) kubelet->add_last_errors(to_utf8(line));
  const auto words = split_words(answer.text("kubelet-version"));
  if (words.size() == 2) kubelet->set_version(to_utf8(words[1]));
  if (words.size() != 2 && answer.has("kubelet-version")) add_unknown(facts, "kubelet.version", "kubelet --version printed none");
  const auto pem = answer.find("kubelet-certificate");
  if (!pem) return;
  const Certificate certificate = pki::describe(std::string(*pem));
  if (certificate.problem().empty()) {
    kubelet->set_client_certificate_expires_seconds(certificate.not_after_seconds());
  } else {
    add_unknown(facts, "kubelet.client_certificate_expires_seconds", certificate.problem());
  }
}

absl::Status read_processes(const Answer& answer, NodeFacts* facts) {
  for (const std::string_view body : answer.all("process")) {
    const std::vector<std::string_view> lines = split_lines(body);
    const auto pid = lines.empty() ? std::nullopt : to_number(lines.front());
    if (!pid) return corrupt("the record of a process is malformed");
    EtcdProcess* process = facts->add_processes();
    process->set_pid(static_cast<std::uint32_t>(*pid));
    for (std::size_t i = 1; i < lines.size(); ++i) process->add_arguments(to_utf8(lines[i]));
  }
  return absl::OkStatus();
}

void read_tools(const Answer& answer, NodeFacts* facts) {
  for (const std::string_view body : answer.all("tool")) {
    // A path with a space in it is no tool's of ours.
    const std::vector<std::string_view> words = split_words(body);
    if (words.size() != 4) continue;
    Tool* tool = facts->add_tools();
    tool->set_name(to_utf8(words[0]));
    tool->set_place(words[1] == "container" ? Tool::CONTAINER : Tool::HOST);
    if (words[2] != "-") tool->set_version(to_utf8(words[2]));
    tool->set_path(to_utf8(words[3]));
  }
}

void read_api_server(const Answer& answer, NodeFacts* facts) {
  const auto code = answer.find("api-server-ready");
  if (!code) return;
  // curl prints 000 where nothing answered.
  if (*code == "200" || *code == "000" || code->substr(0, 1) == "5") {
    facts->set_api_server_ready(*code == "200");
  } else {
    add_unknown(facts, "api_server_ready", "/readyz answered with status " + quote_line(*code));
  }
}

void read_control_plane(const Answer& answer, NodeFacts* facts) {
  std::set<std::string> names;
  for (const std::string_view body : answer.all("control-plane-process")) names.insert(to_utf8(body));
  for (const std::string& name : names) facts->add_control_plane_processes(name);
}

absl::Status read_all(const Answer& answer, const ProbeTimes& times, Probe* probe) {
  NodeFacts* facts = &probe->facts;
  facts->set_hostname(to_utf8(answer.text("hostname")));
  facts->set_manifest_directory(to_utf8(answer.text("manifest-directory")));
  const std::int64_t now_seconds = read_clock(answer, times, facts);
  read_kubelet(answer, facts);
  read_tools(answer, facts);
  read_control_plane(answer, facts);
  read_api_server(answer, facts);
  if (absl::Status status = read_processes(answer, facts); !status.ok()) return status;
  if (absl::Status status = read_data_facts(answer, facts); !status.ok()) return status;
  if (absl::Status status = read_manifest_facts(answer, facts); !status.ok()) return status;
  if (absl::Status status = read_network_facts(answer, facts); !status.ok()) return status;
  if (absl::Status status = read_container_facts(answer, facts); !status.ok()) return status;
  if (absl::Status status = read_certificate_facts(answer, now_seconds, probe); !status.ok()) return status;
  if (absl::Status status = read_run_facts(answer, now_seconds, facts); !status.ok()) return status;
  if (absl::Status status = read_unknowns(answer, facts); !status.ok()) return status;
  add_missing(answer, facts);
  return absl::OkStatus();
}

}  // namespace

void add_unknown(NodeFacts* facts, const std::string& fact, std::string_view reason) {
  const std::string of_data = "data_directory.";
  const bool inside = fact.rfind(of_data, 0) == 0;
  Unknown* unknown = inside ? facts->mutable_data_directory()->add_unknowns() : facts->add_unknowns();
  unknown->set_fact(inside ? fact.substr(of_data.size()) : fact);
  unknown->set_reason(to_utf8(reason));
}

absl::StatusOr<Probe> parse_probe(std::string_view answer, const ProbeTimes& times) {
  const absl::StatusOr<Answer> records = split_frames(answer);
  if (!records.ok()) return records.status();
  if (absl::Status status = check_names(*records); !status.ok()) return status;
  Probe probe;
  if (absl::Status status = read_all(*records, times, &probe); !status.ok()) return status;
  return probe;
}

}  // namespace quorate::node
