// candidate: the configurations that are being edited.
//
// What. There is one candidate that all editors share, as in Junos: it is what was committed until somebody
// changes it, and then stays changed, whoever leaves and even over a restart of this daemon, until it is
// committed or discarded. An editor may have the candidate alone (exclusive, and NETCONF's lock), or a copy
// of its own (private) whose changes are carried to what is committed when it commits; these two end with
// their session, and what was not committed is gone.
//
// Why this way. A draft exists only while it differs from what was committed: so every commit by another way
// (a file, a rollback) is seen by whoever edits next, and there is nothing to keep in step. Rules that Junos
// has keep drafts from mixing: nobody edits the shared candidate while it is locked or while there are
// private ones, and neither lock nor private copy begins while the shared one is changed. While a commit
// waits for its time nobody edits the shared one either: it is what will be committed.
//
// Threads. Any; one lock, held for as long as an edit takes, which works on a copy. A commit holds it only
// before and after, and readers share the tree that there is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "mgd/commit/commit.h"

namespace sluice::candidate {

enum class Mode { shared, exclusive, private_copy };

// Who edits: one session.
struct Editor {
  unsigned session = 0;
  std::string user;
  int pid = 0;
};

// An editor as others are told of it.
struct Open {
  Editor editor;
  Mode mode = Mode::shared;
  std::int64_t since_unix_s = 0;
  std::string edit = {};  // the words of the statement that it edits; empty: all
};
// "[edit security policies]"
std::string hierarchy(const Open& open);

class Candidates {
 public:
  // Reads the shared candidate that was kept. `parts` outlives this.
  Candidates(const config::Schema& schema, commit::Parts parts);

  // The session begins to edit. Another mode than before changes it.
  Status open(const Editor& editor, Mode mode);
  // It ends, as all sessions do: a lock is given up and what is not shared is gone.
  void close(unsigned session);
  // Where in the configuration it is, for others to see.
  void stand_at(unsigned session, const std::string& edit);
  // NETCONF's: the shared candidate for one alone, without being in configuration mode.
  Status lock(const Editor& editor);
  Status unlock(unsigned session);
  // Who edits besides `session`, and who holds the lock.
  [[nodiscard]] std::vector<Open> others(unsigned session) const;
  // The holder of the lock; nullopt: it is free.
  [[nodiscard]] std::optional<Open> holder() const;

  // What the session edits, which is the shared candidate unless it opened another.
  [[nodiscard]] config::SharedTree tree(unsigned session) const;
  // Whether that differs from what is committed.
  [[nodiscard]] bool changed(unsigned session) const;
  // `change` works on it; when it fails nothing was changed.
  Status edit(unsigned session, const std::function<Status(config::Tree&)>& change);
  // Back to what is committed.
  Status discard(unsigned session);

  Result<commit::Outcome> commit(unsigned session, const commit::Request& request);
  // As commit::commit_if_due(); what it commits is no longer being edited then.
  Result<bool> commit_if_due();

 private:
  struct Draft {
    config::SharedTree tree;    // null: it is what is committed
    std::uint64_t version = 0;  // changes with every edit
  };
  struct Private {
    Draft draft;
    config::SharedTree base;  // what was committed when it began
  };

  // These are called with the lock held.
  [[nodiscard]] config::SharedTree tree_of(unsigned session) const;
  [[nodiscard]] bool shared_changed() const;
  [[nodiscard]] Status may_edit(unsigned session) const;
  [[nodiscard]] Status may_begin_alone(unsigned session) const;
  [[nodiscard]] Draft& draft_of(unsigned session);
  Status keep(unsigned session, config::Tree tree);
  void drop_shared();
  void release(unsigned session);

  config::Schema schema_;
  commit::Parts parts_;
  mutable std::mutex lock_;  // of all that follows
  Draft shared_;
  std::map<unsigned, Private> private_;
  std::map<unsigned, Open> open_;
  std::optional<Open> holder_;
};

// "root (pid 1088) on since 2026-01-05 01:04:53 UTC", and below it what it does: for messages.
std::string told(const Open& open);

}  // namespace sluice::candidate
