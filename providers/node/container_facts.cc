// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "providers/node/facts.h"
#include "providers/node/struct_value.h"
#include "providers/node/text.h"

namespace quorate::node {
namespace {

constexpr std::size_t longest_log_line = 2000;

bool is_etcd(const JsonObject& container) {
  return text_at(container, {"labels", "io.kubernetes.container.name"}) == "etcd" &&
         text_at(container, {"labels", "io.kubernetes.pod.namespace"}) == "kube-system";
}

// The runtime often names an image by its digest; with two tags on it there is no telling which one was meant.
std::map<std::string, std::string> unambiguous_tags(const JsonObject& images) {
  std::map<std::string, std::string> tags;
  for (const auto& image : list_at(images, {"images"}).values()) {
    const auto& names = list_at(image.struct_value(), {"repoTags"});
    if (names.values_size() == 1) tags[text_at(image.struct_value(), {"id"})] = names.values(0).string_value();
  }
  return tags;
}

std::string image_of(const JsonObject& container, const std::map<std::string, std::string>& tags) {
  const std::string specified = text_at(container, {"image", "userSpecifiedImage"});
  if (!specified.empty()) return specified;
  const std::string image = text_at(container, {"image", "image"});
  const auto tag = tags.find(image);
  return tag == tags.end() ? image : tag->second;
}

void read_images(const JsonObject& images, NodeFacts* facts) {
  for (const auto& image : list_at(images, {"images"}).values()) {
    for (const auto& tag : list_at(image.struct_value(), {"repoTags"}).values()) {
      if (names_etcd_image(tag.string_value())) facts->add_images(tag.string_value());
    }
  }
  std::sort(facts->mutable_images()->begin(), facts->mutable_images()->end());
}

void read_container(const JsonObject& source, const std::map<std::string, std::string>& tags, NodeFacts* facts) {
  Container* container = facts->add_containers();
  container->set_id(text_at(source, {"id"}));
  container->set_state(text_at(source, {"state"}));
  container->set_image(image_of(source, tags));
  container->set_attempt(static_cast<std::uint32_t>(to_number(text_at(source, {"metadata", "attempt"})).value_or(0)));
  const std::uint64_t nanoseconds = to_number(text_at(source, {"createdAt"})).value_or(0);
  container->set_created_at_seconds(static_cast<std::int64_t>(nanoseconds / 1000000000U));
}

// A pod that is no file's, as a backup job's, is not the kubelet's to start by itself.
void read_pods(const Answer& answer, NodeFacts* facts) {
  const auto text = answer.find("crictl-pods");
  if (!text) return;
  const std::optional<JsonObject> listed = read_object(*text);
  if (!listed) add_unknown(facts, "ready_pods", "crictl's answer is no JSON: " + quote_line(*text));
  const JsonObject object = listed.value_or(JsonObject());
  for (const auto& pod : list_at(object, {"items"}).values()) {
    const JsonObject& sandbox = pod.struct_value();
    if (text_at(sandbox, {"annotations", "kubernetes.io/config.source"}) == "file") facts->add_ready_pods(text_at(sandbox, {"id"}));
  }
}

// `2026-11-23T03:00:00.1Z stderr F message` of the kubelet's log files.
std::string_view without_prefix(std::string_view line) {
  const std::vector<std::string_view> words = split_words(line.substr(0, 80));
  if (words.size() < 3 || (words[1] != "stdout" && words[1] != "stderr") || words[2].size() != 1) return line;
  const auto message = static_cast<std::size_t>(words[2].data() - line.data()) + 2;
  return message > line.size() ? std::string_view() : line.substr(message);
}

void set_log(std::string_view text, Container* container) {
  for (const std::string_view line : split_lines(text)) {
    container->add_log_tail(to_utf8(without_prefix(line).substr(0, longest_log_line)));
  }
}

// A log is `.../etcd/ATTEMPT.log`, or was asked for by the container's identifier.
bool belongs(std::string_view name, const Container& container) {
  if (name.rfind('/') == std::string_view::npos) return name == container.id();
  const std::string file = "/" + std::to_string(container.attempt()) + ".log";
  return name.size() > file.size() && name.substr(name.size() - file.size()) == file;
}

}  // namespace

bool names_etcd_image(std::string_view reference) {
  std::string_view name = reference.substr(reference.rfind('/') + 1);
  name = name.substr(0, name.find_first_of(":@"));
  return name == "etcd";
}

void finish_containers(const Answer& answer, NodeFacts* facts) {
  auto* containers = facts->mutable_containers();
  std::stable_sort(containers->begin(), containers->end(), [](const Container& one, const Container& other) {
    return one.created_at_seconds() > other.created_at_seconds();
  });
  for (const std::string_view body : answer.all("log")) {
    const std::size_t newline = body.find('\n');
    const std::string_view name = body.substr(0, newline);
    for (Container& container : *containers) {
      if (!belongs(name, container) || container.log_tail_size() > 0) continue;
      if (newline != std::string_view::npos) set_log(body.substr(newline + 1), &container);
      break;
    }
  }
}

absl::Status read_container_facts(const Answer& answer, NodeFacts* facts) {
  std::map<std::string, std::string> tags;
  if (const auto text = answer.find("crictl-images")) {
    const std::optional<JsonObject> images = read_object(*text);
    if (images) {
      tags = unambiguous_tags(*images);
      read_images(*images, facts);
    } else {
      add_unknown(facts, "images", "crictl's answer is no JSON: " + quote_line(*text));
    }
  }
  if (const auto text = answer.find("crictl-containers")) {
    const std::optional<JsonObject> listed = read_object(*text);
    if (!listed) add_unknown(facts, "containers", "crictl's answer is no JSON: " + quote_line(*text));
    const JsonObject object = listed.value_or(JsonObject());
    for (const auto& container : list_at(object, {"containers"}).values()) {
      if (is_etcd(container.struct_value())) read_container(container.struct_value(), tags, facts);
    }
  }
  read_pods(answer, facts);
  read_ctr_facts(answer, facts);
  finish_containers(answer, facts);
  return absl::OkStatus();
}

}  // namespace quorate::node
