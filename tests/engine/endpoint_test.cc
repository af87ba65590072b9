// SPDX-License-Identifier: Apache-2.0
#include "engine/endpoint.h"

#include <catch2/catch.hpp>

namespace quorate {
namespace {

std::string host_for(const std::string& urls) {
  NodeFacts facts;
  EtcdProcess& process = *facts.add_processes();
  process.add_arguments("etcd");
  process.add_arguments("--listen-client-urls=" + urls);
  return client_address(facts).host;
}

TEST_CASE("etcd is asked at loopback where it listens there or everywhere, else where it listens") {
  CHECK(host_for("https://10.0.0.1:2379,https://127.0.0.1:2379") == "127.0.0.1");
  CHECK(host_for("https://0.0.0.0:2379") == "127.0.0.1");
  CHECK(host_for("https://[::]:2379") == "::1");
  CHECK(host_for("https://10.0.0.1:2379") == "10.0.0.1");
}

}  // namespace
}  // namespace quorate
