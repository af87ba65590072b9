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

CertificateAuthority make_authority(const std::string& common_name, int days = 3650);

}  // namespace quorate::test
