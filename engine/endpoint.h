// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "providers/etcd/client.h"
#include "schemas/observation.pb.h"

namespace quorate {

/// Where a node's own etcd listens for clients, by the arguments in force or else its manifest: loopback first.
struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 2379;
};
ListenAddress client_address(const NodeFacts& facts);

/// Host and port of a URL; port 0 where it is none.
ListenAddress address_of_url(const std::string& url);

/// Fills in what an endpoint answers: status, member list (not linearizable: without a quorum that waits for seven seconds) and the
/// certificate that it serves, all at once.
void ask_endpoint(etcd::Client& client, const std::string& socket_path, const etcd::Credentials& credentials,
                  std::chrono::steady_clock::time_point deadline, EtcdEndpoint& endpoint);

}  // namespace quorate
