// SPDX-License-Identifier: Apache-2.0
#include "schemas/yaml_tree.h"

#include <map>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "schemas/utf8.h"

namespace quorate {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
// Aliases of aliases grow without bound ("billion laughs").
constexpr std::size_t most_nodes = 200'000;

// Thrown by the builder through yaml-cpp, whose parser knows no other way to stop, and caught in this file.
struct Refusal {
  YamlProblem problem;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const YamlRules& rules) : text_(text), rules_(rules) {}

  std::optional<YamlNode> root;
  std::vector<YamlProblem> problems;

  [[nodiscard]] const YamlNode* innermost() const { return open_.empty() ? nullptr : &open_.back().node; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    const bool marked = text_.substr(offset_of(mark), 3) == "---";
    refuse(mark, marked ? "a second document begins here" : "text after the end of the document", "one file holds one document");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(begin(YamlNode::Kind::null, mark, "?", anchor), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = begin(YamlNode::Kind::null, mark, "?", 0);
    if (!rules_.allow_aliases) {
      report(mark, "aliases (*name) are not accepted", "write the value again");
      node.is_refused = true;
    } else if (!anchors_.contains(anchor)) {
      refuse(mark, "an alias inside of what it stands for", "");
    } else {
      node = anchors_[anchor];
      count(node, mark);
    }
    node.is_alias = true;
    add(std::move(node), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    YamlNode node = begin(YamlNode::Kind::scalar, mark, tag, anchor);
    node.text = value;
    node.is_quoted = tag == "!";
    const char first = node.offset < text_.size() ? text_[node.offset] : ' ';
    if (node.is_quoted && (first == '"' || first == '\'') && !quoted_scalar_end(text_, node.offset)) {
      refuse(mark, "the quote that begins here is never closed", "");
    }
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(begin(YamlNode::Kind::list, mark, tag, anchor), anchor, style, mark);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style) override {
    open(begin(YamlNode::Kind::map, mark, tag, anchor), anchor, style, mark);
  }
  void OnMapEnd() override { close(); }

 private:
  struct OpenNode {
    YamlNode node;
    YAML::anchor_t anchor;
  };

  static std::size_t offset_of(const YAML::Mark& mark) { return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos); }
  static Place place_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

  [[noreturn]] static void refuse(const YAML::Mark& mark, const std::string& message, const std::string& hint) {
    throw Refusal{{place_of(mark), message, hint}};
  }
  void report(const YAML::Mark& mark, const std::string& message, const std::string& hint) {
    problems.push_back({place_of(mark), message, hint});
  }

  YamlNode begin(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    YamlNode node;
    node.kind = kind;
    node.place = place_of(mark);
    node.offset = offset_of(mark);
    if (!tag.empty() && tag != "?" && tag != "!") report(mark, "tags (!name) are not accepted", "leave it out");
    if (anchor != 0 && !rules_.allow_aliases) report(mark, "anchors (&name) are not accepted", "leave it out");
    if (++nodes_ > most_nodes) refuse(mark, "too many values", "");
    return node;
  }

  void count(const YamlNode& node, const YAML::Mark& mark) {
    if (++nodes_ > most_nodes) refuse(mark, "the aliases stand for too many values", "");
    for (const YamlNode& value : node.values) count(value, mark);
  }

  void open(YamlNode node, YAML::anchor_t anchor, YAML::EmitterStyle::value style, const YAML::Mark& mark) {
    if (open_.size() >= rules_.deepest) {
      refuse(mark, "nested deeper than " + std::to_string(rules_.deepest) + " levels", "");
    }
    node.is_flow = style == YAML::EmitterStyle::Flow;
    open_.push_back({std::move(node), anchor});
  }

  void close() {
    OpenNode closed = std::move(open_.back());
    open_.pop_back();
    add(std::move(closed.node), closed.anchor);
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != 0 && rules_.allow_aliases) anchors_[anchor] = node;
    if (open_.empty()) {
      root = std::move(node);
      return;
    }
    YamlNode& parent = open_.back().node;
    const bool is_key = parent.kind == YamlNode::Kind::map && parent.keys.size() == parent.values.size();
    if (is_key && node.kind != YamlNode::Kind::scalar && !node.is_refused) {
      problems.push_back({node.place, "a key must be a word", ""});
      node.is_refused = true;
    }
    (is_key ? parent.keys : parent.values).push_back(std::move(node));
  }

  std::string_view text_;
  const YamlRules& rules_;
  int documents_ = 0;
  std::size_t nodes_ = 0;
  std::vector<OpenNode> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
};

YamlProblem problem_of(const YAML::Exception& error, const YamlNode* innermost) {
  // yaml-cpp names the end of the text there; where it began is what a person looks for.
  const bool is_unclosed = error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW || error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW;
  if (is_unclosed && innermost != nullptr && innermost->is_flow) {
    return {innermost->place, "this is not YAML: the bracket that begins here is never closed", ""};
  }
  const Place place = error.mark.is_null() ? Place{} : Place{error.mark.line + 1, error.mark.column + 1};
  return {place, "this is not YAML: " + error.msg, ""};
}

// What yaml-cpp would let pass or misread. The text's first such byte is the place.
std::optional<YamlProblem> unreadable(std::string_view text) {
  Place place{1, 1};
  for (std::size_t offset = 0; offset < text.size();) {
    const std::size_t length = utf8_length(text, offset);
    const auto byte = static_cast<unsigned char>(text[offset]);
    if (length == 0) return YamlProblem{place, "this is not UTF-8 text", ""};
    if (byte == 0) return YamlProblem{place, "a NUL byte", "this is no text file"};
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F) {
      return YamlProblem{place, "a control character " + quoted(text.substr(offset, 1)), ""};
    }
    place = byte == '\n' ? Place{place.line + 1, 1} : Place{place.line, place.column + static_cast<int>(length)};
    offset += length;
  }
  return std::nullopt;
}

void shift(YamlNode* node, std::size_t bytes) {
  node->offset += bytes;
  for (YamlNode& key : node->keys) shift(&key, bytes);
  for (YamlNode& value : node->values) shift(&value, bytes);
}

YamlReading parse(const std::string& text, const YamlRules& rules) {
  TreeBuilder builder(text, rules);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refusal& refusal) {
    return {std::nullopt, {refusal.problem}};
  } catch (const YAML::Exception& error) {
    return {std::nullopt, {problem_of(error, builder.innermost())}};
  }
  if (!builder.root) builder.root = YamlNode{};
  return {std::move(builder.root), std::move(builder.problems)};
}

}  // namespace

YamlReading read_yaml(const std::string& text, const YamlRules& rules) {
  if (text.size() > rules.largest_bytes) {
    return {std::nullopt, {{{}, "larger than " + std::to_string(rules.largest_bytes >> 10U) + " KiB", ""}}};
  }
  // yaml-cpp skips a byte order mark without counting it.
  const std::size_t skipped = text.compare(0, byte_order_mark.size(), byte_order_mark) == 0 ? byte_order_mark.size() : 0;
  if (const std::optional<YamlProblem> problem = unreadable(std::string_view(text).substr(skipped))) {
    return {std::nullopt, {*problem}};
  }
  YamlReading reading = parse(text.substr(skipped), rules);
  if (reading.root && skipped > 0) shift(&*reading.root, skipped);
  return reading;
}

}  // namespace quorate
