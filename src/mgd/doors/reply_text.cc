#include "mgd/doors/reply_text.h"

#include "base/xml_text.h"

namespace sluice::doors {
namespace {

constexpr std::string_view kOpen = "<output>";
constexpr std::string_view kClose = "</output>";

}  // namespace

void ReplyText::feed(std::string_view xml) {
  pending_ += xml;
  while (inside_ ? leave() : enter()) {
  }
}

// Outside: looks for the opening tag. What stands before it is kept.
bool ReplyText::enter() {
  const std::size_t at = pending_.find(kOpen);
  if (at == std::string::npos) return false;
  rest_ += pending_.substr(0, at);
  pending_.erase(0, at + kOpen.size());
  inside_ = true;
  return true;
}

// Inside: passes text on, but for the start of a tag or of an entity that is not complete yet.
bool ReplyText::leave() {
  const std::size_t tag = pending_.find('<');
  std::size_t end = tag == std::string::npos ? pending_.size() : tag;
  const std::size_t entity = end == 0 ? std::string::npos : pending_.rfind('&', end - 1);
  if (entity != std::string::npos && pending_.find(';', entity) >= end) end = entity;
  if (end > 0) on_text_(from_xml_text(std::string_view(pending_).substr(0, end)));
  pending_.erase(0, end);
  if (!pending_.starts_with(kClose)) return false;
  pending_.erase(0, kClose.size());
  inside_ = false;
  return true;
}

}  // namespace sluice::doors
