// SPDX-License-Identifier: Apache-2.0
// containerd's own tool knows less than crictl: no attempts, and no state but its tasks'.
#include <algorithm>
#include <ctime>
#include <map>

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

void read_container(const JsonObject& source, const std::map<std::string, std::string>& states, NodeFacts* facts) {
  Container* container = facts->add_containers();
  container->set_id(text_at(source, {"ID"}));
  container->set_image(text_at(source, {"Image"}));
  container->set_created_at_seconds(to_seconds(text_at(source, {"CreatedAt"})));
  const auto state = states.find(container->id());
  container->set_state(state == states.end() ? "CONTAINER_EXITED" : state->second);
}

// The attempts are only in the runtime's own metadata: counted here, so that the logs find their containers.
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
  for (const std::string_view body : answer.all("ctr-container")) {
    if (const std::optional<JsonObject> container = read_object(body)) {
      read_container(*container, states, facts);
    } else {
      add_unknown(facts, "containers", "ctr's answer is no JSON: " + quote_line(body));
    }
  }
  if (answer.has("ctr-tasks")) number_attempts(facts);
  for (const std::string_view line : split_lines(answer.text("ctr-images"))) {
    if (names_etcd_image(line)) facts->add_images(to_utf8(line));
  }
}

}  // namespace quorate::node
