#include "mgd/store/heading.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace sluice::storage {
namespace {

constexpr std::string_view kCommit = "## Last commit: ";
constexpr std::string_view kComment = "## Comment: ";
constexpr std::string_view kConfirm = "## To be confirmed by: ";
constexpr std::string_view kPersist = "## Confirmed as: ";
constexpr std::string_view kScheduled = "## Scheduled for: ";
constexpr std::string_view kBoot = "## Scheduled for the start after: ";

// What follows `mark` on the first line, which is taken off; false: the line begins otherwise.
bool take_line(std::string& text, std::string_view mark, std::string& rest) {
  if (!text.starts_with(mark)) return false;
  const std::size_t end = std::min(text.find('\n'), text.size());
  rest = text.substr(mark.size(), end - mark.size());
  text.erase(0, end + 1);
  return true;
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

// "1767575093 by root via cli": seconds, as they need no time zone.
void parse_commit(Saved& saved, std::string_view line) {
  const auto [rest, failure] = std::from_chars(line.data(), line.data() + line.size(), saved.unix_s);
  std::string_view tail = line.substr(static_cast<std::size_t>(rest - line.data()));
  if (failure != std::errc{} || !tail.starts_with(" by ")) return;
  tail.remove_prefix(4);
  const std::size_t via = tail.find(" via ");  // what follows is what the client calls itself
  saved.user = tail.substr(0, via);
  if (via != std::string_view::npos) saved.client = tail.substr(via + 5);
}

}  // namespace

std::string heading_of(const Saved& saved) {
  std::string text = fmt::format("{}{} by {}", kCommit, saved.unix_s, one_line(saved.user));
  if (!saved.client.empty()) text += fmt::format(" via {}", one_line(saved.client));
  text += '\n';
  if (!saved.comment.empty()) text += fmt::format("{}{}\n", kComment, one_line(saved.comment));
  if (saved.confirm_by_s != 0) text += fmt::format("{}{}\n", kConfirm, saved.confirm_by_s);
  if (!saved.persist.empty()) text += fmt::format("{}{}\n", kPersist, one_line(saved.persist));
  if (saved.scheduled_s != 0) text += fmt::format("{}{}\n", kScheduled, saved.scheduled_s);
  if (!saved.scheduled_boot.empty()) text += fmt::format("{}{}\n", kBoot, one_line(saved.scheduled_boot));
  return text;
}

void take_heading(Saved& saved, std::string& text) {
  std::string rest;
  if (!take_line(text, kCommit, rest)) return;
  parse_commit(saved, rest);
  ++saved.lines_before;
  if (take_line(text, kComment, saved.comment)) ++saved.lines_before;
  const auto take_number = [&](std::string_view mark, std::int64_t& number) {
    if (!take_line(text, mark, rest)) return;
    std::from_chars(rest.data(), rest.data() + rest.size(), number);
    ++saved.lines_before;
  };
  take_number(kConfirm, saved.confirm_by_s);
  if (take_line(text, kPersist, saved.persist)) ++saved.lines_before;
  take_number(kScheduled, saved.scheduled_s);
  if (take_line(text, kBoot, saved.scheduled_boot)) ++saved.lines_before;
}

}  // namespace sluice::storage
