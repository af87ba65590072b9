// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/host_key.h"

#include <algorithm>
#include <cstddef>

namespace quorate::ssh {
namespace {

struct OfferedKey {
  std::string type;
  std::string base64;
  std::string fingerprint;
};

std::string fingerprint_of(ssh_key key) {
  unsigned char* hash = nullptr;
  std::size_t size = 0;
  if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &size) != SSH_OK) return "";
  char* text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size);
  ssh_clean_pubkey_hash(&hash);
  const std::string fingerprint = text == nullptr ? "" : text;
  ssh_string_free_char(text);
  return fingerprint;
}

OfferedKey describe(const KeyHandle& key) {
  OfferedKey offered;
  const char* type = ssh_key_type_to_char(ssh_key_type(key.get()));
  offered.type = type == nullptr ? "" : type;
  offered.fingerprint = fingerprint_of(key.get());
  char* base64 = nullptr;
  if (ssh_pki_export_pubkey_base64(key.get(), &base64) == SSH_OK) offered.base64 = base64;
  ssh_string_free_char(base64);
  return offered;
}

KeyHandle offered_key(ssh_session session) {
  ssh_key key = nullptr;
  if (ssh_get_server_publickey(session, &key) != SSH_OK) return nullptr;
  return KeyHandle(key);
}

std::string fingerprint_of(const KnownHost& known) {
  ssh_key key = nullptr;
  const ssh_keytypes_e type = ssh_key_type_from_name(known.key_type.c_str());
  if (ssh_pki_import_pubkey_base64(known.key.c_str(), type, &key) != SSH_OK) return "a key that cannot be read";
  const KeyHandle owner(key);
  return fingerprint_of(key);
}

SshState state_of(SshState::State state, const OfferedKey& offered, const std::string& detail) {
  SshState result;
  result.set_state(state);
  result.set_fingerprint(offered.fingerprint);
  result.set_detail(detail);
  return result;
}

std::string ssh_command(const Settings& settings) {
  const std::string port = settings.port == 22 ? "" : "-p " + std::to_string(settings.port) + " ";
  return "ssh " + port + settings.user + "@" + settings.name;
}

std::string file_of(const Settings& settings) {
  return settings.known_hosts_files.empty() ? "a known_hosts file" : settings.known_hosts_files.front();
}

SshState unknown(const Settings& settings, const std::string& name, const OfferedKey& offered) {
  std::string detail = "the host key of " + name + " is not known: it offers " + offered.type + " " + offered.fingerprint +
                       ". Compare that with `ssh-keygen -lf /etc/ssh/ssh_host_" +
                       (offered.type.starts_with("ecdsa") ? "ecdsa"
                        : offered.type == "ssh-rsa"       ? "rsa"
                                                          : "ed25519") +
                       "_key.pub` on the machine's console; if they are equal, let `" + ssh_command(settings) +
                       "` add it once to " + file_of(settings);
  return state_of(SshState::HOST_KEY_UNKNOWN, offered, detail);
}

SshState changed(const std::string& name, const OfferedKey& offered, const KnownHost& known) {
  return state_of(SshState::HOST_KEY_CHANGED, offered,
                  "the host key of " + name + " has changed: " + known.place + " has " + known.key_type + " " +
                      fingerprint_of(known) + ", but it offers " + offered.type + " " + offered.fingerprint +
                      ". Either the machine was installed anew, or another one answers in its place. Compare the new "
                      "fingerprint on the machine's console before that line is removed");
}

}  // namespace

SshState check_host_key(ssh_session session, const Settings& settings, const std::vector<KnownHost>& known) {
  const KeyHandle key = offered_key(session);
  if (!key) return state_of(SshState::UNREACHABLE, {}, "it offers no host key");
  const OfferedKey offered = describe(key);
  const std::string name = known_hosts_name(settings.host, settings.port, settings.host_key_alias);
  const KnownHost* other = nullptr;
  bool same = false;
  for (const auto& each : known) {
    const bool equal = each.key == offered.base64;
    if (each.marker == KnownHost::Marker::revoked && equal) {
      return state_of(SshState::HOST_KEY_CHANGED, offered,
                      "the host key of " + name + ", " + offered.fingerprint + ", is revoked by " + each.place);
    }
    if (each.marker != KnownHost::Marker::none) continue;
    same = same || equal;
    // The line with a key of the same type tells most.
    if (other == nullptr || (other->key_type != offered.type && each.key_type == offered.type)) other = &each;
  }
  if (same) return state_of(SshState::REACHABLE, offered, "");
  const auto authority =
      std::find_if(known.begin(), known.end(), [](const KnownHost& each) { return each.marker == KnownHost::Marker::authority; });
  if (authority != known.end()) {
    return state_of(SshState::SETTINGS_REFUSED, offered,
                    "a host key signed by an authority (@cert-authority at " + authority->place +
                        ") cannot be checked by quorate: add the host's own key, " + offered.fingerprint + ", to " +
                        file_of(settings));
  }
  return other == nullptr ? unknown(settings, name, offered) : changed(name, offered, *other);
}

}  // namespace quorate::ssh
