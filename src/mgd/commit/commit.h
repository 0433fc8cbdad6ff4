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
// When the disk's copy is damaged, what was committed is known from the newest whole copy of it. That is what
// flowd runs, if it runs anything: reconcile() takes it over, and traffic goes on. Otherwise (the machine
// started again) it is the newest rollback that reads well, which restore() lets stand in. An alarm says
// which, why, and what to do, and goes with every answer that depends on it; the next commit mends it, and
// puts the damaged file aside.
//
// A commit may have to be confirmed. It is committed as any other, and the file on disk says until when; so
// whoever reads it after a restart knows too. roll_back_if_due(), called every second, commits what was there
// before (run() again) when the time has come; any later commit confirms by replacing that file, and a check
// of one by writing its heading anew.
//
// A commit may wait for its time. It is checked at once, its whole file is kept beside the committed one, and
// until commit_if_due(), called every second, has made it the running configuration nothing else is
// committed. When that file is damaged, what was to be committed, or when, is not certain: nothing is, and
// `show system commit` says so until somebody clears it.
//
// Threads. A Running may be used by any thread: run() and reconcile() exclude each other by its
// commit lock; readers share the committed tree, which they take under a short lock of their own, and are
// never kept waiting by a commit in progress. Whoever waits for the lock gives up when nobody wants the
// answer any more: a client that left neither holds a place nor changes anything later.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/release.h"
#include "base/result.h"
#include "config/config.h"
#include "mgd/alarm/alarm.h"
#include "mgd/audit/audit.h"
#include "mgd/link/link.h"
#include "mgd/store/store.h"
#include "mgd/users/users.h"

namespace sluice::commit {

// That a commit is rolled back unless another one confirms it.
struct Confirmation {
  std::int64_t by_s = 0;  // Unix seconds; 0: the commit needs none
  std::string persist;    // the name by which any session may confirm or cancel it; empty: it has none
  // The session at whose end it is rolled back; 0: it does not depend on one, or that one is gone.
  unsigned session = 0;
};

// Where what counts as the committed configuration comes from: its file; or when that is damaged a rollback,
// or what flowd runs.
enum class Origin { committed, rollback, flowd };

// The committed configuration and who made it.
struct Committed {
  config::SharedTree tree;  // never null
  std::int64_t unix_s = 0;  // 0: nothing was ever committed, or nobody knows when
  std::string user;
  Confirmation confirmation = {};
  Origin origin = Origin::committed;
};

// Why the committed configuration on disk cannot be used, and what could be in its place.
struct Damage {
  std::string what;           // "the committed configuration FILE is damaged (...)"
  std::string rollback = {};  // the newest that reads well: "rollback 1 (committed ... by ...)"; empty: none
  std::string rollback_file = {};  // where that is
};

class Running {
 public:
  explicit Running(const config::Schema& schema)
      : committed_{config::share(config::Tree(schema)), 0, {}, {}} {}

  // As it is now: a later commit puts another tree in the place of this one.
  [[nodiscard]] Committed committed() const;
  // Ends a damage.
  void replace(Committed committed);
  // The committed configuration is damaged; nullopt: nothing stands in for it.
  void stand_in(std::optional<Committed> other, Damage damage);
  // What flowd runs, while the committed configuration is damaged.
  void take_over(config::Tree theirs);
  // nullopt: the configuration on disk can be used.
  [[nodiscard]] std::optional<Damage> damage() const;

  [[nodiscard]] Confirmation confirmation() const;
  // The time to confirm is over for a commit that depends on this session.
  void make_due(unsigned session);
  // It needs no confirmation any more.
  void confirm();
  // The heading of the commit that waits for its time; nullopt: there is none.
  [[nodiscard]] std::optional<storage::Saved> scheduled() const;
  void set_scheduled(std::optional<storage::Saved> heading);
  // `system junos-release`, kept apart because every reply needs it.
  [[nodiscard]] Release release() const;
  // `system host-name`, or the machine's own; kept apart for every line of the audit log.
  [[nodiscard]] std::string host_name() const;
  // `system login`, kept apart for the same reason.
  [[nodiscard]] std::shared_ptr<const users::Login> login() const;

  // One commit or reconciliation at a time.
  std::timed_mutex& commit_lock() { return commit_lock_; }

 private:
  void set(Committed committed);

  std::timed_mutex commit_lock_;
  mutable std::mutex lock_;  // of what follows
  Committed committed_;
  Release release_ = kDefaultRelease;
  std::shared_ptr<const users::Login> login_ = std::make_shared<const users::Login>();
  std::string host_name_;  // empty: none is configured
  std::optional<Damage> damage_;
  std::optional<storage::Saved> scheduled_;
};

std::int64_t clock_unix_s();
// Tells one start of the machine from another; empty: nobody knows.
std::string machine_boot();

// What a commit works on, made once by main.
struct Parts {
  Running& running;
  alarm::Alarms& alarms;
  const storage::Store* store;  // null: nothing is kept on disk (sluice-replay)
  const link::Flowd& flowd;
  std::int64_t (*now_unix_s)() = clock_unix_s;
  audit::Log* audit = nullptr;  // null: nobody keeps account (sluice-replay)
  std::string (*boot)() = machine_boot;
};

// `check` finds out whether it could be committed, and confirms the commit before it as Junos does;
// `validate` only finds out. `later` checks, and commits when its time has come.
enum class Mode { commit, check, validate, later };

// When a commit is to be made: a time, or once the machine has started again.
struct When {
  std::int64_t unix_s = 0;  // 0: at the next start
};
// "21:30[:15]" of today, "2026-11-30 21:30[:15]" (UTC both), "reboot". A time is a minute away or more.
Result<When> when_of(std::string_view text, std::int64_t now_unix_s);
// "2026-11-30 21:30:00 UTC", or "reboot".
std::string time_of(When when);

// Whether somebody still waits for an answer; empty: yes.
using Wanted = std::function<bool()>;

// Who commits, how, and what is kept of it.
struct Request {
  std::string user;
  std::string client = "other";  // "cli", "netconf"
  std::string comment = {};
  Mode mode = Mode::commit;
  When when = {};                      // of Mode::later
  std::uint32_t confirm_within_s = 0;  // 0: the commit is final, and confirms the one before it
  std::string persist = {};
  unsigned session = 0;      // as in Confirmation
  bool administers = false;  // whether it may change 'system login'
  Wanted wanted = {};
  // All that keeps the candidate from being committed, where the error only sums that up; null: nobody reads
  // it, and the first of it is the error.
  std::vector<Error>* problems = nullptr;
};

struct Outcome {
  std::uint64_t sessions_ended = 0;
  std::vector<std::string> warnings;
};

// Makes `candidate` the running configuration, or only finds out whether it could be.
Result<Outcome> run(const Parts& parts, const config::SharedTree& candidate, const Request& request);
// The same of a candidate that depends on what is committed: it is made when this commit's turn has come, and
// nobody else commits until it is done.
using MadeInTurn = std::function<config::SharedTree()>;
Result<Outcome> run(const Parts& parts, const MadeInTurn& candidate, const Request& request);

// Goes back from a commit that nobody confirmed in time, or whose session ended. True: it did so; false:
// there was no reason to. An Error: there was, and it has to be tried again.
Result<bool> roll_back_if_due(const Parts& parts);
// The same at once, on request.
Status cancel(const Parts& parts, const Wanted& wanted = {});
// A session ended: a commit that depends on it is due to be rolled back. Waits for nobody.
void end_session(const Parts& parts, unsigned session);

// Makes the commit whose time has come. True: it did so; false: there is none. An Error: while flowd does not
// answer it is tried again; one that is refused is cancelled; one whose file is damaged is never made.
Result<bool> commit_if_due(const Parts& parts);
// True: a commit that waited is cancelled, or its damaged file is gone; false: there was none.
Result<bool> cancel_scheduled(const Parts& parts, const Wanted& wanted = {});
// An Error while a commit waits for its time: nothing else may be committed.
Status nothing_waits(const Running& running);

// Reads the committed configuration from disk, and the commit that waits; there must be a store. When it is
// there and cannot be used, another stands in for it, and there is an alarm.
void restore(const Parts& parts, const config::Schema& schema);

// What an unconfirmed commit goes back to: an empty configuration when there was none before it.
Result<config::Tree> read_fallback(const storage::Store& store, const config::Schema& schema);

// An error of a whole configuration points into the text that it was read from too.
Error with_place(Error error, const config::Tree& tree, std::string_view file);

// Gives flowd the running configuration unless it runs that one already. True: it was given. When the
// committed one is damaged and flowd runs one, that becomes the running one instead.
Result<bool> reconcile(const Parts& parts);

}  // namespace sluice::commit
