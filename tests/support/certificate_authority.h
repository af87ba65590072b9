// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/secret.h"

namespace quorate::test {

/// A CA as kubeadm makes it, by the openssl program: a judge other than the code under test.
struct CertificateAuthority {
  std::string certificate;
  Secret key;
};

/// `kind`: as `openssl req -newkey` takes it; ec: P-256.
CertificateAuthority make_authority(const std::string& common_name, int days = 3650, const std::string& kind = "rsa:2048");

}  // namespace quorate::test
