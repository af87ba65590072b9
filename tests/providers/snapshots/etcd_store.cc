// SPDX-License-Identifier: Apache-2.0
#include "tests/providers/snapshots/etcd_store.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include <unistd.h>

namespace quorate::test {
namespace {

// Of a test run's own, so that two runs on one machine do not meet.
std::string url(int port) { return "http://127.0." + std::to_string(20 + getpid() % 200) + ".77:" + std::to_string(port); }

}  // namespace

EtcdStore::EtcdStore() : client_url_(url(2379)), peer_url_(url(2380)) {
  const std::string data = (directory_.path() / "data").string();
  process_ = std::make_unique<Process>(
      std::vector<std::string>{"etcd", "--name=n1", "--data-dir=" + data, "--listen-client-urls=" + client_url_,
                               "--advertise-client-urls=" + client_url_, "--listen-peer-urls=" + peer_url_,
                               "--initial-advertise-peer-urls=" + peer_url_, "--initial-cluster=n1=" + peer_url_,
                               "--unsafe-no-fsync"},
      directory_.path() / "log");
  for (int i = 0; i < 100; ++i) {
    try {
      etcdctl({"endpoint", "health"});
      return;
    } catch (const std::exception&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
  throw std::runtime_error("etcd does not start: " + read_file(directory_.path() / "log"));
}

std::string EtcdStore::etcdctl(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"env", "ETCDCTL_API=3", "ETCDCTL_ENDPOINTS=" + client_url_, "etcdctl"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run(command);
}

void EtcdStore::change(const std::vector<std::string>& commands) {
  std::string text = "\n";
  for (const std::string& command : commands) text += command + "\n";
  const std::string file = write_file(directory_.path() / "transaction", text + "\n\n");
  run({"env", "ETCDCTL_API=3", "ETCDCTL_ENDPOINTS=" + client_url_, "sh", "-c", "etcdctl txn <\"$1\"", "sh", file});
}

std::string EtcdStore::save(const std::string& name) {
  std::string path = (directory_.path() / name).string();
  etcdctl({"snapshot", "save", path});
  return path;
}

std::string EtcdStore::stop() {
  process_.reset();
  return (directory_.path() / "data/member/snap/db").string();
}

}  // namespace quorate::test
