// commit: how a configuration becomes the running one.
//
// What. run() is the whole transaction, one screenful: lock, validate, compare, let flowd Prepare,
// persist, Publish, answer. Every step that can refuse comes before the one that cannot be undone:
// flowd has compiled all of it and the disk holds it before traffic sees any of it. A refusal
// changes nothing and says which statement is why.
//
// Running holds the committed configuration in memory. restore() reads it back at start, and
// reconcile() makes flowd's agree with it whenever flowd or we were away: flowd keeps forwarding
// with its last configuration while the management daemon is gone, so usually there is nothing to do.
//
// When the disk's copy is damaged, nobody knows what was committed. Running then keeps the damage, for every
// answer that depends on it, and reconcile() takes over what flowd runs: that is what traffic meets, what an
// operator should see, and what a flowd that is restarted meanwhile gets again. The next commit mends it.
//
// Threads. A Running may be used by any thread: run() and reconcile() exclude each other by its
// commit lock; readers take a copy under a short lock of their own and are never kept waiting by a
// commit in progress.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "mgd/link/link.h"
#include "mgd/store/store.h"

namespace sluice::commit {

// The committed configuration and who made it.
struct Committed {
  config::Tree tree;
  std::int64_t unix_s = 0;  // 0: nothing was ever committed
  std::string user;

  [[nodiscard]] Committed copy() const { return {tree.copy(), unix_s, user}; }
};

class Running {
 public:
  explicit Running(const config::Schema& schema) : committed_{config::Tree(schema), 0, {}} {}

  [[nodiscard]] Committed copy() const;
  // Ends a damage.
  void replace(Committed committed);
  // What flowd runs, while the committed configuration is damaged.
  void take_over(config::Tree theirs);

  // Why the configuration on disk cannot be used and what to do, in sentences for an operator; empty: it can.
  [[nodiscard]] std::string damage() const;
  void set_damage(std::string damage);
  // `system output-profile`, kept apart because every reply needs it.
  [[nodiscard]] std::string output_profile() const;

  // One commit or reconciliation at a time.
  std::mutex& commit_lock() { return commit_lock_; }

 private:
  void set(Committed committed);

  std::mutex commit_lock_;
  mutable std::mutex lock_;  // of what follows
  Committed committed_;
  std::string output_profile_;
  std::string damage_;
};

// What a commit works on, made once by main.
struct Parts {
  Running& running;
  const storage::Store* store;  // null: nothing is kept on disk (sluice-replay)
  const link::Flowd& flowd;
};

enum class Mode { commit, check };

struct Outcome {
  std::size_t changes = 0;
  std::uint64_t sessions_ended = 0;
  std::vector<std::string> warnings;
};

// Makes `candidate` the running configuration, or only finds out whether it could be.
Result<Outcome> run(const Parts& parts, const config::Tree& candidate, const std::string& user, Mode mode);

// Reads the committed configuration from disk; there must be a store. When it is there and cannot be used,
// the running configuration is damaged afterwards.
void restore(const Parts& parts, const config::Schema& schema);

// An error of a whole configuration points into the text that it was read from too.
Error with_place(Error error, const config::Tree& tree, std::string_view file);

// Gives flowd the running configuration unless it runs that one already. True: it was given. While the
// committed one is damaged and nothing is known of it, the running one becomes flowd's instead.
Result<bool> reconcile(const Parts& parts);

}  // namespace sluice::commit
