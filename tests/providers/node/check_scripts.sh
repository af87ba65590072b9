#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SHELLCHECK DIRECTORY: the scripts as they are put together, since a part alone has the names of another.
set -eu
shellcheck=$1
cd "$2"
cat frame.sh probe.sh probe_data.sh probe_containers.sh probe_rest.sh | "$shellcheck" -s sh -
cat frame.sh read_authority.sh | "$shellcheck" -s sh -
for script in take_lease renew_lease release_lease expire_lease run_command put_file put_certificate put_snapshot \
  move_path move_entries remove_exited_containers kubeadm_reset kubeadm_invite kubeadm_join; do
  cat prelude.sh $script.sh | "$shellcheck" -s sh -
done
for script in restore_snapshot save_served; do
  cat prelude.sh tool_root.sh $script.sh | "$shellcheck" -s sh -
done
for script in snapshot_data serve_restored force_alone; do
  cat prelude.sh tool_root.sh serve_alone.sh $script.sh | "$shellcheck" -s sh -
done
