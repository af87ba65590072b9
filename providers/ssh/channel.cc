// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/channel.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <string_view>
#include <utility>

namespace quorate::ssh {
namespace {

constexpr std::size_t read_bytes = 256UL << 10U;

// RFC 4254 6.10, and the rest as OpenSSH writes it.
int signal_number(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, int>, 24> names{{
      {"ABRT", SIGABRT}, {"ALRM", SIGALRM}, {"FPE", SIGFPE},   {"HUP", SIGHUP},       {"ILL", SIGILL},   {"INT", SIGINT},
      {"KILL", SIGKILL}, {"PIPE", SIGPIPE}, {"QUIT", SIGQUIT}, {"SEGV", SIGSEGV},     {"TERM", SIGTERM}, {"USR1", SIGUSR1},
      {"USR2", SIGUSR2}, {"BUS", SIGBUS},   {"SYS", SIGSYS},   {"TRAP", SIGTRAP},     {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},
      {"POLL", SIGPOLL}, {"PROF", SIGPROF}, {"CHLD", SIGCHLD}, {"VTALRM", SIGVTALRM}, {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},
  }};
  const std::string_view bare = name.substr(0, name.find('@'));
  const auto* found = std::find_if(names.begin(), names.end(), [&](const auto& each) { return each.first == bare; });
  return found == names.end() ? 0 : found->second;
}

}  // namespace

Channel::Channel(ssh_session session, std::optional<Destination> destination)
    : session_(session), channel_(ssh_channel_new(session)), destination_(std::move(destination)) {
  if (channel_ == nullptr) return;
  // The exit of a command and nothing else: callbacks for data, mixed with reads, put bytes in another order.
  ssh_callbacks_init(&callbacks_);
  callbacks_.userdata = this;
  callbacks_.channel_exit_status_function = on_exit_status;
  callbacks_.channel_exit_signal_function = on_exit_signal;
  ssh_set_channel_callbacks(channel_, &callbacks_);
}

Channel::~Channel() { abandon(); }

void Channel::on_exit_status(ssh_session /*session*/, ssh_channel /*channel*/, int status, void* self) {
  static_cast<Channel*>(self)->exit_status_ = status;
}

void Channel::on_exit_signal(ssh_session /*session*/, ssh_channel /*channel*/, const char* signal, int /*core*/,
                             const char* /*message*/, const char* /*language*/, void* self) {
  static_cast<Channel*>(self)->exit_status_ = 128 + signal_number(signal == nullptr ? "" : signal);
}

Progress Channel::open() {
  if (opening_ != Progress::pending) return opening_;
  const int result = channel_ == nullptr ? SSH_ERROR
                     : destination_
                         ? ssh_channel_open_forward(channel_, destination_->host.c_str(), destination_->port, "127.0.0.1", 0)
                         : ssh_channel_open_session(channel_);
  if (result == SSH_AGAIN) return opening_;
  opening_ = result == SSH_OK ? Progress::done : Progress::refused;
  if (opening_ == Progress::refused) {
    refusal_ = error_of(session_);
    // libssh keeps the reason's number (RFC 4254 5.1) in its text alone.
    prohibited_ = refusal_.find("error (1)") != std::string::npos;
  }
  return opening_;
}

Progress Channel::execute(const std::string& line) {
  const int result = ssh_channel_request_exec(channel_, line.c_str());
  if (result == SSH_AGAIN) return Progress::pending;
  if (result == SSH_OK) return Progress::done;
  refusal_ = error_of(session_);
  return Progress::refused;
}

std::ptrdiff_t Channel::read(Turn& turn, bool error_output) {
  // libssh announces as much as is asked for, beyond what it holds. Asking for all of it every time would send a
  // message for each small read.
  const bool announce = unannounced_ >= window_bytes / 4;
  const std::size_t count = announce ? window_bytes : read_bytes;
  const int result = ssh_channel_read_timeout(channel_, turn.scratch, static_cast<std::uint32_t>(count), error_output ? 1 : 0, 0);
  if (announce) unannounced_ = 0;
  if (result == SSH_AGAIN) return 0;
  if (result < 0) return -1;
  unannounced_ += static_cast<std::size_t>(result);
  return result;
}

std::ptrdiff_t Channel::write(const char* bytes, std::size_t size) {
  // 0 during a rekey and while the window is shut.
  return ssh_channel_write(channel_, bytes, static_cast<std::uint32_t>(std::min(size, read_bytes)));
}

void Channel::end_input() { ssh_channel_send_eof(channel_); }

bool Channel::at_end() const { return ssh_channel_is_eof(channel_) != 0; }

bool Channel::closed() const { return ssh_channel_is_closed(channel_) != 0; }

bool Channel::close() {
  if (channel_ == nullptr) return true;
  // Freed while its opening is under way, it would stay open at the other end for ever.
  if (open() == Progress::pending) return false;
  if (opening_ == Progress::done) {
    // It does the end of input first, and where that is not yet on the wire it returns without having closed anything.
    for (int attempt = 0; attempt < 3; ++attempt) {
      if (ssh_channel_close(channel_) != SSH_AGAIN) break;
    }
  }
  // A channel whose opening was refused must not be closed: sshd drops the whole connection then.
  abandon();
  return true;
}

void Channel::abandon() {
  if (channel_ == nullptr) return;
  // libssh keeps the channel until the other end has closed it too, and would call into this object.
  ssh_remove_channel_callbacks(channel_, &callbacks_);
  ssh_channel_free(channel_);
  channel_ = nullptr;
}

}  // namespace quorate::ssh
