// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <arpa/inet.h>

#include "providers/node/facts.h"
#include "providers/node/text.h"
#include "schemas/static_pod.h"

namespace quorate::node {
namespace {

std::optional<std::uint32_t> to_hex_number(std::string_view digits) {
  std::uint32_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number, 16);
  if (digits.empty() || error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

std::string print_address(int family, const void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_ntop(family, bytes, text.data(), text.size()) == nullptr) return "";
  return text.data();
}

// Sixteen bytes as /proc/net/if_inet6 has them: in network order.
std::string plain_address(std::string_view digits) {
  std::array<unsigned char, 16> bytes{};
  if (digits.size() != 32) return "";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = to_hex_number(digits.substr(2 * i, 2));
    if (!byte) return "";
    bytes[i] = static_cast<unsigned char>(*byte);
  }
  return print_address(AF_INET6, bytes.data());
}

// As /proc/net/tcp has them: words of 32 bits in the node's byte order, which is little-endian on every machine kubeadm
// supports but s390x.
std::string word_address(std::string_view digits) {
  std::array<unsigned char, 16> bytes{};
  if (digits.size() != 8 && digits.size() != 32) return "";
  for (std::size_t i = 0; i < digits.size() / 2; ++i) {
    const std::size_t from = (i / 4) * 8 + (3 - i % 4) * 2;
    const auto byte = to_hex_number(digits.substr(from, 2));
    if (!byte) return "";
    bytes[i] = static_cast<unsigned char>(*byte);
  }
  return print_address(digits.size() == 8 ? AF_INET : AF_INET6, bytes.data());
}

void add_address(NodeFacts* facts, const std::string& address) {
  const bool loopback = address.rfind("127.", 0) == 0 || address == "::1";
  const auto& known = facts->addresses();
  if (address.empty() || loopback || std::find(known.begin(), known.end(), address) != known.end()) return;
  facts->add_addresses(address);
}

void read_addresses(const Answer& answer, NodeFacts* facts) {
  for (const std::string_view line : split_lines(answer.text("addresses-4"))) {
    const std::vector<std::string_view> words = split_words(line);
    if (words.size() == 2 && words[0] == "|--") add_address(facts, to_utf8(words[1]));
  }
  for (const std::string_view line : split_lines(answer.text("addresses-6"))) {
    const std::vector<std::string_view> words = split_words(line);
    // Scope 00 is global; a link-local address says nothing without its link.
    if (words.size() == 6 && words[3] == "00") add_address(facts, plain_address(words[0]));
  }
}

void add_ports(std::set<std::uint32_t>* ports, std::string_view urls) {
  while (!urls.empty()) {
    const std::string_view url = urls.substr(0, urls.find(','));
    const auto port = to_number(url.substr(url.rfind(':') + 1));
    if (port && *port > 0 && *port < 65536) ports->insert(static_cast<std::uint32_t>(*port));
    urls.remove_prefix(std::min(urls.size(), url.size() + 1));
  }
}

std::set<std::uint32_t> etcd_ports(const NodeFacts& facts) {
  std::set<std::uint32_t> ports{2379, 2380, 2381};
  for (const Manifest& manifest : facts.manifests()) {
    const absl::StatusOr<StaticPod> pod = read_static_pod(manifest.content());
    if (!pod.ok()) continue;
    for (const char* flag : {"listen-client-urls", "listen-peer-urls", "listen-metrics-urls"}) {
      add_ports(&ports, pod->argument(flag).value_or(""));
    }
  }
  for (const EtcdProcess& process : facts.processes()) {
    for (const std::string& argument : process.arguments()) {
      if (argument.rfind("--listen-", 0) == 0) add_ports(&ports, argument);
    }
  }
  return ports;
}

absl::Status read_listeners(std::string_view table, NodeFacts* facts) {
  const std::set<std::uint32_t> ports = etcd_ports(*facts);
  for (const std::string_view line : split_lines(table)) {
    const std::vector<std::string_view> words = split_words(line);
    const std::string_view local = words.size() > 3 ? words[1] : "";
    const std::size_t colon = local.find(':');
    const auto port = colon == std::string_view::npos ? std::nullopt : to_hex_number(local.substr(colon + 1));
    const std::string address = port ? word_address(local.substr(0, colon)) : "";
    if (address.empty()) return corrupt("a line of /proc/net/tcp is malformed: \"" + quote_line(line) + "\"");
    if (!ports.contains(*port)) continue;
    Listener* listener = facts->add_listeners();
    listener->set_address(address);
    listener->set_port(*port);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status read_network_facts(const Answer& answer, NodeFacts* facts) {
  read_addresses(answer, facts);
  return read_listeners(answer.text("listeners"), facts);
}

}  // namespace quorate::node
