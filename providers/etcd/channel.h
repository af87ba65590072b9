// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "providers/etcd/client.h"

namespace grpc {
class Channel;
class ChannelCredentials;
}  // namespace grpc

namespace quorate::etcd {

/// A connection to a unix socket with TLS for a server name: no proxy, no retries, no log on stderr.
class Connection {
 public:
  Connection(const std::string& socket_path, std::string server_name, std::shared_ptr<grpc::ChannelCredentials> credentials);

  /// The channel for the next call: connected, or one that tries afresh and at once.
  std::shared_ptr<grpc::Channel> channel();

 private:
  std::string target_;
  std::string server_name_;
  std::shared_ptr<grpc::ChannelCredentials> credentials_;
  std::mutex mutex_;
  std::shared_ptr<grpc::Channel> channel_;
};

/// Nothing is connected yet. invalid: the credentials are not PEM, the path is too long for a socket, no server name.
absl::StatusOr<std::unique_ptr<Connection>> make_connection(const std::string& socket_path, const std::string& server_name,
                                                            const Credentials& credentials);

/// So without TLS. invalid: the path is too long for a socket.
absl::StatusOr<std::unique_ptr<Connection>> make_plain_connection(const std::string& socket_path);

}  // namespace quorate::etcd
