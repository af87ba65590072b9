// SPDX-License-Identifier: Apache-2.0
#include "schemas/static_pod.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quorate;
  const std::string text = fuzz::text_of(data, size);
  const absl::StatusOr<StaticPod> pod = read_static_pod(text);
  if (!pod.ok()) return 0;
  static_cast<void>(claims_etcd(*pod, "/var/lib/etcd"));
  ManifestEdit edit;
  edit.arguments = {{"initial-cluster-state", "existing"}, {"name", "a'b\"c: #"}};
  edit.removed_arguments = {"force-new-cluster"};
  edit.image = "registry.k8s.io/etcd:3.5.16-0";
  const absl::StatusOr<std::string> edited = edit_manifest(text, edit);
  if (!edited.ok()) return 0;
  const absl::StatusOr<StaticPod> after = read_static_pod(*edited);
  fuzz::require(after.ok(), "an edited manifest is a manifest");
  fuzz::require(after->argument("name") == "a'b\"c: #" && after->argument("initial-cluster-state") == "existing",
                "with what was set");
  fuzz::require(!after->argument("force-new-cluster").has_value() && after->image == *edit.image, "and without what was taken out");
  fuzz::require(after->name == pod->name && after->host_paths == pod->host_paths, "and all else as it was");
  return 0;
}
