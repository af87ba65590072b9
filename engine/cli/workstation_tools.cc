// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/workstation_tools.h"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>

#include "engine/files.h"
#include "plans/restore.h"
#include "providers/local/program.h"
#include "schemas/digest.h"
#include "schemas/status.h"

namespace quorate::cli {
namespace {

constexpr std::chrono::seconds version_limit(10);

void warn(const std::string& message) { std::cerr << "warning: spec.etcd.tools: " << message << "\n"; }

// `etcd Version: 3.5.16`, `etcdctl version: 3.5.16`.
std::string version_in(const std::string& said) {
  const std::string mark = "ersion: ";
  const std::size_t at = said.find(mark);
  if (at == std::string::npos) return "";
  return said.substr(at + mark.size(), said.find_first_of(" \n", at + mark.size()) - at - mark.size());
}

absl::StatusOr<WorkstationTool> read_tool(const std::string& name, const std::string& path) {
  const std::string asked = name == "etcd" ? "--version" : "version";
  const absl::StatusOr<std::string> said = local::output_of({path, asked}, std::chrono::steady_clock::now() + version_limit);
  if (!said.ok()) return annotate(said.status(), path + " cannot be run here");
  const absl::StatusOr<std::string> content = read_file(path);
  if (!content.ok()) return content.status();
  WorkstationTool tool;
  tool.set_name(name);
  tool.set_path(path);
  tool.set_version(version_in(*said));
  tool.set_bytes(content->size());
  tool.set_sha256(sha256_hex(*content));
  return tool;
}

}  // namespace

std::vector<WorkstationTool> workstation_tools(const Spec& spec, const std::vector<Intent>& intents) {
  const std::string& folder = spec.spec().etcd().tools();
  if (folder.empty() || restore_among(intents) == nullptr) return {};
  std::vector<WorkstationTool> tools;
  for (const char* name : {"etcd", "etcdctl", "etcdutl"}) {
    const std::string path = (std::filesystem::absolute(folder) / name).lexically_normal().string();
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    const absl::StatusOr<WorkstationTool> tool = read_tool(name, path);
    tool.ok() ? tools.push_back(*tool) : warn(message_of(tool.status()));
  }
  if (tools.empty()) warn(folder + " has neither etcd, etcdctl nor etcdutl");
  return tools;
}

}  // namespace quorate::cli
