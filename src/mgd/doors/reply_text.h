// ReplyText: takes the text out of "<rpc-reply><output>...</output></rpc-reply>" while it arrives.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sluice::doors {

class ReplyText {
 public:
  explicit ReplyText(const std::function<void(std::string_view)>& on_text) : on_text_(on_text) {}

  void feed(std::string_view xml);
  // Everything but the content of <output>.
  [[nodiscard]] std::string rest() const { return rest_ + (inside_ ? "" : pending_); }

 private:
  bool enter();
  bool leave();

  const std::function<void(std::string_view)>& on_text_;
  bool inside_ = false;
  std::string pending_;  // seen, and not yet known to be complete
  std::string rest_;
};

}  // namespace sluice::doors
