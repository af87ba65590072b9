// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstring>
#include <set>
#include <string>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "providers/pki/certificates.h"
#include "providers/pki/owned.h"
#include "providers/pki/pem.h"

namespace quorate::pki {
namespace {

using Deadline = std::chrono::steady_clock::time_point;
using Context = Owned<SSL_CTX, SSL_CTX_free>;
using Connection = Owned<SSL, SSL_free>;

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket(Socket&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

absl::StatusOr<Socket> connect_socket(const std::string& path, Deadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return invalid("not a path for a socket: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.descriptor() < 0) return internal(std::string("no socket: ") + std::strerror(errno));
  while (connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    // A unix socket connects at once, or its queue is full: that cannot be polled for.
    if (errno != EAGAIN && errno != EINTR) return unavailable("connecting to " + path + ": " + std::strerror(errno));
    if (std::chrono::steady_clock::now() >= deadline) return timed_out("nobody accepts connections at " + path);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return socket;
}

absl::Status wait_for(int descriptor, short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return timed_out("no TLS handshake in time");
    pollfd wanted{descriptor, events, 0};
    const int ready = poll(&wanted, 1, static_cast<int>(std::min<long long>(left.count(), 60'000)));
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return internal(std::string("poll: ") + std::strerror(errno));
  }
}

// Bytes go through memory, because OpenSSL's own socket writes raise SIGPIPE.
absl::Status send_pending(SSL* connection, int descriptor, Deadline deadline) {
  char bytes[4096];
  for (;;) {
    const int size = BIO_read(SSL_get_wbio(connection), bytes, sizeof bytes);
    if (size <= 0) return absl::OkStatus();
    for (std::size_t sent = 0; sent < static_cast<std::size_t>(size);) {
      const ssize_t count = send(descriptor, bytes + sent, static_cast<std::size_t>(size) - sent, MSG_NOSIGNAL);
      if (count >= 0) {
        sent += static_cast<std::size_t>(count);
      } else if (errno == EAGAIN || errno == EINTR) {
        const absl::Status ready = wait_for(descriptor, POLLOUT, deadline);
        if (!ready.ok()) return ready;
      } else {
        return unavailable(std::string("the connection broke: ") + std::strerror(errno));
      }
    }
  }
}

absl::Status receive(SSL* connection, int descriptor, Deadline deadline) {
  const absl::Status ready = wait_for(descriptor, POLLIN, deadline);
  if (!ready.ok()) return ready;
  char bytes[16384];
  const ssize_t count = recv(descriptor, bytes, sizeof bytes, 0);
  if (count == 0) return unavailable("the connection was closed during the TLS handshake");
  if (count < 0) {
    if (errno == EAGAIN || errno == EINTR) return absl::OkStatus();
    return unavailable(std::string("the connection broke: ") + std::strerror(errno));
  }
  BIO_write(SSL_get_rbio(connection), bytes, static_cast<int>(count));
  return absl::OkStatus();
}

absl::Status shake_hands(SSL* connection, int descriptor, Deadline deadline) {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(connection);
    const int reason = SSL_get_error(connection, result);
    const std::string failure = result == 1 || reason == SSL_ERROR_WANT_READ ? "" : take_error();
    const absl::Status sent = send_pending(connection, descriptor, deadline);
    if (result == 1) return absl::OkStatus();
    if (!failure.empty()) return unavailable("the TLS handshake failed: " + failure);
    if (!sent.ok()) return sent;
    const absl::Status received = receive(connection, descriptor, deadline);
    if (!received.ok()) return received;
  }
}

absl::StatusOr<Context> observing_context(const std::string& certificate_pem, const Secret& key_pem) {
  Context context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return internal("no TLS context: " + take_error());
  // Whatever is served is to be seen, weak keys too.
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_security_level(context.get(), 0);
  if (certificate_pem.empty() && key_pem.empty()) return context;
  std::string problem;
  const CertificateHandle certificate = read_certificate(certificate_pem, &problem);
  if (certificate == nullptr) return invalid("the client certificate cannot be read: " + problem);
  const KeyHandle key = read_key(key_pem);
  if (key == nullptr) return invalid("the client certificate's key cannot be read");
  if (SSL_CTX_use_cert_and_key(context.get(), certificate.get(), key.get(), nullptr, 1) != 1) {
    return invalid("the client certificate cannot be used: " + take_error());
  }
  return context;
}

// A server names them in asking for the client's certificate: RFC 8446, 4.2.4. Go's names all that it trusts.
std::vector<std::string> accepted_authorities(const SSL* connection) {
  std::set<std::string> names;
  const STACK_OF(X509_NAME)* accepted = SSL_get0_peer_CA_list(connection);
  for (int i = 0; i < sk_X509_NAME_num(accepted); ++i) names.insert(name_text(sk_X509_NAME_value(accepted, i)));
  return {names.begin(), names.end()};
}

}  // namespace

absl::StatusOr<Served> observe_server(const std::string& socket_path, const std::string& client_certificate_pem,
                                      const Secret& client_key_pem, Deadline deadline) {
  const absl::StatusOr<Context> context = observing_context(client_certificate_pem, client_key_pem);
  if (!context.ok()) return context.status();
  const absl::StatusOr<Socket> socket = connect_socket(socket_path, deadline);
  if (!socket.ok()) return socket.status();
  const Connection connection(SSL_new(context->get()));
  if (connection == nullptr) return internal("no TLS connection: " + take_error());
  SSL_set_bio(connection.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(connection.get());
  const absl::Status shaken = shake_hands(connection.get(), socket->descriptor(), deadline);
  // A server that refuses our certificate has shown its own before.
  const CertificateHandle served(SSL_get1_peer_certificate(connection.get()));
  ERR_clear_error();
  if (served != nullptr) return Served{describe_certificate(served.get()), accepted_authorities(connection.get())};
  return shaken.ok() ? unavailable("the server shows no certificate") : shaken;
}

}  // namespace quorate::pki
