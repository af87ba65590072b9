// SPDX-License-Identifier: Apache-2.0
#include "engine/workstation_authority.h"

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/certificate_authority.h"
#include "tests/support/program.h"

namespace quorate {
namespace {

namespace fs = std::filesystem;

TEST_CASE("the workstation's CA is described without its key, and whether that is its own", "[authority]") {
  const test::TemporaryDirectory folder;
  const test::CertificateAuthority authority = test::make_authority("etcd-ca");
  const auto put = [&](const std::string& name, const std::string& content) {
    const std::string path = folder.path() / name;
    test::write_file(path, content);
    fs::permissions(path, fs::perms(0640));
  };
  CHECK(observe_workstation_authority(folder.path()).problem() == "it is not there");
  put("ca.crt", "no certificate");
  CHECK(observe_workstation_authority(folder.path()).problem() == "there is no PEM certificate in it");
  put("ca.crt", authority.certificate);
  CHECK_FALSE(observe_workstation_authority(folder.path()).key_matches());
  put("ca.key", std::string(test::make_authority("etcd-ca").key.expose()));
  CHECK_FALSE(observe_workstation_authority(folder.path()).key_matches());
  put("ca.key", std::string(authority.key.expose()));
  const Certificate seen = observe_workstation_authority(folder.path() / "below" / "..");
  CHECK(seen.path() == folder.path() / "ca.crt");
  CHECK(seen.problem().empty());
  CHECK(seen.subject() == "etcd-ca");
  CHECK(seen.key_matches());
  CHECK(seen.key_mode() == "640");
  CHECK(seen.DebugString().find("PRIVATE") == std::string::npos);
  const absl::StatusOr<node::Authority> whole = read_workstation_authority(folder.path());
  REQUIRE(whole.ok());
  CHECK(whole->key.expose() == authority.key.expose());
}

}  // namespace
}  // namespace quorate
