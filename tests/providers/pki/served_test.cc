// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <thread>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "providers/pki/certificates.h"
#include "tests/support/certificate_authority.h"
#include "tests/support/program.h"
#include "tests/support/unix_relay.h"

namespace quorate::pki {
namespace {

using namespace std::chrono_literals;
using test::CertificateAuthority;
using test::make_authority;

std::chrono::steady_clock::time_point in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

Issued issue_by(const CertificateAuthority& authority, Usage usage, std::chrono::system_clock::time_point now) {
  Request request;
  request.common_name = usage == Usage::client ? "kube-etcd-healthcheck-client" : "node1";
  request.usage = usage;
  auto issued = issue(request, authority.certificate, authority.key, now);
  REQUIRE(issued.ok());
  return *issued;
}

int free_port() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  socklen_t size = sizeof address;
  REQUIRE(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(socket);
  return ntohs(address.sin_port);
}

// `openssl s_server` behind a relay.
class Server {
 public:
  Server(const Issued& identity, const CertificateAuthority& trusted, const std::string& version) {
    const int port = free_port();
    const auto& path = directory_.path();
    process_ = std::make_unique<test::Process>(
        std::vector<std::string>{"openssl", "s_server", "-quiet", version, "-accept", "127.0.0.1:" + std::to_string(port), "-cert",
                                 test::write_file(path / "server.crt", identity.certificate), "-key",
                                 test::write_file(path / "server.key", std::string(identity.key.expose())), "-CAfile",
                                 test::write_file(path / "ca.crt", trusted.certificate), "-Verify", "1", "-verify_return_error"},
        path / "log");
    relay_ = std::make_unique<test::UnixRelay>(socket(), "127.0.0.1", port);
  }
  [[nodiscard]] std::string socket() const { return (directory_.path() / "socket").string(); }

 private:
  test::TemporaryDirectory directory_;
  std::unique_ptr<test::Process> process_;
  std::unique_ptr<test::UnixRelay> relay_;
};

// The server needs a moment to listen.
absl::StatusOr<Served> eventually_served(const Server& server, const Issued& client) {
  for (int i = 0;; ++i) {
    auto served = observe_server(server.socket(), client.certificate, client.key, in(3s));
    if (served.ok() || i == 50) return served;
    std::this_thread::sleep_for(100ms);
  }
}

TEST_CASE("what a server shows is described, whatever it thinks of us") {
  static const CertificateAuthority authority = make_authority("etcd-ca");
  static const CertificateAuthority other = make_authority("etcd-ca");
  const auto now = std::chrono::system_clock::now();
  static const Issued client = issue_by(authority, Usage::client, now);
  static const Issued current = issue_by(authority, Usage::server_and_client, now);
  static const Issued expired = issue_by(authority, Usage::server_and_client, now - 24h * 800);
  const std::string version = GENERATE("-tls1_2", "-tls1_3");
  INFO(version);
  SECTION("a valid one") {
    const auto served = eventually_served(Server(current, authority, version), client);
    REQUIRE(served.ok());
    CHECK(served->certificate.fingerprint() == describe(current.certificate).fingerprint());
  }
  SECTION("an expired one") {
    const auto served = eventually_served(Server(expired, authority, version), client);
    REQUIRE(served.ok());
    CHECK(served->certificate.fingerprint() == describe(expired.certificate).fingerprint());
  }
  SECTION("whose clients it accepts, though not ours") {
    static const CertificateAuthority second = make_authority("etcd-ca-2");
    const CertificateAuthority both{other.certificate + second.certificate, Secret("")};
    const auto served = eventually_served(Server(current, both, version), client);
    REQUIRE(served.ok());
    CHECK(served->accepted_authorities == std::vector<std::string>{"etcd-ca", "etcd-ca-2"});
  }
  SECTION("a server that does not trust our certificate") {
    const auto served = eventually_served(Server(current, other, version), client);
    REQUIRE(served.ok());
    CHECK(served->certificate.fingerprint() == describe(current.certificate).fingerprint());
  }
}

TEST_CASE("what is not served") {
  static const CertificateAuthority authority = make_authority("etcd-ca");
  static const Issued client = issue_by(authority, Usage::client, std::chrono::system_clock::now());
  const test::TemporaryDirectory directory;
  const std::string path = (directory.path() / "socket").string();
  SECTION("nobody listens") {
    const auto served = observe_server(path, client.certificate, client.key, in(1s));
    CHECK(served.status().code() == absl::StatusCode::kUnavailable);
  }
  SECTION("nobody answers") {
    const test::SilentSocket silent(path);
    const auto begun = std::chrono::steady_clock::now();
    const auto served = observe_server(path, client.certificate, client.key, in(300ms));
    CHECK(served.status().code() == absl::StatusCode::kDeadlineExceeded);
    CHECK(std::chrono::steady_clock::now() - begun < 2s);
  }
  SECTION("the connection ends at once") {
    const test::UnixRelay relay(path, "127.0.0.1", free_port());
    const auto served = observe_server(path, client.certificate, client.key, in(1s));
    CHECK(served.status().code() == absl::StatusCode::kUnavailable);
  }
  SECTION("our own certificate is garbage") {
    CHECK(observe_server(path, "garbage", client.key, in(1s)).status().code() == absl::StatusCode::kInvalidArgument);
    CHECK(observe_server(path, client.certificate, Secret("garbage"), in(1s)).status().code() ==
          absl::StatusCode::kInvalidArgument);
    CHECK(observe_server(path, authority.certificate, client.key, in(1s)).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace quorate::pki
