#include "mgd/doors/reply_text.h"

#include <pugixml.hpp>

#include "base/xml_text.h"

namespace sluice::doors {
namespace {

constexpr std::string_view kOpen = "<output>";
constexpr std::string_view kClose = "</output>";
constexpr std::string_view kHead = "<cli-output ";
constexpr std::string_view kProgress = "<cli-progress ";

OutputHead head_of(const std::string& before) {
  OutputHead head;
  const std::size_t at = before.find(kHead);
  pugi::xml_document document;
  if (at == std::string::npos) return head;
  const std::size_t end = before.find("/>", at);
  if (end == std::string::npos || !document.load_buffer(before.data() + at, end + 2 - at)) return head;
  const pugi::xml_node element = document.document_element();
  head.paged = std::string_view(element.attribute("more").value()) != "no";
  head.difference = std::string_view(element.attribute("form").value()) == "difference";
  head.append = !element.attribute("append").empty();
  head.file = element.attribute(head.append ? "append" : "save").value();
  return head;
}

}  // namespace

bool ReplyText::feed(std::string_view xml) {
  pending_ += xml;
  while (wanted_ && (inside_ ? leave() : enter())) {
  }
  return wanted_;
}

// Outside: looks for the opening tag. What stands before it is kept.
bool ReplyText::enter() {
  while (take_progress()) {
  }
  const std::size_t at = pending_.find(kOpen);
  if (at == std::string::npos) return false;
  rest_ += pending_.substr(0, at);
  pending_.erase(0, at + kOpen.size());
  inside_ = true;
  wanted_ = listener_.begin(head_of(rest_));
  return true;
}

bool ReplyText::take_progress() {
  const std::size_t at = pending_.find(kProgress);
  const std::size_t end = at == std::string::npos ? at : pending_.find("/>", at);
  if (end == std::string::npos || pending_.find(kOpen) < at) return false;
  pugi::xml_document document;
  document.load_buffer(pending_.data() + at, end + 2 - at);
  const pugi::xml_node element = document.document_element();
  listener_.progress(element.attribute("scanned").as_ullong(), element.attribute("total").as_ullong());
  pending_.erase(at, end + 2 - at);
  return true;
}

// Inside: passes text on, but for the start of a tag or of an entity that is not complete yet.
bool ReplyText::leave() {
  const std::size_t tag = pending_.find('<');
  std::size_t end = tag == std::string::npos ? pending_.size() : tag;
  const std::size_t entity = end == 0 ? std::string::npos : pending_.rfind('&', end - 1);
  if (entity != std::string::npos && pending_.find(';', entity) >= end) end = entity;
  if (end > 0) wanted_ = listener_.text(from_xml_text(std::string_view(pending_).substr(0, end)));
  pending_.erase(0, end);
  if (!pending_.starts_with(kClose)) return false;
  pending_.erase(0, kClose.size());
  inside_ = false;
  return true;
}

}  // namespace sluice::doors
