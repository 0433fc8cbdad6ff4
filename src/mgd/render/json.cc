#include "mgd/render/json.h"

#include "base/check.h"
#include "mgd/render/xml.h"

namespace sluice::render {
namespace {

// Length of the UTF-8 sequence at the start of `text`; 0: not UTF-8.
std::size_t utf8_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80       ? 1
                             : first >> 5 == 6  ? 2
                             : first >> 4 == 14 ? 3
                             : first >> 3 == 30 ? 4
                                                : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    if (length == 0) {
      out += '?';
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", c);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void append_indented_json(std::string& out, std::string_view json) {
  std::size_t depth = 0;
  constexpr std::string_view kPresent = "[null]";
  const auto newline = [&] { out.append(1, '\n').append(depth * 4, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (json.substr(i).starts_with(kPresent)) {
      out += kPresent;
      i += kPresent.size() - 1;
    } else if (c == '"') {
      const std::size_t begin = i++;
      while (i < json.size() && json[i] != '"') i += json[i] == '\\' ? 2 : 1;
      out.append(json.substr(begin, i + 1 - begin));
    } else if (c == '{' || c == '[') {
      out += c;
      ++depth;
      if (json[i + 1] != '}' && json[i + 1] != ']') newline();
    } else if (c == '}' || c == ']') {
      --depth;
      if (json[i - 1] != '{' && json[i - 1] != '[') newline();
      out += c;
    } else if (c == ',') {
      out += c;
      newline();
    } else if (c == ':') {
      out += " : ";
    } else if (c != ' ' && c != '\n') {
      out += c;
    }
  }
}

void JsonSink::line(std::string_view text) {
  std::string& out = buffer_.bytes();
  out += '\n';
  out.append(levels_.size() * 4, ' ');
  out += text;
}

// Starts a member of the innermost object: a comma after the one before it.
void JsonSink::next_member() {
  if (!started_) {
    buffer_ << "{";
    started_ = true;
  }
  if (levels_.back().has_member) buffer_ << ",";
  levels_.back().has_member = true;
}

// Starts an item of the array `name`, continuing the array when it is open already.
void JsonSink::open_item(Name name) {
  if (levels_.back().array == name.text()) {
    buffer_ << ",";
  } else {
    close_array();
    next_member();
    line("");
    append_json_string(buffer_.bytes(), name.text());
    buffer_ << " : [";
    levels_.back().array = name.text();
  }
  line("{");
  levels_.emplace_back();
}

void JsonSink::close_item() {
  close_array();
  levels_.pop_back();
  line("}");
}

void JsonSink::close_array() {
  if (levels_.back().array.empty()) return;
  line("]");
  levels_.back().array = {};
  buffer_.flush_if_large();
}

void JsonSink::attributes_member(Attributes attributes) {
  if (attributes.empty()) return;
  next_member();
  line("\"attributes\" : {");
  bool first = true;
  for (const Attribute& attribute : attributes) {
    if (!first) buffer_ << ", ";
    first = false;
    append_json_string(buffer_.bytes(), attribute.name.text());
    buffer_ << " : ";
    append_json_string(buffer_.bytes(), attribute.value);
  }
  buffer_ << "}";
}

void JsonSink::on_document(Name name, std::string_view module) {
  if (module.empty()) return on_begin(name, {});
  const std::string data_namespace = namespace_of(profile_, module);
  const Attribute attribute{"xmlns", data_namespace};
  on_begin(name, {&attribute, 1});
}

void JsonSink::on_begin(Name name, Attributes attributes) {
  open_item(name);
  attributes_member(attributes);
}

void JsonSink::on_leaf(Name name, std::string_view value, Attributes attributes) {
  open_item(name);
  next_member();
  line("\"data\" : ");
  append_json_string(buffer_.bytes(), value);
  attributes_member(attributes);
  close_item();
}

void JsonSink::on_flag(Name name) {
  open_item(name);
  next_member();
  line("\"data\" : [null]");
  close_item();
}

void JsonSink::on_end() {
  check(levels_.size() > 1, "JsonSink: end without begin");
  close_item();
}

void JsonSink::finish() {
  close_array();
  if (!started_) buffer_ << "{";
  buffer_ << "\n}\n";
  buffer_.flush();
}

// Junos's configuration JSON is RFC 7951's without module names, so the piece that was asked for
// is taken as a tree of its own and printed as such.
void JsonSink::on_configuration(const ConfigurationReply& reply) {
  const std::string json = config::to_display_json(piece_of(reply));
  started_ = true;
  append_indented_json(buffer_.bytes(), json);
  // finish() writes the closing brace.
  std::string& out = buffer_.bytes();
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  out.pop_back();
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
}

}  // namespace sluice::render
