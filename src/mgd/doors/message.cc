#include "mgd/doors/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace sluice::doors {
namespace {

Error malformed(std::string what) {
  return {"malformed-message", "", std::move(what)};
}

bool is_reference(std::string_view text) {
  constexpr std::array<std::string_view, 5> kNames = {"lt", "gt", "amp", "quot", "apos"};
  const std::string_view name = text.substr(0, text.find(';'));
  if (name.size() == text.size()) return false;
  if (!name.starts_with('#')) return std::ranges::find(kNames, name) != kNames.end();
  const bool hexadecimal = name.starts_with("#x");
  const std::string_view digits = name.substr(hexadecimal ? 2 : 1);
  const std::string_view allowed = hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
  return !digits.empty() && digits.find_first_not_of(allowed) == std::string_view::npos;
}

// The parser would take an unknown entity for text. Nothing is one in comments and CDATA.
Status check_references(std::string_view message) {
  struct Region {
    std::string_view begin, end;
  };
  constexpr std::array<Region, 2> kRegions = {{{"<![CDATA[", "]]>"}, {"<!--", "-->"}}};
  for (std::size_t at = message.find_first_of("&<"); at < message.size();
       at = message.find_first_of("&<", at + 1)) {
    const std::string_view rest = message.substr(at);
    if (rest.front() == '&') {
      if (is_reference(rest.substr(1, 12))) continue;
      return malformed(fmt::format("not XML: the entity at byte {} is not one of XML's own", at));
    }
    for (const Region& region : kRegions) {
      if (rest.starts_with(region.begin)) at = std::min(message.find(region.end, at), message.size() - 1);
    }
  }
  return {};
}

// Without calling itself: this is what finds out whether that may be done.
std::size_t depth_of(const pugi::xml_document& document) {
  std::size_t depth = 0, deepest = 0;
  for (pugi::xml_node node = document.first_child(); node;) {
    deepest = std::max(deepest, depth + 1);
    if (const pugi::xml_node child = node.first_child()) {
      node = child;
      ++depth;
      continue;
    }
    while (node && !node.next_sibling()) {
      node = node.parent();
      if (depth == 0) return deepest;
      --depth;
    }
    node = node.next_sibling();
  }
  return deepest;
}

}  // namespace

Status read_message(std::string& message, pugi::xml_document& document) {
  const auto marks = std::ranges::count_if(message, [](char c) { return c == '<' || c == '='; });
  if (static_cast<std::size_t>(marks) > kMostMarks) {
    return malformed(
        fmt::format("the message has too many elements, more than {} are not taken", kMostMarks / 2));
  }
  if (auto known = check_references(message); !known) return known;
  const auto parsed = document.load_buffer_inplace(
      message.data(), message.size(),
      pugi::parse_default | pugi::parse_ws_pcdata_single | pugi::parse_doctype, pugi::encoding_utf8);
  if (!parsed) return malformed(fmt::format("not XML: {} at byte {}", parsed.description(), parsed.offset));
  for (const pugi::xml_node& node : document) {
    if (node.type() == pugi::node_doctype) return malformed("a document type is not taken");
  }
  if (depth_of(document) > kDeepest) {
    return malformed(fmt::format("the message is nested more than {} elements deep", kDeepest));
  }
  return {};
}

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child_named(const pugi::xml_node& parent, std::string_view name) {
  return parent.find_child([&](const pugi::xml_node& child) { return local_name(child) == name; });
}

pugi::xml_node first_element(const pugi::xml_node& parent) {
  return parent.find_child([](const pugi::xml_node& child) { return child.type() == pugi::node_element; });
}

}  // namespace sluice::doors
