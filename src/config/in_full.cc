#include <algorithm>

#include "config/suggester.h"

// Shortened words of a statement in full.
namespace sluice::config {
namespace {

// The words of one line.
std::vector<Placed> words_of_line(std::string_view text) {
  std::vector<Placed> words = placed_tokens(text).words;
  const auto ends = [](const Placed& word) { return word.token.kind == TokenKind::end_of_statement; };
  words.erase(std::ranges::find_if(words, ends), words.end());
  return words;
}

// The word that is written, or that it is short for.
struct Made {
  std::string word;
  std::vector<Suggestion> several;  // it could be each of these
  bool joint = false;
};

Made made_of(const Suggester& suggester, const Token& token, const std::vector<Joint>& joints) {
  const bool may_join = !joints.empty() && suggester.in_block() && !token.quoted;
  if (!suggester.may_be_short(token) && !may_join) return {token.text, {}};
  std::vector<Suggestion> items;
  if (suggester.may_be_short(token)) items = suggester.longer(token.text);
  for (const Joint& joint : joints) {
    if (may_join && joint.word.starts_with(token.text)) items.push_back({std::string(joint.word), ""});
  }
  const ByBlank made = by_blank(items, token.text);
  Made result{std::string(made.word), {}};
  result.joint = may_join && std::ranges::find(joints, result.word, &Joint::word) != joints.end();
  if (made.ambiguous) {
    std::ranges::sort(items, {}, &Suggestion::text);
    result.several = std::move(items);
  }
  return result;
}

}  // namespace

std::optional<LastWord> last_word(std::string_view text) {
  const PlacedTokens all = placed_tokens(text);
  const auto is_word = [](const Placed& one) { return one.token.kind == TokenKind::word; };
  if (!all.read || all.words.empty() || !std::ranges::all_of(all.words, is_word)) return std::nullopt;
  return LastWord{all.words.back().token.text, all.words.back().position};
}

InFull in_full(const Tree& tree, std::string_view text, Purpose purpose, const Joints& joints) {
  const std::vector<Placed> words = words_of_line(text);
  // A joint that is written out is the last one; words before it are none, whatever they could be short for.
  const auto written_out = [&](const Placed& word) {
    return word.position >= joints.from && is_joint(joints, word.token);
  };
  const auto last = std::find_if(words.rbegin(), words.rend(), written_out);
  const std::vector<Joint> none;
  const std::vector<Joint>& short_joints = last == words.rend() ? joints.words : none;
  Suggester suggester(tree, purpose);
  InFull result;
  std::size_t copied = 0;
  bool joined = false;
  for (auto at = words.begin(); at != words.end(); ++at) {
    Token token = at->token;
    const bool is_last_joint = last != words.rend() && at == last.base() - 1;
    const Made made =
        is_last_joint ? Made{token.text, {}, true} : made_of(suggester, token, joined ? none : short_joints);
    if (!made.several.empty()) {
      result.error = Error{"unknown-element", "", ambiguous_text(token.text, made.several)};
      result.error_position = at->position;
      return result;
    }
    if (made.word != token.text) {
      result.text.append(text.substr(copied, at->position - copied)).append(made.word);
      copied = at->position + token.text.size();
      token.text = made.word;
    }
    joined = joined || made.joint;
    if (made.joint) {
      suggester.go_beside(joints.behind);
    } else if (!suggester.word(token)) {
      break;
    }
  }
  result.text.append(text.substr(copied));
  return result;
}

}  // namespace sluice::config
