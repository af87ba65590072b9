// SPDX-License-Identifier: Apache-2.0
#include "tests/support/certificate_authority.h"

#include <vector>

#include "tests/support/program.h"

namespace quorate::test {

CertificateAuthority make_authority(const std::string& common_name, int days, const std::string& kind) {
  const TemporaryDirectory directory;
  const std::string key = (directory.path() / "ca.key").string();
  const std::string certificate = (directory.path() / "ca.crt").string();
  // A configuration of its own, so that the machine's adds nothing.
  const std::string settings = write_file(directory.path() / "ca.conf",
                                          "[req]\ndistinguished_name=name\nx509_extensions=authority\n[name]\n[authority]\n"
                                          "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign\n"
                                          "basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n");
  std::vector<std::string> command = {"openssl",
                                      "req",
                                      "-x509",
                                      "-config",
                                      settings,
                                      "-newkey",
                                      kind,
                                      "-nodes",
                                      "-sha256",
                                      "-subj",
                                      "/CN=" + common_name,
                                      "-days",
                                      std::to_string(days),
                                      "-keyout",
                                      key,
                                      "-out",
                                      certificate};
  if (kind == "ec") command.insert(command.end(), {"-pkeyopt", "ec_paramgen_curve:prime256v1"});
  run(command);
  return {read_file(certificate), Secret(read_file(key))};
}

}  // namespace quorate::test
