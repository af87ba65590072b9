// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/observation.pb.h"
#include "schemas/secret.h"
#include "schemas/status.h"

namespace quorate::pki {

/// The first certificate of a PEM text as a record; its `problem` says why it is none. Path, key facts and signed_by_authority
/// are left to the caller.
Certificate describe(const std::string& pem);

/// All certificates of a PEM text so, in its order.
std::vector<Certificate> describe_all(const std::string& pem);

/// Of the certificates of a PEM text those with these common names, in this order, as PEM. not_found: there is none of one of them.
absl::StatusOr<std::string> select_certificates(const std::string& pem, const std::vector<std::string>& common_names);

/// Whether the private key belongs to the (first) certificate. False also where either is not readable.
bool key_matches(const std::string& certificate_pem, const Secret& key_pem);

/// Whether one of the certificates in `authority_pem` signed the certificate; dates are not looked at.
bool signed_by(const std::string& certificate_pem, const std::string& authority_pem);

/// `sha256:` and the digest of the certificate's public key, by which kubeadm knows a cluster's CA. invalid: it cannot be read.
absl::StatusOr<std::string> public_key_hash(const std::string& certificate_pem);

/// Of these letters, each as likely as any other, by OpenSSL's random bytes. unavailable: there are none.
absl::StatusOr<Secret> random_word(std::size_t length, std::string_view letters);

enum class Usage { client, server_and_client };

struct Request {
  std::string common_name;
  std::vector<std::string> organizations;
  std::vector<std::string> sans;  ///< DNS:name or IP:address, in the order wanted
  Usage usage = Usage::server_and_client;
  std::chrono::seconds validity{std::chrono::hours(24 * 365)};
};

struct Issued {
  std::string certificate;  ///< PEM
  Secret key;               ///< PEM, PKCS#1 or SEC 1
};

/// Issues exactly what kubeadm issues: a key of the authority's kind and size (RSA-2048, ECDSA-P256), random 64-bit serial,
/// critical KeyUsage digitalSignature and keyEncipherment, the extended usages, BasicConstraints CA:FALSE critical,
/// AuthorityKeyIdentifier, NotBefore = the CA's, NotAfter = now + validity but not after the CA's own. invalid: the authority is
/// not readable or the key is not its own.
absl::StatusOr<Issued> issue(const Request& request, const std::string& authority_pem, const Secret& authority_key_pem,
                             std::chrono::system_clock::time_point now);

/// A CA as kubeadm makes etcd's: signed by itself, with a key of the other one's kind and size, and good for as long; from an hour
/// ago on, for nodes whose clocks are behind. invalid: the other one is not readable.
absl::StatusOr<Issued> make_authority(const std::string& common_name, const std::string& like_pem,
                                      std::chrono::system_clock::time_point now);

struct Served {
  Certificate certificate;
  std::vector<std::string>
      accepted_authorities;  ///< common names of the CAs whose clients it asks for, sorted; empty: it does not say
};

/// What a TLS server on a unix socket shows in its handshake, whatever the dates or names are; the handshake shows
/// `client_certificate` and key. Only to observe.
absl::StatusOr<Served> observe_server(const std::string& socket_path, const std::string& client_certificate_pem,
                                      const Secret& client_key_pem, std::chrono::steady_clock::time_point deadline);

}  // namespace quorate::pki
