// SPDX-License-Identifier: Apache-2.0
#include "schemas/yaml_record.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "schemas/suggestion.h"
#include "schemas/utf8.h"

namespace quorate {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string kind_of(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null: return "nothing";
    case YamlNode::Kind::scalar: return quoted(node.text);
    case YamlNode::Kind::list: return "a list";
    case YamlNode::Kind::map: return "a mapping";
  }
  return "";
}

std::string joined(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

std::vector<std::string> known_keys(const Descriptor& type) {
  std::vector<std::string> keys;
  for (int i = 0; i < type.field_count(); ++i) keys.push_back(type.field(i)->json_name());
  return keys;
}

const FieldDescriptor* field_of(const Descriptor& type, const std::string& key) {
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->json_name() == key) return type.field(i);
  }
  return nullptr;
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// A leading zero is octal in YAML 1.1 and decimal in 1.2: neither is taken.
bool parse_number(const std::string& text, std::uint32_t* number) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && rest == end && (text.size() == 1 || text[0] != '0');
}

class RecordWalker {
 public:
  RecordWalker(const std::string& file, RecordReading* reading) : file_(file), reading_(*reading) {}

  void report(const Place& place, const std::string& message, const std::string& hint) {
    reading_.diagnostics.push_back({Diagnostic::Severity::error, file_, place.line, place.column, message, hint});
  }

  void read_message(const YamlNode& node, const std::string& path, Message* message) {
    if (node.kind != YamlNode::Kind::map) {
      const std::string name = path.empty() ? "the file" : path;
      return wrong(path, node.place, name + " must be a mapping, not " + kind_of(node), "key: value");
    }
    const Descriptor& type = *message->GetDescriptor();
    std::map<std::string, int> seen;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      if (node.keys[i].is_refused || is_repeated(node.keys[i], path, &seen)) continue;
      const FieldDescriptor* field = field_of(type, node.keys[i].text);
      if (field == nullptr) {
        unknown_key(node.keys[i], path, type);
      } else {
        read_field(node.keys[i], node.values[i], joined(path, field->json_name()), *field, message);
      }
    }
  }

 private:
  void wrong(const std::string& path, const Place& place, const std::string& message, const std::string& hint) {
    report(place, message, hint);
    reading_.refused.insert(path);
  }

  // `seen` are the map's keys so far, and their lines.
  bool is_repeated(const YamlNode& key, const std::string& path, std::map<std::string, int>* seen) {
    const auto [first, is_new] = seen->try_emplace(key.text, key.place.line);
    if (is_new) return false;
    report(key.place, "duplicate key " + quoted(key.text) + (path.empty() ? "" : " in " + path),
           "first in line " + std::to_string(first->second));
    return true;
  }

  void unknown_key(const YamlNode& key, const std::string& path, const Descriptor& type) {
    const std::vector<std::string> keys = known_keys(type);
    const std::optional<std::string> meant = closest(key.text, keys);
    report(key.place, "unknown key " + quoted(key.text) + (path.empty() ? "" : " in " + path),
           meant ? "did you mean " + *meant + "?" : "known keys: " + listed(keys));
    if (meant) reading_.refused.insert(joined(path, *meant));
  }

  void read_field(const YamlNode& key, const YamlNode& value, const std::string& path, const FieldDescriptor& field,
                  Message* message) {
    const bool is_empty = value.kind == YamlNode::Kind::null;
    reading_.places[path] = is_empty ? key.place : value.place;
    if (value.is_refused) {
      reading_.refused.insert(path);
    } else if (is_empty && (field.is_repeated() || field.message_type() != nullptr)) {
      return;
    } else if (is_empty) {
      wrong(path, key.place, path + " has no value", "leave the key out where nothing is to be said");
    } else if (field.is_map()) {
      read_map(value, path, field, message);
    } else if (field.is_repeated()) {
      read_list(value, path, field, message);
    } else {
      read_single(value, path, field, message);
    }
  }

  // Every item is added, the wrong ones too, so that the paths' indices stay those of the record.
  void read_list(const YamlNode& node, const std::string& path, const FieldDescriptor& field, Message* message) {
    if (node.kind != YamlNode::Kind::list) {
      return wrong(path, node.place, path + " must be a list, not " + kind_of(node), "- item");
    }
    const Reflection& reflection = *message->GetReflection();
    for (std::size_t i = 0; i < node.values.size(); ++i) {
      const YamlNode& item = node.values[i];
      const std::string item_path = path + "[" + std::to_string(i) + "]";
      reading_.places[item_path] = item.place;
      if (item.is_refused) reading_.refused.insert(item_path);
      if (field.message_type() != nullptr) {
        Message* added = reflection.AddMessage(message, &field);
        if (!item.is_refused) read_message(item, item_path, added);
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        reflection.AddString(message, &field, item.is_refused ? "" : text_of(item, item_path));
      } else {
        wrong(item_path, item.place, path + " is of a type that cannot be read from YAML", "");
      }
    }
  }

  void read_map(const YamlNode& node, const std::string& path, const FieldDescriptor& field, Message* message) {
    if (node.kind != YamlNode::Kind::map) {
      return wrong(path, node.place, path + " must be a mapping, not " + kind_of(node), "key: value");
    }
    const Descriptor& entry = *field.message_type();
    std::map<std::string, int> seen;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      if (node.keys[i].is_refused || is_repeated(node.keys[i], path, &seen)) continue;
      const std::string item_path = joined(path, node.keys[i].text);
      reading_.places[item_path] = node.keys[i].place;
      if (node.values[i].is_refused) continue;
      Message* added = message->GetReflection()->AddMessage(message, &field);
      added->GetReflection()->SetString(added, entry.map_key(), node.keys[i].text);
      added->GetReflection()->SetString(added, entry.map_value(), text_of(node.values[i], item_path));
    }
  }

  void read_single(const YamlNode& node, const std::string& path, const FieldDescriptor& field, Message* message) {
    const Reflection& reflection = *message->GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: return read_message(node, path, reflection.MutableMessage(message, &field));
      case FieldDescriptor::CPPTYPE_STRING: return reflection.SetString(message, &field, text_of(node, path));
      case FieldDescriptor::CPPTYPE_BOOL: return reflection.SetBool(message, &field, boolean_of(node, path));
      case FieldDescriptor::CPPTYPE_UINT32: return reflection.SetUInt32(message, &field, number_of(node, path));
      default: return wrong(path, node.place, path + " is of a type that cannot be read from YAML", "");
    }
  }

  // A plain number or boolean is taken as it is written: `name: 1` can only mean "1".
  std::string text_of(const YamlNode& node, const std::string& path) {
    if (node.kind != YamlNode::Kind::scalar) {
      const bool is_null = node.kind == YamlNode::Kind::null;
      wrong(path, node.place, path + " must be text, not " + kind_of(node), is_null ? "\"\" is an empty text" : "");
    }
    return node.text;
  }

  bool boolean_of(const YamlNode& node, const std::string& path) {
    if (node.kind == YamlNode::Kind::scalar && !node.is_quoted && (node.text == "true" || node.text == "false")) {
      return node.text == "true";
    }
    wrong(path, node.place, path + " must be true or false, not " + kind_of(node), boolean_hint(node));
    return false;
  }

  static std::string boolean_hint(const YamlNode& node) {
    if (node.text == "true" || node.text == "false") return "without quotes";
    if (node.text == "yes" || node.text == "on" || node.text == "True") return "write true";
    return node.text == "no" || node.text == "off" || node.text == "False" ? "write false" : "";
  }

  std::uint32_t number_of(const YamlNode& node, const std::string& path) {
    std::uint32_t number = 0;
    const bool parsed = node.kind == YamlNode::Kind::scalar && parse_number(node.text, &number);
    if (parsed && !node.is_quoted) return number;
    wrong(path, node.place, path + " must be a whole number, not " + kind_of(node),
          parsed ? "without quotes" : "0 to 4294967295, in decimal digits");
    return 0;
  }

  const std::string& file_;
  RecordReading& reading_;
};

}  // namespace

Place RecordReading::place_of(std::string path) const {
  while (!path.empty()) {
    if (const auto found = places.find(path); found != places.end()) return found->second;
    const std::size_t cut = path.find_last_of(".[");
    path.resize(cut == std::string::npos ? 0 : cut);
  }
  return {1, 1};
}

void sort_by_place(Diagnostics* diagnostics) {
  std::stable_sort(diagnostics->begin(), diagnostics->end(), [](const Diagnostic& left, const Diagnostic& right) {
    return std::pair(left.line, left.column) < std::pair(right.line, right.column);
  });
}

RecordReading read_record(const std::string& text, const std::string& file, google::protobuf::Message* record) {
  RecordReading reading;
  RecordWalker walker(file, &reading);
  const YamlReading yaml = read_yaml(text, YamlRules{});
  for (const YamlProblem& problem : yaml.problems) walker.report(problem.place, problem.message, problem.hint);
  if (yaml.root && !yaml.root->is_refused) {
    reading.places[""] = yaml.root->place;
    walker.read_message(*yaml.root, "", record);
  }
  sort_by_place(&reading.diagnostics);
  return reading;
}

}  // namespace quorate
