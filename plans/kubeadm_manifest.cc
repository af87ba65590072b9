// SPDX-License-Identifier: Apache-2.0
#include "plans/kubeadm_manifest.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "plans/image_version.h"
#include "plans/lookup.h"
#include "schemas/spec_reader.h"

namespace quorate {
namespace {

constexpr EtcdVersion first_with_corrupt_check = {3, 5, 0};
constexpr EtcdVersion first_with_livez = {3, 5, 11};
constexpr EtcdVersion first_with_feature_gates = {3, 6, 0};

std::vector<std::string> arguments(const KubeadmMember& member, const EtcdVersion& version) {
  const std::string& pki = member.pki_directory;
  const std::string client_url = https_url(host_of_url(member.peer_url), 2379);
  std::vector<std::string> list = {
      "--advertise-client-urls=" + client_url,
      "--cert-file=" + pki + "/server.crt",
      "--client-cert-auth=true",
      "--data-dir=" + member.data_directory,
      "--initial-advertise-peer-urls=" + member.peer_url,
      "--initial-cluster=" + member.initial_cluster,
      "--key-file=" + pki + "/server.key",
      "--listen-client-urls=https://127.0.0.1:2379," + client_url,
      "--listen-metrics-urls=http://127.0.0.1:2381",
      "--listen-peer-urls=" + member.peer_url,
      "--name=" + member.name,
      "--peer-cert-file=" + pki + "/peer.crt",
      "--peer-client-cert-auth=true",
      "--peer-key-file=" + pki + "/peer.key",
      "--peer-trusted-ca-file=" + pki + "/ca.crt",
      "--snapshot-count=10000",
      "--trusted-ca-file=" + pki + "/ca.crt",
  };
  if (member.joins) list.emplace_back("--initial-cluster-state=existing");
  if (version >= first_with_feature_gates) {
    list.insert(list.end(), {"--feature-gates=InitialCorruptCheck=true", "--watch-progress-notify-interval=5s"});
  } else if (version >= first_with_corrupt_check) {
    list.insert(list.end(), {"--experimental-initial-corrupt-check=true", "--experimental-watch-progress-notify-interval=5s"});
  }
  std::sort(list.begin(), list.end());
  return list;
}

struct Probe {
  std::string name;
  std::string path;
  std::string port;
  int failures = 0;
  int delay_seconds = 0;  // 0: it has none
  int period_seconds = 0;
};

std::string text_of(const Probe& probe) {
  std::string text = "    " + probe.name + ":\n      failureThreshold: " + std::to_string(probe.failures) +
                     "\n      httpGet:\n        host: 127.0.0.1\n        path: " + probe.path + "\n        port: " + probe.port +
                     "\n        scheme: HTTP\n";
  if (probe.delay_seconds > 0) text += "      initialDelaySeconds: " + std::to_string(probe.delay_seconds) + "\n";
  return text + "      periodSeconds: " + std::to_string(probe.period_seconds) + "\n      timeoutSeconds: 15\n";
}

std::string live(const EtcdVersion& version) {
  if (version >= first_with_livez) return "/livez";
  return version >= first_with_corrupt_check ? "/health?exclude=NOSPACE&serializable=true" : "/health";
}

std::string started(const EtcdVersion& version) {
  if (version >= first_with_livez) return "/readyz";
  return version >= first_with_corrupt_check ? "/health?serializable=false" : "/health";
}

std::string container(const KubeadmMember& member, const EtcdVersion& version) {
  const bool named_port = version >= first_with_feature_gates;
  const std::string port = named_port ? "probe-port" : "2381";
  std::string text = "  - command:\n    - etcd\n";
  for (const std::string& argument : arguments(member, version)) text += "    - " + argument + "\n";
  text += "    image: " + member.image + "\n    imagePullPolicy: IfNotPresent\n";
  text += text_of(Probe{"livenessProbe", live(version), port, 8, 10, 10});
  text += "    name: etcd\n";
  if (named_port) text += "    ports:\n    - containerPort: 2381\n      name: probe-port\n      protocol: TCP\n";
  if (version >= first_with_livez) text += text_of(Probe{"readinessProbe", "/readyz", port, 3, 0, 1});
  text += "    resources:\n      requests:\n        cpu: 100m\n";
  if (version < first_with_corrupt_check) text += "        ephemeral-storage: 100Mi\n";
  text += "        memory: 100Mi\n";
  text += text_of(Probe{"startupProbe", started(version), port, 24, 10, 10});
  return text + "    volumeMounts:\n    - mountPath: " + member.data_directory +
         "\n      name: etcd-data\n    - mountPath: " + member.pki_directory + "\n      name: etcd-certs\n";
}

std::string volume(const std::string& name, const std::string& path) {
  return "  - hostPath:\n      path: " + path + "\n      type: DirectoryOrCreate\n    name: " + name + "\n";
}

}  // namespace

absl::StatusOr<std::string> kubeadm_manifest(const KubeadmMember& member) {
  const std::optional<EtcdVersion> version = version_of_image(member.image);
  if (!version) return precondition("the tag of " + member.image + " says no version of etcd, so its flags are not known");
  const std::string client_url = https_url(host_of_url(member.peer_url), 2379);
  // Since 1.34, which brings etcd 3.6, Kubernetes writes no time that is none (kubernetes/kubernetes#130989).
  const std::string time = *version >= first_with_feature_gates ? "" : "  creationTimestamp: null\n";
  std::string text =
      "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    kubeadm.kubernetes.io/etcd.advertise-client-urls: " + client_url +
      "\n" + time +
      "  labels:\n    component: etcd\n    tier: control-plane\n  name: etcd\n  namespace: kube-system\n"
      "spec:\n  containers:\n";
  text += container(member, *version) + "  hostNetwork: true\n";
  // Since 1.25, as the probes that tell NOSPACE from sickness.
  if (*version >= first_with_corrupt_check) text += "  priority: 2000001000\n";
  text += "  priorityClassName: system-node-critical\n";
  if (*version >= first_with_corrupt_check) text += "  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n";
  return text + "  volumes:\n" + volume("etcd-certs", member.pki_directory) + volume("etcd-data", member.data_directory) +
         "status: {}\n";
}

}  // namespace quorate
