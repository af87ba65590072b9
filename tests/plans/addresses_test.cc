// SPDX-License-Identifier: Apache-2.0
// What of a manifest, and of a URL, names an address; and the name of another CA.
#include "plans/addresses.h"

#include <catch2/catch.hpp>

#include "plans/authorities.h"

namespace quorate {
namespace {

using Flags = std::map<std::string, std::string>;

StaticPod pod_with(const Flags& flags) {
  StaticPod pod;
  pod.command = {"etcd"};
  for (const auto& [flag, value] : flags) pod.command.push_back("--" + flag + "=" + value);
  return pod;
}

TEST_CASE("a URL at another host keeps its scheme and port") {
  CHECK(with_host("https://10.0.0.1:2380", "10.0.0.2") == "https://10.0.0.2:2380");
  CHECK(with_host("http://10.0.0.1", "10.0.0.2") == "http://10.0.0.2");
  CHECK(with_host("https://10.0.0.1:12380", "fd00::2") == "https://[fd00::2]:12380");
  CHECK(with_host("https://[fd00::1]:2380", "10.0.0.2") == "https://10.0.0.2:2380");
  CHECK(with_host("no URL", "10.0.0.2") == "no URL");
}

TEST_CASE("of a manifest those flags move that name the advertised address, and each URL of theirs that has it") {
  const Flags kubeadm = {{"advertise-client-urls", "https://10.0.0.1:2379"},
                         {"initial-advertise-peer-urls", "https://10.0.0.1:2380"},
                         {"listen-client-urls", "https://127.0.0.1:2379,https://10.0.0.1:2379"},
                         {"listen-peer-urls", "https://10.0.0.1:2380"}};
  CHECK(moved_flags(pod_with(kubeadm), "10.0.0.2") == Flags{{"advertise-client-urls", "https://10.0.0.2:2379"},
                                                            {"initial-advertise-peer-urls", "https://10.0.0.2:2380"},
                                                            {"listen-client-urls", "https://127.0.0.1:2379,https://10.0.0.2:2379"},
                                                            {"listen-peer-urls", "https://10.0.0.2:2380"}});
  CHECK(moved_flags(pod_with(kubeadm), "10.0.0.1").empty());
}

TEST_CASE("a wildcard, another address and a name stay as they are") {
  const Flags wildcard = {{"initial-advertise-peer-urls", "https://10.0.0.1:2380"}, {"listen-peer-urls", "https://0.0.0.0:2380"}};
  CHECK(moved_flags(pod_with(wildcard), "10.0.0.2") == Flags{{"initial-advertise-peer-urls", "https://10.0.0.2:2380"}});
  const Flags another = {{"initial-advertise-peer-urls", "https://10.0.0.1:2380"},
                         {"listen-peer-urls", "https://10.0.0.1:2380,https://192.168.0.1:2380"}};
  CHECK(moved_flags(pod_with(another), "10.0.0.2").at("listen-peer-urls") == "https://10.0.0.2:2380,https://192.168.0.1:2380");
  CHECK(moved_flags(pod_with({{"initial-advertise-peer-urls", "https://node1.example.com:2380"}}), "10.0.0.2").empty());
  CHECK(moved_flags(pod_with({}), "10.0.0.2").empty());
  Flags both = {{"initial-advertise-peer-urls", "https://10.0.0.1:2380"},
                {"listen-peer-urls", "https://10.0.0.1:2380,https://10.0.0.2:2380"}};
  CHECK(moved_flags(pod_with(both), "10.0.0.2").at("listen-peer-urls") == "https://10.0.0.2:2380");
}

TEST_CASE("another CA has a name of its own") {
  CHECK(name_after("etcd-ca") == "etcd-ca-2");
  CHECK(name_after("etcd-ca-2") == "etcd-ca-3");
  CHECK(name_after("etcd-ca-9") == "etcd-ca-10");
  CHECK(name_after("our own") == "our own-2");
  CHECK(name_after("ca-99999999999999999999") == "ca-99999999999999999999-2");
}

}  // namespace
}  // namespace quorate
