// ReplyText: takes the text out of "<rpc-reply><output>...</output></rpc-reply>" while it arrives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::doors {

// What the daemon said of a text before it: <cli-output more="no" save="FILE" form="difference"/>.
struct OutputHead {
  bool paged = true;
  bool difference = false;  // its lines begin with what became of them: '+', '-', '!'
  std::string file;         // the caller is to put it there; empty: on the screen
  bool append = false;      // behind what the file holds
};

class Listener {
 public:
  virtual ~Listener() = default;
  // The request is out, and its answer is waited for.
  virtual void asked() {}
  // Before the first piece of a text. False: no text is wanted.
  virtual bool begin(const OutputHead& head) = 0;
  virtual bool text(std::string_view piece) = 0;
  // While there is no text yet, how many of all records the data plane has passed.
  virtual void progress(std::uint64_t /*scanned*/, std::uint64_t /*total*/) {}
};

class ReplyText {
 public:
  explicit ReplyText(Listener& listener) : listener_(listener) {}

  // False: the listener wants no more.
  bool feed(std::string_view xml);
  // Everything but the content of <output>.
  [[nodiscard]] std::string rest() const { return rest_ + (inside_ ? "" : pending_); }

 private:
  bool enter();
  bool take_progress();
  bool leave();

  Listener& listener_;
  bool inside_ = false;
  bool wanted_ = true;
  std::string pending_;  // seen, and not yet known to be complete
  std::string rest_;
};

}  // namespace sluice::doors
