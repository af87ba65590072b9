// SPDX-License-Identifier: Apache-2.0
// The fake's answer to the probe, in the form in which the shipped script gives it.
#include <cstdio>

#include "providers/node/probe_parser.h"
#include "tests/support/fake_node.h"

namespace quorate::test {
namespace {

class Frames {
 public:
  void emit(const std::string& name, const std::string& body) {
    ++count_;
    text_ += "=" + name + " " + std::to_string(body.size()) + "\n" + body + "\n";
  }

  void emit_file(const std::string& name, const std::string& path, const std::optional<FakeFile>& file) {
    const std::string length = std::to_string(path.size());
    if (!file) return emit(name, "- - 0 0 absent " + length + "\n" + path + "\n");
    std::string hex;
    for (const char character : file->content) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(character));
      hex += digits;
    }
    emit(name, file->owner + " " + file->mode + " " + std::to_string(file->modified_seconds) + " " +
                   std::to_string(file->content.size()) + " hex " + length + "\n" + path + "\n" + hex);
  }

  std::string end() {
    const std::string count = std::to_string(count_);
    return text_ + "=end " + std::to_string(count.size()) + "\n" + count + "\n";
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

bool begins_with(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string to_hex(const std::string& bytes) {
  std::string hex;
  for (const char character : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(character));
    hex += digits;
  }
  return hex;
}

void append_varint(std::string* bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) bytes->push_back(static_cast<char>((value & 0x7FU) | 0x80U));
  bytes->push_back(static_cast<char>(value));
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

}  // namespace

std::string FakeNode::wal_head(const std::string& member_id, const std::string& cluster_id) {
  std::string metadata = "\x08";
  append_varint(&metadata, std::stoull(member_id, nullptr, 16));
  metadata += "\x10";
  append_varint(&metadata, std::stoull(cluster_id, nullptr, 16));
  std::string record = "\x08\x01\x10\x01\x1a";
  append_varint(&record, metadata.size());
  record += metadata;
  std::string head(1, static_cast<char>(record.size()));
  head.append(7, '\0');
  return head + record;
}

std::string FakeNode::quorates_folder(const std::string& path) const {
  const auto yes_or_no = [&](const std::string& folder) { return directories_.count(path + folder) > 0 ? " yes" : " no"; };
  const auto snapshot = file(path + "/snapshot.db");
  const auto proof = file(path + "/snapshot.db.sha256");
  const bool proven = snapshot && proof;
  return std::to_string(now_seconds_) + yes_or_no("/member") + yes_or_no("/new/member") + " " +
         (proven ? std::to_string(snapshot->content.size()) + " " + proof->content.substr(0, 64) : "- -") + "\n" + path;
}

std::string FakeNode::answer() const {
  Frames frames;
  frames.emit("begin", "quorate-probe 1");
  frames.emit("clock", std::to_string(now_seconds_));
  frames.emit("hostname", name_);
  std::string addresses;
  for (const std::string& address : addresses_) addresses += "|-- " + address + "\n";
  frames.emit("addresses-4", addresses);
  std::string listeners;
  const std::string head = " 0: 00000000:";
  if (etcd_runs()) listeners = head + "094B 0:0 0A\n" + head + "094C 0:0 0A\n" + head + "094D 0:0 0A\n";
  frames.emit("listeners", listeners);
  if (etcd_runs()) {
    std::string process = "4242";
    for (const std::string& argument : running_pod_.command) process += "\n" + argument;
    frames.emit("process", process);
  }
  frames.emit("processes-end", "");
  frames.emit("manifest-directory", "/etc/kubernetes/manifests");
  frames.emit("kubelet-state", kubelet_active_ ? "active" : "inactive");
  frames.emit("kubelet-version", "Kubernetes v1.31.4");
  frames.emit("kubelet-errors", "");
  frames.emit("unknown", "kubelet.client_certificate_expires_seconds\nthe fake has none");
  for (const auto& [path, file] : files_) {
    if (begins_with(path, "/etc/kubernetes/manifests/") && path[26] != '.') frames.emit_file("manifest", path, file);
    const bool spare = begins_with(path, "/etc/kubernetes/tmp/kubeadm-backup-manifests-") || begins_with(path, "/var/lib/quorate/");
    if (spare && ends_with(path, ".yaml")) frames.emit_file("spare-manifest", path, file);
  }
  frames.emit("manifests-end", "");

  const std::string data = data_path();
  frames.emit("data-directory", data);
  if (directories_.count(data) == 0) {
    frames.emit("data-state", "absent");
  } else {
    const bool member = directories_.count(data + "/member") > 0;
    frames.emit("data-state", std::string("present 0:0 700 ") + (member ? "0:0" : "-") + " no " + (etcd_runs() ? "yes" : "no"));
    frames.emit("data-space", "131072 52428800");
    for (const std::string& entry : entries(data)) {
      if (begins_with(entry, ".quorate-")) {
        frames.emit("set-aside", quorates_folder(data + "/" + entry));
      } else if (entry != "lost+found") {
        frames.emit("data-entry", entry);
      }
    }
    std::string first_wal;
    std::string newest_wal;
    for (const std::string& entry : entries(data + "/member/wal")) {
      if (!ends_with(entry, ".wal")) continue;
      if (first_wal.empty()) first_wal = entry;
      newest_wal = entry;
    }
    frames.emit("newest-wal", newest_wal);
    frames.emit("newest-snapshot", "");
    if (!first_wal.empty()) frames.emit("wal-head", "hex " + to_hex(file(data + "/member/wal/" + first_wal)->content));
  }

  frames.emit("pki-directory", "/etc/kubernetes/pki/etcd");
  for (const char* pair : {"etcd/ca", "etcd/server", "etcd/peer", "etcd/healthcheck-client", "apiserver-etcd-client"}) {
    const std::string path = std::string("/etc/kubernetes/pki/") + pair;
    frames.emit_file("certificate", path + ".crt", file(path + ".crt"));
    frames.emit_file("key", path + ".key", file(path + ".key"));
  }

  const std::string next = "/var/lib/quorate/authority/ca.";
  if (exists(next + "crt") || exists(next + "key")) {
    frames.emit_file("next-authority", next + "crt", file(next + "crt"));
    frames.emit_file("next-authority-key", next + "key", file(next + "key"));
  }
  for (const char* name : {"apiserver", "apiserver-kubelet-client", "front-proxy-client"}) {
    const std::string path = std::string("/etc/kubernetes/pki/") + name + ".crt";
    if (exists(path)) frames.emit_file("control-plane-certificate", path, file(path));
  }
  for (const char* name : {"admin", "controller-manager", "scheduler", "super-admin"}) {
    const std::string path = std::string("/etc/kubernetes/") + name + ".conf";
    if (!exists(path)) continue;
    const std::string text = file(path)->content;
    const std::string key = "client-certificate-data: ";
    const std::size_t begin = std::min(text.find(key) + key.size(), text.size());
    frames.emit("kubeconfig-certificate", path + "\n" + text.substr(begin, text.find('\n', begin) - begin));
  }

  std::string containers;
  for (const FakeContainer& container : containers_) {
    containers += (containers.empty() ? "" : ",") + std::string("{\"id\":") + quoted(container.id) +
                  ",\"metadata\":{\"name\":\"etcd\",\"attempt\":" + std::to_string(container.attempt) +
                  "},\"image\":{\"image\":" + quoted(container.image) +
                  "},\"state\":" + quoted(container.running ? "CONTAINER_RUNNING" : "CONTAINER_EXITED") +
                  ",\"createdAt\":" + quoted(std::to_string(container.created_at_seconds) + "000000000") +
                  ",\"labels\":{\"io.kubernetes.container.name\":\"etcd\",\"io.kubernetes.pod.namespace\":\"kube-system\"}}";
  }
  frames.emit("crictl-containers", "{\"containers\":[" + containers + "]}");
  std::string images;
  for (const std::string& image : images_) images += (images.empty() ? "" : ",") + quoted(image);
  frames.emit("crictl-images", "{\"images\":[{\"id\":\"sha256:1\",\"repoTags\":[" + images + "]}]}");
  if (!containers_.empty() && !log_.empty()) {
    frames.emit("log", "/var/log/pods/kube-system_etcd-1/etcd/" + std::to_string(containers_.back().attempt) + ".log\n" + log_);
  }
  for (const std::string& tool : tools_) frames.emit("tool", tool + " host - /usr/bin/" + tool);
  frames.emit("tools-end", "");
  if (const auto record = file("/var/lib/quorate/run.json")) frames.emit_file("run-record", "/var/lib/quorate/run.json", record);
  if (const auto ended = file("/var/lib/quorate/ended")) frames.emit("ended-runs", ended->content);
  for (const std::string& name : entries("/var/lib/quorate/tombstones")) {
    frames.emit_file("tombstone", "/var/lib/quorate/tombstones/" + name, file("/var/lib/quorate/tombstones/" + name));
  }
  frames.emit("left-behind-end", "");
  if (api_server_ready_) {
    frames.emit("api-server-ready", *api_server_ready_ ? "200" : "500");
  } else {
    frames.emit("unknown", "api_server_ready\nthere is no API server manifest");
  }
  return frames.end();
}

absl::StatusOr<node::Probe> FakeNode::probe(node::Deadline /*deadline*/) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  if (!reachable_) return unavailable(name_ + ": the connection is gone");
  const node::ProbeTimes times{now_seconds_ * 1000 + 500, now_seconds_ * 1000 + 500};
  return node::parse_probe(answer(), times);
}

}  // namespace quorate::test
