#include "config/xpath_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace sluice::config {
namespace {

constexpr std::size_t kLongest = 2048;
constexpr int kDeepest = 16;   // of brackets and parentheses
constexpr int kMostWalks = 4;  // through all there is
constexpr int kMostUnions = 32;

enum class Kind { name, literal, number, symbol, operation };

struct XPathToken {
  Kind kind = Kind::symbol;
  std::string text;
};

Error refused(std::string message) {
  return {"invalid-value", "filter", std::move(message)};
}

bool begins_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_in_name(char c) {
  return begins_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.';
}

// What a '*' or a name stands for depends on what is before it (XPath 1.0, section 3.7): behind something
// that can be calculated with, '*' multiplies, and and, or, div, mod are no names.
bool ends_operand(const XPathToken& token) {
  if (token.kind == Kind::operation) return false;
  if (token.kind == Kind::name) return !token.text.ends_with("::");
  if (token.kind != Kind::symbol) return true;
  constexpr std::array<std::string_view, 5> kEnds{".", "..", ")", "]", "*"};
  return std::ranges::find(kEnds, token.text) != kEnds.end();
}
bool may_operate(const XPathToken& token) {
  constexpr std::array<std::string_view, 4> kNamed{"and", "or", "div", "mod"};
  if (token.kind == Kind::symbol) return token.text == "*";
  return token.kind == Kind::name && std::ranges::find(kNamed, token.text) != kNamed.end();
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Result<std::vector<XPathToken>> run() {
    std::vector<XPathToken> tokens;
    while (true) {
      at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
      if (at_ == text_.size()) return tokens;
      auto token = next();
      if (!token) return token.error();
      if (!tokens.empty() && ends_operand(tokens.back())) {
        if (may_operate(*token)) token->kind = Kind::operation;
        if (token->kind == Kind::name) {
          return refused(
              fmt::format("'{}' stands where the XPath expression needs an operator", token->text));
        }
      }
      tokens.push_back(std::move(*token));
    }
  }

 private:
  Result<XPathToken> next() {
    const char c = text_[at_];
    if (c == '"' || c == '\'') return literal(c);
    if (begins_name(c)) return XPathToken{Kind::name, name()};
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      return XPathToken{Kind::number, take(text_.find_first_not_of("0123456789.", at_))};
    }
    constexpr std::array<std::string_view, 14> kSymbols{"//", "..", "!=", "<=", ">=", "/", ".",
                                                        "[",  "]",  "(",  ")",  "=",  "<", ">"};
    for (const std::string_view symbol : kSymbols) {
      if (text_.substr(at_).starts_with(symbol)) return XPathToken{Kind::symbol, take(at_ + symbol.size())};
    }
    if (std::string_view("*|,+-").find(c) != std::string_view::npos)
      return XPathToken{Kind::symbol, take(at_ + 1)};
    return refused(fmt::format("'{}' is not permitted in the XPath expression", c));
  }
  Result<XPathToken> literal(char quote) {
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return refused("a string of the XPath expression has no end");
    return XPathToken{Kind::literal, take(end + 1)};
  }
  // Without its prefix; an axis with its colons.
  std::string name() {
    std::string word = word_at();
    if (text_.substr(at_).starts_with("::")) {
      at_ += 2;
      return word + "::";
    }
    const bool prefixed = at_ + 1 < text_.size() && text_[at_] == ':';
    if (!prefixed || (!begins_name(text_[at_ + 1]) && text_[at_ + 1] != '*')) return word;
    ++at_;
    return text_[at_] == '*' ? take(at_ + 1) : word_at();
  }
  std::string word_at() {
    std::size_t end = at_;
    while (end < text_.size() && is_in_name(text_[end])) ++end;
    return take(end);
  }
  std::string take(std::size_t end) {
    end = std::min(end, text_.size());
    std::string taken(text_.substr(at_, end - at_));
    at_ = end;
    return taken;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_comparison(const XPathToken& token) {
  constexpr std::array<std::string_view, 6> kComparisons{"=", "!=", "<", ">", "<=", ">="};
  return token.kind == Kind::symbol && std::ranges::find(kComparisons, token.text) != kComparisons.end();
}

bool is_value(const XPathToken& token) {
  return token.kind == Kind::literal || token.kind == Kind::number;
}

class Guard {
 public:
  explicit Guard(const std::vector<XPathToken>& tokens) : tokens_(tokens) {}

  Status run() {
    for (at_ = 0; at_ < tokens_.size(); ++at_) {
      const XPathToken& token = tokens_[at_];
      if (is_value(token) || token.kind == Kind::operation) continue;
      if (auto good = token.kind == Kind::name ? name(token.text) : symbol(token); !good) return good;
    }
    if (depth_ != 0) return refused("a bracket of the XPath expression is not closed");
    return {};
  }

 private:
  [[nodiscard]] bool in_predicate() const { return predicates_ > 0; }
  [[nodiscard]] const XPathToken* beside(std::ptrdiff_t distance) const {
    const std::size_t at = at_ + static_cast<std::size_t>(distance);
    return at < tokens_.size() ? &tokens_[at] : nullptr;
  }

  Status name(const std::string& name) {
    const XPathToken* next = beside(1);
    if (name.ends_with("::")) return axis(name);
    if (next != nullptr && next->text == "(") return function(name);
    return {};
  }

  Status axis(std::string_view axis) {
    if (axis == "child::" || axis == "self::") return {};
    if (axis == "descendant::" || axis == "descendant-or-self::") return walk();
    if (axis == "parent::" && !in_predicate()) return {};
    return refused(fmt::format(
        "the axis '{}' is not permitted; child::, self:: and, outside of predicates, descendant::, "
        "descendant-or-self:: and parent:: are",
        axis));
  }

  static Status function(std::string_view function) {
    constexpr std::array<std::string_view, 21> kPermitted{
        "boolean",    "concat",      "contains", "count",           "false",     "floor",  "last",
        "local-name", "name",        "node",     "normalize-space", "not",       "number", "position",
        "round",      "starts-with", "string",   "string-length",   "substring", "text",   "true"};
    if (std::ranges::find(kPermitted, function) != kPermitted.end()) return {};
    return refused(fmt::format("the function '{}()' is not permitted in the XPath expression", function));
  }

  Status walk() {
    if (in_predicate()) {
      return refused("a predicate of the XPath expression may not look through all levels ('//')");
    }
    if (++walks_ > kMostWalks) {
      return refused(
          fmt::format("the XPath expression looks through all levels ('//') more than {} times", kMostWalks));
    }
    return {};
  }

  Status symbol(const XPathToken& token) {
    if (token.text == "//") return walk();
    if (token.text == "..") return upwards();
    if (token.text == "/") return step();
    if (token.text == "[" || token.text == "(") return open(token.text.front());
    if (token.text == "]" || token.text == ")") return close(token.text.front());
    if (token.text == "|" && ++unions_ > kMostUnions) {
      return refused(fmt::format("the XPath expression has more than {} alternatives", kMostUnions));
    }
    return is_comparison(token) ? comparison() : Status();
  }

  [[nodiscard]] Status upwards() const {
    if (!in_predicate()) return {};
    return refused("a predicate of the XPath expression may not go upwards ('..')");
  }

  // In a predicate only one that follows another.
  [[nodiscard]] Status step() const {
    const XPathToken* before = at_ > 0 ? beside(-1) : nullptr;
    const bool follows = before != nullptr && !is_value(*before) && ends_operand(*before);
    if (!in_predicate() || follows) return {};
    return refused("a predicate of the XPath expression may not begin at the top ('/')");
  }

  Status open(char bracket) {
    if (++depth_ > kDeepest) {
      return refused(fmt::format("the XPath expression nests more than {} deep", kDeepest));
    }
    opened_.push_back(bracket);
    predicates_ += bracket == '[' ? 1 : 0;
    return {};
  }

  Status close(char bracket) {
    const char wanted = bracket == ']' ? '[' : '(';
    if (opened_.empty() || opened_.back() != wanted) {
      return refused(fmt::format("'{}' of the XPath expression closes nothing", bracket));
    }
    opened_.pop_back();
    --depth_;
    predicates_ -= bracket == ']' ? 1 : 0;
    return {};
  }

  // Two sets are compared each with each.
  [[nodiscard]] Status comparison() const {
    const XPathToken* before = at_ > 0 ? beside(-1) : nullptr;
    const XPathToken* after = beside(1);
    const bool with_value =
        (before != nullptr && is_value(*before)) || (after != nullptr && is_value(*after));
    if (with_value) return {};
    return refused("the XPath expression may compare with a string or a number only");
  }

  const std::vector<XPathToken>& tokens_;
  std::size_t at_ = 0;
  std::vector<char> opened_;
  int depth_ = 0, predicates_ = 0, walks_ = 0, unions_ = 0;
};

}  // namespace

Result<std::string> guarded_xpath(std::string_view expression) {
  if (expression.size() > kLongest) {
    return refused(fmt::format("an XPath expression has at most {} characters", kLongest));
  }
  const auto tokens = Scanner(expression).run();
  if (!tokens) return tokens.error();
  if (tokens->empty())
    return refused("the filter has no XPath expression; write select=\"/configuration/...\"");
  if (auto good = Guard(*tokens).run(); !good) return good.error();
  std::string text;
  for (const XPathToken& token : *tokens) text += token.text + (token.text.ends_with("::") ? "" : " ");
  return text;
}

}  // namespace sluice::config
