// SPDX-License-Identifier: Apache-2.0
#include "schemas/static_pod_arguments.h"
#include "schemas/static_pod_tree.h"
#include "schemas/yaml_splice.h"

namespace quorate {
namespace {

std::vector<std::string> texts_of(const std::vector<PodWord>& words) {
  std::vector<std::string> texts;
  for (const PodWord& word : words) texts.push_back(word.text);
  return texts;
}

// Where a change of the whole command line falls: in `command` or in `args`. An added word that comes last stands after
// the last one there is; any other stands in the list of the word that it precedes.
PodWord place_of(const std::vector<PodWord>& words, const WordChange& change) {
  if (!change.after_the_last) return words[change.index];
  PodWord last = words.back();
  ++last.index;
  return last;
}

absl::StatusOr<std::string> splice_word(const std::string& manifest, const PodTree& pod, const WordChange& change) {
  const PodWord place = place_of(pod.words(), change);
  const YamlNode& list = *pod.container_node().find(place.list);
  switch (change.kind) {
    case WordChange::Kind::set: return replace_scalar(manifest, list.values[place.index], list.is_flow, change.text);
    case WordChange::Kind::add: return insert_item(manifest, list, place.index, change.text);
    case WordChange::Kind::remove: return remove_item(manifest, list, place.index);
  }
  return invalid("an unknown change");
}

// The same change, made to the tree instead of the text: what reading the text again must show.
void change_tree(const WordChange& change, PodTree* pod) {
  const PodWord place = place_of(pod->words(), change);
  YamlNode& list = *find_mutable(&pod->container_node(), place.list);
  const auto item = list.values.begin() + static_cast<std::ptrdiff_t>(place.index);
  YamlNode word;
  word.kind = YamlNode::Kind::scalar;
  word.is_quoted = true;
  word.text = change.text;
  if (change.kind == WordChange::Kind::set) *item = word;
  if (change.kind == WordChange::Kind::add) list.values.insert(item, word);
  if (change.kind == WordChange::Kind::remove) list.values.erase(item);
}

// An edit in the making: the text as it is by now, and the tree that it shall have.
class ManifestEditor {
 public:
  ManifestEditor(std::string manifest, PodTree tree) : text_(std::move(manifest)), intended_(std::move(tree)) {}

  absl::Status change_words(const ManifestEdit& edit) {
    if (edit.arguments.empty() && edit.removed_arguments.empty()) return absl::OkStatus();
    const std::vector<std::string> words = texts_of(intended_.words());
    // `sh -c "etcd --name=..."` has arguments that only a shell could tell.
    if (words.empty() || !is_etcd_program(words.front())) return invalid("the command is not etcd itself");
    const absl::StatusOr<std::vector<WordChange>> changes = plan_word_changes(words, edit);
    if (!changes.ok()) return changes.status();
    for (const WordChange& change : *changes) {
      const absl::StatusOr<PodTree> now = read_pod_tree(text_);
      if (!now.ok()) return now.status();
      if (absl::Status status = take(splice_word(text_, *now, change)); !status.ok()) return status;
      change_tree(change, &intended_);
    }
    return absl::OkStatus();
  }

  absl::Status change_annotations(const std::map<std::string, std::string>& annotations) {
    for (const auto& [key, value] : annotations) {
      const auto locate = [&name = key](PodTree* pod) {
        return find_mutable(find_mutable(find_mutable(&pod->root, "metadata"), "annotations"), name);
      };
      if (locate(&intended_) == nullptr) continue;
      if (absl::Status status = change_scalar(locate, value); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status change_image(const std::string& image) {
    const auto locate = [](PodTree* pod) { return find_mutable(&pod->container_node(), "image"); };
    if (locate(&intended_) == nullptr) return invalid("the container names no image");
    return change_scalar(locate, image);
  }

  absl::Status change_startup_failures(long failures) {
    const auto locate = [](PodTree* pod) {
      return find_mutable(find_mutable(&pod->container_node(), "startupProbe"), "failureThreshold");
    };
    YamlNode* target = locate(&intended_);
    if (target == nullptr) return absl::OkStatus();
    absl::StatusOr<PodTree> now = read_pod_tree(text_);
    if (!now.ok()) return now.status();
    target->text = std::to_string(failures);
    return take(replace_number(text_, *locate(&*now), failures));
  }

  absl::StatusOr<std::string> result() const {
    const absl::StatusOr<PodTree> reread = read_pod_tree(text_);
    if (!reread.ok()) return annotate(reread.status(), "the edited manifest cannot be read");
    if (!same_content(reread->root, intended_.root)) return invalid("the edited manifest is not the intended one");
    return text_;
  }

 private:
  absl::Status take(const absl::StatusOr<std::string>& spliced) {
    if (spliced.ok()) text_ = *spliced;
    return spliced.status();
  }

  template <typename Locate>
  absl::Status change_scalar(Locate locate, const std::string& value) {
    absl::StatusOr<PodTree> now = read_pod_tree(text_);
    if (!now.ok()) return now.status();
    const YamlNode& scalar = *locate(&*now);
    if (scalar.text == value && scalar.kind == YamlNode::Kind::scalar) return absl::OkStatus();
    // As in a mapping on one line, wherever it stands: quotes too many are harmless.
    if (absl::Status status = take(replace_scalar(text_, scalar, true, value)); !status.ok()) return status;
    YamlNode& target = *locate(&intended_);
    target.text = value;
    target.is_quoted = true;
    return absl::OkStatus();
  }

  std::string text_;
  PodTree intended_;
};

}  // namespace

absl::StatusOr<std::string> edit_manifest(const std::string& manifest, const ManifestEdit& edit) {
  absl::StatusOr<PodTree> tree = read_pod_tree(manifest);
  if (!tree.ok()) return tree.status();
  ManifestEditor editor(manifest, *std::move(tree));
  if (absl::Status status = editor.change_words(edit); !status.ok()) return status;
  if (absl::Status status = editor.change_annotations(edit.annotations); !status.ok()) return status;
  if (edit.image) {
    if (absl::Status status = editor.change_image(*edit.image); !status.ok()) return status;
  }
  if (edit.startup_failures) {
    if (absl::Status status = editor.change_startup_failures(*edit.startup_failures); !status.ok()) return status;
  }
  return editor.result();
}

}  // namespace quorate
