// SPDX-License-Identifier: Apache-2.0
// containerd's own tool knows less than crictl: no state but its tasks', and an attempt only in what the runtime keeps for itself.
#include <algorithm>
#include <ctime>
#include <map>

#include "absl/strings/escaping.h"

#include "providers/node/facts.h"
#include "providers/node/struct_value.h"
#include "providers/node/text.h"

namespace quorate::node {
namespace {

std::int64_t to_seconds(const std::string& rfc3339) {
  std::tm parts{};
  if (strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return 0;
  return timegm(&parts);
}

std::string cri_state(std::string_view task) {
  if (task == "RUNNING" || task == "PAUSED") return "CONTAINER_RUNNING";
  return task == "CREATED" ? "CONTAINER_CREATED" : "CONTAINER_EXITED";
}

// TASK PID STATUS; a container without a task has exited.
std::map<std::string, std::string> read_tasks(std::string_view table) {
  std::map<std::string, std::string> states;
  for (const std::string_view line : split_lines(table)) {
    const std::vector<std::string_view> words = split_words(line);
    if (words.size() == 3) states[std::string(words[0])] = cri_state(words[2]);
  }
  return states;
}

// What the runtime keeps of a container: JSON in base64, as ctr prints it (containerd 1.6). The first attempt is left out there.
std::optional<std::uint32_t> attempt_of(const JsonObject& container) {
  std::string metadata;
  const std::string encoded = text_at(container, {"Extensions", "io.cri-containerd.container.metadata", "value"});
  if (encoded.empty() || !absl::Base64Unescape(encoded, &metadata)) return std::nullopt;
  const std::optional<JsonObject> kept = read_object(metadata);
  if (!kept) return std::nullopt;
  return static_cast<std::uint32_t>(to_number(text_at(*kept, {"Metadata", "Config", "metadata", "attempt"})).value_or(0));
}

void read_container(const JsonObject& source, const std::map<std::string, std::string>& states, Container* container) {
  container->set_id(text_at(source, {"ID"}));
  container->set_image(text_at(source, {"Image"}));
  container->set_created_at_seconds(to_seconds(text_at(source, {"CreatedAt"})));
  const auto state = states.find(container->id());
  container->set_state(state == states.end() ? "CONTAINER_EXITED" : state->second);
}

// Where one's attempt is not known they are counted, so that the logs find their containers: right as long as the kubelet has
// collected none.
void number_attempts(NodeFacts* facts) {
  std::vector<Container*> oldest_first;
  for (Container& container : *facts->mutable_containers()) oldest_first.push_back(&container);
  std::stable_sort(oldest_first.begin(), oldest_first.end(), [](const Container* one, const Container* other) {
    return one->created_at_seconds() < other->created_at_seconds();
  });
  for (std::size_t i = 0; i < oldest_first.size(); ++i) oldest_first[i]->set_attempt(static_cast<std::uint32_t>(i));
}

}  // namespace

void read_ctr_facts(const Answer& answer, NodeFacts* facts) {
  const std::map<std::string, std::string> states = read_tasks(answer.text("ctr-tasks"));
  bool attempts_known = true;
  for (const std::string_view body : answer.all("ctr-container")) {
    if (const std::optional<JsonObject> container = read_object(body)) {
      read_container(*container, states, facts->add_containers());
      const std::optional<std::uint32_t> attempt = attempt_of(*container);
      facts->mutable_containers()->rbegin()->set_attempt(attempt.value_or(0));
      attempts_known = attempts_known && attempt;
    } else {
      add_unknown(facts, "containers", "ctr's answer is no JSON: " + quote_line(body));
    }
  }
  if (answer.has("ctr-tasks") && !attempts_known) number_attempts(facts);
  const auto runs = [](const Container& container) { return container.state() == "CONTAINER_RUNNING"; };
  const bool none_runs = std::none_of(facts->containers().begin(), facts->containers().end(), runs);
  for (const std::string_view line : split_lines(answer.text("ctr-pods"))) {
    const auto task = states.find(std::string(line));
    if (none_runs && task != states.end() && task->second == "CONTAINER_RUNNING") facts->add_ready_pods(to_utf8(line));
  }
  for (const std::string_view line : split_lines(answer.text("ctr-images"))) {
    if (names_etcd_image(line)) facts->add_images(to_utf8(line));
  }
}

}  // namespace quorate::node
