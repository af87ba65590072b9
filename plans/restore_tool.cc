// SPDX-License-Identifier: Apache-2.0
#include "plans/restore_tool.h"

#include <algorithm>
#include <string>
#include <vector>

#include "plans/image_version.h"
#include "plans/lookup.h"
#include "plans/restore.h"
#include "schemas/restore_arguments.h"

namespace quorate {
namespace {

bool can_restore(const Tool& tool) {
  if (tool.name() == "etcdutl") return true;
  return tool.name() == "etcdctl" && (tool.version().rfind("3.4.", 0) == 0 || tool.version().rfind("3.5.", 0) == 0);
}

int rank(const Tool& tool) { return (can_bump(tool) ? 2 : 0) + (tool.name() == "etcdutl" ? 1 : 0); }

std::optional<Tool> tool_of_image(const std::string& image) {
  const std::optional<EtcdVersion> version = version_of_image(image);
  if (!version) return std::nullopt;
  Tool tool;
  tool.set_name(*version >= EtcdVersion{3, 6, 0} ? "etcdutl" : "etcdctl");
  tool.set_path("/usr/local/bin/" + tool.name());
  tool.set_version(text_of(*version));
  tool.set_place(Tool::IMAGE);
  tool.set_image(image);
  return tool;
}

// The manifest that is in force, else the newest that was put aside.
std::optional<StaticPod> last_pod(const NodeFacts& facts) {
  if (std::optional<StaticPod> pod = current_pod(facts)) return pod;
  const Manifest* spare = newest_spare(facts);
  if (spare == nullptr) return std::nullopt;
  return *read_static_pod(spare->content());
}

// Of the image that etcd runs from: a newer one may write what this etcd cannot read. Where no manifest says which, any.
std::vector<Tool> tools_in_images(const NodeFacts& facts) {
  const auto is_ctr = [](const Tool& tool) { return tool.name() == "ctr"; };
  if (std::none_of(facts.tools().begin(), facts.tools().end(), is_ctr)) return {};
  const std::optional<StaticPod> pod = last_pod(facts);
  std::vector<Tool> tools;
  for (const std::string& image : facts.images()) {
    if (pod && pod->image != image) continue;
    if (const std::optional<Tool> tool = tool_of_image(image)) tools.push_back(*tool);
  }
  return tools;
}

std::vector<Tool> tools_on_workstation(const Intent::Restore& restore) {
  std::vector<Tool> tools;
  for (const WorkstationTool& here : restore.tools()) {
    Tool& tool = tools.emplace_back();
    tool.set_name(here.name());
    tool.set_path(here.name());
    tool.set_version(here.version());
    tool.set_place(Tool::WORKSTATION);
  }
  return tools;
}

// etcd takes over the data of the minor version before its own, as in an upgrade. It does not start with that of one further back
// (3.6 with what 3.4's tool restored), and nobody promises anything of a newer one.
bool fits(const Tool& tool, const NodeFacts& facts, const Intent::Restore& restore) {
  const std::optional<StaticPod> pod = last_pod(facts);
  const std::optional<EtcdVersion> etcd = version_of_image(pod ? pod->image : restore.etcd_version());
  const std::optional<EtcdVersion> own = version_of_image(tool.version());
  if (!etcd || !own) return true;
  const auto [older, newer] = std::minmax(etcd->minor, own->minor);
  return etcd->major == own->major && newer - older <= 1;
}

std::optional<Tool> best_of(const std::vector<Tool>& tools, const NodeFacts& facts, const Intent::Restore& restore) {
  std::optional<Tool> best;
  for (const Tool& tool : tools) {
    if (can_restore(tool) && fits(tool, facts, restore) && (!best || rank(tool) > rank(*best))) best = tool;
  }
  return best;
}

}  // namespace

std::optional<Tool> restore_tool(const NodeFacts& facts, const Intent::Restore& restore, const std::string& node) {
  std::vector<Tool> tools(facts.tools().begin(), facts.tools().end());
  if (is_copied(restore, node)) std::erase_if(tools, [](const Tool& tool) { return tool.place() == Tool::CONTAINER; });
  const std::vector<Tool> in_images = tools_in_images(facts);
  tools.insert(tools.end(), in_images.begin(), in_images.end());
  const std::optional<Tool> best = best_of(tools, facts, restore);
  return best ? best : best_of(tools_on_workstation(restore), facts, restore);
}

std::optional<Tool> etcd_program(const NodeFacts& facts, const Intent::Restore& restore) {
  const std::vector<Tool> in_images = tools_in_images(facts);
  if (!in_images.empty()) {
    Tool tool = in_images.front();
    tool.set_path(folder_of(tool.path()) + "/etcd");
    tool.set_name("etcd");
    return tool;
  }
  const std::vector<Tool> here = tools_on_workstation(restore);
  const auto named = [&](const char* name) {
    return std::find_if(here.begin(), here.end(), [&](const Tool& tool) { return tool.name() == name; });
  };
  if (named("etcd") == here.end() || named("etcdctl") == here.end() || !fits(*named("etcd"), facts, restore)) return std::nullopt;
  return *named("etcd");
}

std::optional<Tool> client_tool(const NodeFacts& facts) {
  for (const Tool& tool : facts.tools()) {
    if (tool.name() == "etcdctl") return tool;
  }
  const std::vector<Tool> in_images = tools_in_images(facts);
  if (in_images.empty()) return std::nullopt;
  Tool tool = in_images.front();
  tool.set_name("etcdctl");
  tool.set_path(folder_of(tool.path()) + "/etcdctl");
  return tool;
}

Tool on_node(Tool tool, const NodeFacts& facts, const std::string& run_id) {
  if (tool.place() != Tool::WORKSTATION) return tool;
  tool.set_place(Tool::HOST);
  tool.set_path(restore_folder(facts, run_id) + "/tools/" + tool.name());
  return tool;
}

bool is_copied(const Intent::Restore& restore, const std::string& node) {
  return restore.recovers() && restore.method() != Intent::Restore::SERVED && restore.survivor() == node;
}

}  // namespace quorate
