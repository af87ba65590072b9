// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/authentication.h"

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "providers/local/descriptor.h"
#include "providers/ssh/agent.h"
#include "providers/ssh/base64.h"
#include "providers/ssh/handshake.h"

namespace quorate::ssh {
namespace {

struct Identity {
  std::string file;
  KeyHandle private_key;  ///< null: encrypted, or only its public half is there
  std::string blob;       ///< of the public key; empty: not known
};

std::string blob_of(ssh_key key) {
  char* base64 = nullptr;
  if (key == nullptr || ssh_pki_export_pubkey_base64(key, &base64) != SSH_OK) return "";
  std::string blob = decode_base64(base64);
  ssh_string_free_char(base64);
  return blob;
}

// libssh asks here for a passphrase, and we ask nobody.
int refuse_passphrase(const char* /*prompt*/, char* /*into*/, std::size_t /*size*/, int /*echo*/, int /*verify*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::string public_blob(const std::string& file) {
  // The file itself may be a public key, or a private one in OpenSSH's form, whose public half is not encrypted.
  for (const std::string& candidate : {file + ".pub", file}) {
    ssh_key key = nullptr;
    if (access(candidate.c_str(), R_OK) != 0 || ssh_pki_import_pubkey_file(candidate.c_str(), &key) != SSH_OK) continue;
    const KeyHandle owner(key);
    return blob_of(key);
  }
  return "";
}

class Login {
 public:
  Login(ssh_session session, const Settings& settings, Deadline deadline)
      : session_(session), settings_(settings), deadline_(deadline) {}

  SshState run() {
    load_identities();
    std::vector<std::string> blobs;
    for (const auto& identity : identities_) {
      if (!identity.blob.empty()) blobs.push_back(identity.blob);
    }
    if (!blobs.empty() && try_agent({blobs, false})) return result_;
    for (const auto& identity : identities_) {
      if (identity.private_key && try_key(identity)) return result_;
    }
    if (!settings_.identities_only && !settings_.agent_socket.empty() && try_agent({blobs, true})) return result_;
    return failed(SshState::AUTHENTICATION_FAILED, explain());
  }

 private:
  void load_identities();
  bool try_key(const Identity& identity);
  bool try_agent(const AgentView& view);
  bool attempt(const std::string& what, const std::function<int()>& call);
  [[nodiscard]] std::string explain() const;

  static SshState failed(SshState::State state, const std::string& detail) {
    SshState result;
    result.set_state(state);
    result.set_detail(detail);
    return result;
  }

  ssh_session session_;
  const Settings& settings_;
  Deadline deadline_;
  std::vector<Identity> identities_;
  std::vector<std::string> tried_;
  std::vector<std::string> notes_;
  int agent_socket_ = -1;  // libssh's
  Descriptor previous_agent_socket_;
  SshState result_;
};

void Login::load_identities() {
  for (const auto& file : settings_.identity_files) {
    if (access(file.c_str(), R_OK) != 0) {
      if (settings_.identities_chosen) notes_.push_back(file + " cannot be read");
      continue;
    }
    ssh_key key = nullptr;
    bool asked = false;
    Identity identity{file, nullptr, ""};
    if (ssh_pki_import_privkey_file(file.c_str(), nullptr, refuse_passphrase, &asked, &key) == SSH_OK) {
      identity.private_key.reset(key);
      identity.blob = blob_of(key);
    } else {
      identity.blob = public_blob(file);
      if (asked) {
        notes_.push_back(file + " is encrypted, and quorate asks for no passphrase: load it into an agent (ssh-add " + file + ")");
      } else if (identity.blob.empty()) {
        notes_.push_back(file + " is no key that can be read");
      }
    }
    identities_.push_back(std::move(identity));
  }
}

// True: it is decided, one way or the other.
bool Login::attempt(const std::string& what, const std::function<int()>& call) {
  int result = call();
  // Where sshd has hung up, some calls of libssh ask to be made again for ever.
  while (result == SSH_AUTH_AGAIN && ssh_is_connected(session_) != 0) {
    if (!await_progress(session_, deadline_)) {
      result_ = failed(SshState::UNREACHABLE, "no answer in time while logging in");
      return true;
    }
    result = call();
  }
  tried_.push_back(what);
  if (result == SSH_AUTH_SUCCESS) {
    result_ = failed(SshState::REACHABLE, "");
    return true;
  }
  if (result == SSH_AUTH_PARTIAL) {
    result_ = failed(SshState::AUTHENTICATION_FAILED,
                     "sshd took the key of " + settings_.user + " (" + what + ") but wants more than a key");
    return true;
  }
  if (ssh_is_connected(session_) != 0) return false;
  const std::string error = error_of(session_);
  const bool too_many = error.find("Too many authentication failures") != std::string::npos;
  result_ = failed(too_many ? SshState::AUTHENTICATION_FAILED : SshState::UNREACHABLE,
                   "the connection broke off while logging in: " + error + (too_many ? "; " + explain() : ""));
  return true;
}

bool Login::try_key(const Identity& identity) {
  // Signed at once: asking first whether the key would do costs a round trip.
  return attempt(identity.file, [&] { return ssh_userauth_publickey(session_, nullptr, identity.private_key.get()); });
}

bool Login::try_agent(const AgentView& view) {
  if (settings_.agent_socket.empty()) return false;
  Agent agent(settings_.agent_socket, view, deadline_);
  if (!agent.has_keys()) return false;
  const int socket = agent.take_socket();
  if (ssh_set_agent_socket(session_, socket) != SSH_OK) return false;
  // libssh closes the last one that it was given, and forgets those before it.
  previous_agent_socket_ = Descriptor(std::exchange(agent_socket_, socket));
  return attempt(view.others ? "the agent's other keys" : "the agent's keys of the identity files",
                 [&] { return ssh_userauth_agent(session_, nullptr); });
}

std::string Login::explain() const {
  const auto join = [](const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
  };
  std::string text = tried_.empty() ? "there was no key to try" : "sshd refused " + join(tried_);
  text += " for user " + settings_.user;
  if (settings_.agent_socket.empty()) text += "; no agent";
  if (!notes_.empty()) text += "; " + join(notes_);
  return text + ". Put that key into the user's authorized_keys there, or name another with `user` and `identityFile`";
}

}  // namespace

SshState authenticate(ssh_session session, const Settings& settings, Deadline deadline) {
  return Login(session, settings, deadline).run();
}

}  // namespace quorate::ssh
