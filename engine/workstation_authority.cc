// SPDX-License-Identifier: Apache-2.0
#include "engine/workstation_authority.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_format.h"

#include "engine/files.h"
#include "providers/pki/certificates.h"

namespace quorate {
namespace {

std::string mode_of(const std::string& path) {
  std::error_code failed;
  const std::filesystem::perms mode = std::filesystem::status(path, failed).permissions();
  if (failed || mode == std::filesystem::perms::unknown) return "";
  return absl::StrFormat("%03o", static_cast<unsigned>(mode & std::filesystem::perms::mask));
}

}  // namespace

absl::StatusOr<node::Authority> read_workstation_authority(const std::string& folder) {
  absl::StatusOr<std::string> certificate = read_file(folder + "/ca.crt");
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<std::string> key = read_file(folder + "/ca.key");
  if (!key.ok()) return key.status();
  return node::Authority{*std::move(certificate), Secret(*std::move(key))};
}

Certificate observe_workstation_authority(const std::string& folder) {
  const std::string place = std::filesystem::absolute(folder).lexically_normal().string();
  const absl::StatusOr<std::string> text = read_file(place + "/ca.crt");
  std::error_code unseen;
  Certificate record = text.ok() ? pki::describe(*text) : Certificate();
  if (!text.ok())
    record.set_problem(std::filesystem::exists(place + "/ca.crt", unseen) || unseen ? "it cannot be read" : "it is not there");
  record.set_path(place + "/ca.crt");
  record.set_present(text.ok());
  const absl::StatusOr<node::Authority> whole = read_workstation_authority(place);
  record.set_key_matches(whole.ok() && pki::key_matches(whole->certificate, whole->key));
  record.set_key_mode(mode_of(place + "/ca.key"));
  return record;
}

}  // namespace quorate
