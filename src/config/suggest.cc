#include "config/suggest.h"

#include <algorithm>

#include "config/suggester.h"

namespace sluice::config {
namespace {

// Follows a text to its last word, which may be half typed.
class Typed {
 public:
  Typed(const Tree& tree, std::string_view text, Purpose purpose, const Joints& joints)
      : suggester_(tree, purpose), text_(text), joints_(joints) {
    PlacedTokens typed = placed_tokens(text);
    words_ = std::move(typed.words);
    read_ = std::move(typed.read);
    const bool at_word = !text.empty() && text.back() != ' ' && text.back() != '\t' && text.back() != '[';
    const bool half_typed = at_word && !words_.empty() && words_.back().token.kind == TokenKind::word;
    if (half_typed) {
      last_ = words_.back();
      words_.pop_back();
    }
  }

  Suggestions run() {
    if (!read_) return refused(read_.error(), text_.size());
    const std::size_t joint = last_joint();
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const Placed& word = words_[i];
      if (i == joint && suggester_.in_block()) {
        suggester_.go_beside(joints_.behind);
        joined_ = true;
      } else if (auto fits = suggester_.word(word.token); !fits) {
        return refused(fits.error(), word.position);
      }
    }
    Suggestions result = suggester_.suggest(last_ ? last_->token.text : "");
    result.position = last_ ? last_->position : text_.size();
    if (joined_ && joint + 1 == words_.size()) result.complete = false;  // the second statement is missing
    offer_joints(result);
    if (!result.items.empty() || !last_) return result;
    const Status fits = suggester_.word(last_->token);
    return fits ? result : refused(fits.error(), last_->position);
  }

 private:
  static Suggestions refused(const Error& error, std::size_t position) {
    Suggestions failed;
    failed.position = failed.error_position = position;
    failed.error = error;
    return failed;
  }

  // Which word it is; none: past the end. As who obeys them sees it, the last one counts.
  [[nodiscard]] std::size_t last_joint() const {
    const auto joins = [&](const Placed& word) {
      return word.position >= joints_.from && is_joint(joints_, word.token);
    };
    const auto last = std::find_if(words_.rbegin(), words_.rend(), joins);
    return last == words_.rend() ? words_.size() : static_cast<std::size_t>(last.base() - words_.begin()) - 1;
  }

  void offer_joints(Suggestions& result) const {
    if (joints_.words.empty() || joined_) return;
    result.complete = false;
    const bool any = !words_.empty() && words_.back().position >= joints_.from;
    if (!any || !suggester_.in_block()) return;
    for (const Joint& joint : joints_.words) {
      if (last_ && !joint.word.starts_with(last_->token.text)) continue;
      result.items.push_back({std::string(joint.word), std::string(joint.help)});
    }
  }

  Suggester suggester_;
  std::string_view text_;
  const Joints& joints_;
  std::vector<Placed> words_;
  Status read_;
  std::optional<Placed> last_;  // the half typed one
  bool joined_ = false;
};

}  // namespace

Suggestions suggest(const Tree& tree, std::string_view text, Purpose purpose, const Joints& joints) {
  return Typed(tree, text, purpose, joints).run();
}

// A block may take several words: they are dropped until what is left leads to one.
std::string block_above(const Schema& schema, std::string path) {
  const Tree empty(schema);
  while (!path.empty()) {
    const std::size_t blank = path.rfind(' ');
    path.erase(blank == std::string::npos ? 0 : blank);
    const Suggestions there = suggest(empty, path + ' ', Purpose::write);
    if (!there.error && there.in_block) break;
  }
  return path;
}

}  // namespace sluice::config
