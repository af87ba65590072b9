// SPDX-License-Identifier: Apache-2.0
// ByHand, of certificates and CAs: by openssl.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "engine/cli/by_hand.h"
#include "engine/cli/by_hand_words.h"

namespace quorate::cli {
namespace {

std::string subject_of(const IssueCertificate& certificate) {
  std::string subject;
  for (const std::string& organization : certificate.organizations()) subject += "/O=" + organization;
  return subject + "/CN=" + certificate.common_name();
}

// As kubeadm issues it.
std::string extensions_of(const IssueCertificate& certificate) {
  const bool is_server = certificate.profile() == "etcd-server" || certificate.profile() == "etcd-peer";
  std::string text = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=";
  text += is_server ? "serverAuth,clientAuth\n" : "clientAuth\n";
  if (certificate.sans_size() == 0) return text;
  return text + "subjectAltName=" + join({certificate.sans().begin(), certificate.sans().end()}, ",") + "\n";
}

std::string sign(const IssueCertificate& certificate) {
  const std::string authority = certificate.signer_directory() + "/ca";
  const std::int64_t days = std::max<std::int64_t>(1, certificate.validity_seconds() / 86400);
  return "umask 077; more=$(mktemp); printf %s " + word(extensions_of(certificate)) + " >\"$more\"; openssl x509 -req -CA " +
         word(authority + ".crt") + " -CAkey " + word(authority + ".key") + " -set_serial \"0x$(openssl rand -hex 8)\" -days " +
         std::to_string(days) + " -sha256 -extfile \"$more\"; rm -f \"$more\"";
}

// kubeadm's encryptionAlgorithm is its CAs' too: RSA of some size, or ECDSA-P256. Without a path the CA is what is read.
std::string kind_like(const std::string& authority) {
  return "shown=$(openssl x509 -noout -text" + (authority.empty() ? "" : " -in " + word(authority)) +
         "); case $shown in *id-ecPublicKey*) kind='ec -pkeyopt ec_paramgen_curve:prime256v1';; *) kind=rsa:$(printf '%s\\n' "
         "\"$shown\" | sed -n 's/.*Public-Key: (\\([0-9]*\\) bit).*/\\1/p');; esac; ";
}

// Those of both folders, one after the other, as far as they are there: each that is named once, in the order of the names.
std::string select(const WriteAuthorities& write) {
  const std::string files = word(write.from_directory() + "/ca.crt") + " " + word(write.next_directory() + "/ca.crt");
  return "parts=$(mktemp -d); cat " + files +
         " 2>/dev/null | awk -v parts=\"$parts\" '/BEGIN/ {n++} n {print >(parts \"/\" n)}'; for name in " +
         words({write.names().begin(), write.names().end()}) +
         "; do for part in \"$parts\"/*; do [ \"$(openssl x509 -in \"$part\" -noout -subject -nameopt multiline | sed -n 's/ "
         "*commonName *= //p')\" != \"$name\" ] || { openssl x509 -in \"$part\"; break; }; done; done; rm -r \"$parts\"";
}

std::string take(const std::string& path, const std::string& mode) {
  const std::string part = word(beside(path));
  return "umask 077; cat >" + part + " && [ -s " + part + " ] && chmod " + mode + " " + part + " && mv -f -- " + part + " " +
         word(path);
}

}  // namespace

// The key goes from node to node through a pipe, and is in no file on the way.
std::string ByHand::copy(const CopyAuthority& operation) const {
  std::string text = workstation;
  for (const auto& [name, mode] : {std::pair{"ca.key", "600"}, std::pair{"ca.crt", "644"}}) {
    const std::string from = operation.from_directory() + "/" + name;
    const std::string taken = ssh(operation.to_node(), "mkdir -p -m 755 -- " + word(operation.to_directory()) + " && " +
                                                           take(operation.to_directory() + "/" + name, mode));
    if (!operation.from_node().empty()) text += ssh(operation.from_node(), "cat " + word(from)) + " | " + taken + "\n";
    // The workstation's key stays where it is.
    else if (name == std::string("ca.crt"))
      text += taken + " <" + word(from) + "\n";
  }
  return text;
}

// The key is made on the node and stays there; what travels is the request and the certificate.
std::string ByHand::issue(const IssueCertificate& operation) const {
  const std::string key = word(beside(operation.key_path()));
  const std::string part = word(beside(operation.certificate_path()));
  const bool here = operation.signer().empty();
  const std::string authority = operation.signer_directory() + "/ca.crt";
  const std::string request = "umask 077; " + kind_like(here ? "" : authority) + "openssl req -new -newkey $kind -nodes -keyout " +
                              key + " -subj " + word(subject_of(operation)) + " 2>/dev/null";
  const std::string put_in_place = "cat >" + part + " && [ -s " + part + " ] && chmod 644 " + part + " && mv -f -- " + key + " " +
                                   word(operation.key_path()) + " && mv -f -- " + part + " " + word(operation.certificate_path());
  const std::string asked = ssh(operation.node(), request) + (here ? " <" + word(authority) : "");
  const std::string signed_by = here ? "(" + sign(operation) + ")" : ssh(operation.signer(), sign(operation));
  return workstation + asked + " | " + signed_by + " | " + ssh(operation.node(), put_in_place) + "\n";
}

// As kubeadm makes one, but for its random serial.
std::string ByHand::make_authority(const MakeAuthority& operation) {
  const std::string folder = operation.directory();
  const std::string settings =
      "[req]\ndistinguished_name=name\nx509_extensions=ca\n[name]\n[ca]\nbasicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier="
      "hash\nkeyUsage=critical,digitalSignature,keyEncipherment,keyCertSign\n";
  return on_node(operation.node(),
                 "mkdir -p -- " + word(folder) + "\n[ -f " + word(folder + "/ca.crt") + " ] || (umask 077; " +
                     kind_like(operation.like_directory() + "/ca.crt") + "more=$(mktemp); printf %s " + word(settings) +
                     " >\"$more\"; openssl req -x509 -config \"$more\" -newkey $kind -nodes -sha256 -days 3650 -subj " +
                     word("/CN=" + operation.name()) + " -keyout " + word(folder + "/ca.key") + " -out " +
                     word(folder + "/ca.crt") + "; rm -f \"$more\")\n");
}

// The key first, as quorate does it.
std::string ByHand::write_authorities(const WriteAuthorities& operation) const {
  std::string text = workstation;
  if (operation.with_key()) {
    const std::string next = word(operation.next_directory() + "/ca.key");
    text += ssh(operation.from_node(),
                "[ ! -f " + next + " ] || exec cat " + next + "; cat " + word(operation.from_directory() + "/ca.key")) +
            " | " + ssh(operation.node(), take(operation.directory() + "/ca.key", "600")) + "\n";
  }
  return text + ssh(operation.from_node(), select(operation)) + " | " +
         ssh(operation.node(), take(operation.directory() + "/ca.crt", "644")) + "\n";
}

}  // namespace quorate::cli
