// store: configurations on disk: the committed one and those before it.
//
// What. A Store owns one folder. "sluice.conf" is the committed configuration in curly-brace text,
// "sluice.conf.1" the one before it, up to ".49". Each begins with a line that says when it was
// committed and by whom, so that the files are complete in themselves and readable with any pager, and
// ends with a line by which a file that was cut off is known: half a configuration may read well.
//
// Why this way. A commit that was answered is still there after a power cut, and a crash at any
// moment leaves the old configuration or the new one, never a mix: the new text is written beside,
// synced, and renamed over; the old one is kept first, by a hard link.
//
// Besides, "sluice.conf.fallback" is where a commit goes back to that nobody confirms (a link to the file, so
// that it is found however the rollbacks have moved on), "candidate.conf" is what is being edited, and
// "scheduled.conf" is a commit that waits for its time.
//
// Threads. The caller serializes save(); reads may happen at any time.
//
// The namespace is not called as the room is: sluice::store() puts an integer in a packet (base/wire.h), and
// sluice-replay knows both.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::storage {

struct Saved {
  std::string text;  // curly braces
  std::int64_t unix_s = 0;
  std::string user;
  std::string client = {};  // "cli", "netconf", "other"; empty: not known
  std::string comment = {};
  std::int64_t confirm_by_s = 0;  // when it is rolled back unless confirmed; 0: it needs no confirmation
  std::string persist = {};       // the name by which others may confirm it
  // Of a commit that waits: until when; or the start of the machine after which it waits for the next one.
  std::int64_t scheduled_s = 0;
  std::string scheduled_boot = {};
  bool complete = false;      // the file says that it ends where it does
  unsigned lines_before = 0;  // of the file, before `text`: what load() took off
};

// A commit that is kept, without its text.
struct Kept {
  unsigned number = 0;  // of the rollback; 0: the committed one
  Saved saved;          // as far as the file says it
  std::string damage;   // why it cannot be read, or that it was cut off; empty: neither
};

// What becomes of the file that is replaced: the newest rollback; or, when it does not read, it is put aside
// as "sluice.conf.damaged" (".1" and so on, when there is one), so that it takes no rollback's place and
// nothing of it is lost; or it goes, as the same commit is saved again with another heading.
enum class Previous { rollback, damaged, same };

class Store {
 public:
  // Makes the folder when it is missing.
  static Result<Store> open(std::filesystem::path directory);

  // Rollback `number`; 0 is the committed configuration. nullopt: there is none. An Error: it is there, and
  // cannot be read or was cut off.
  [[nodiscard]] Result<std::optional<Saved>> load(unsigned number = 0) const;
  // Makes `saved` the committed configuration, on disk when this returns, and moves the others on.
  [[nodiscard]] Status save(const Saved& saved, Previous previous = Previous::rollback) const;

  // The commits that are kept, the newest first.
  [[nodiscard]] std::vector<Kept> history() const;

  // The configuration to which an unconfirmed commit goes back; it has no statement when there was none
  // before.
  [[nodiscard]] Result<std::optional<Saved>> load_fallback() const;
  // Before one that is to be confirmed is saved; on disk when this returns.
  [[nodiscard]] Status save_fallback(const Saved& saved) const;

  // The commit that waits for its time, whole and on disk when save_scheduled() returns.
  [[nodiscard]] Result<std::optional<Saved>> load_scheduled() const;
  [[nodiscard]] Status save_scheduled(const Saved& saved) const;
  [[nodiscard]] Status remove_scheduled() const;

  // The candidate that all editors share: a text of its own, kept from edit to edit.
  [[nodiscard]] Result<std::optional<std::string>> load_candidate() const;
  [[nodiscard]] Status save_candidate(std::string_view text) const;
  void remove_candidate() const;
  // What a load left out, for whoever goes through it afterwards; answers where it is. The last one is kept.
  [[nodiscard]] Result<std::filesystem::path> save_report(std::string_view text) const;

  // Where rollback `number` is.
  [[nodiscard]] std::filesystem::path file(unsigned number) const;
  // Where Previous::damaged goes first.
  [[nodiscard]] std::filesystem::path damaged_file() const { return directory_ / "sluice.conf.damaged"; }
  // Where the commit is that waits for its time.
  [[nodiscard]] std::filesystem::path scheduled_file() const { return directory_ / "scheduled.conf"; }

  static constexpr unsigned kRollbacks = 50;  // the committed one included

 private:
  explicit Store(std::filesystem::path directory) : directory_(std::move(directory)) {}
  [[nodiscard]] std::filesystem::path fallback_file() const { return directory_ / "sluice.conf.fallback"; }
  [[nodiscard]] std::filesystem::path candidate_file() const { return directory_ / "candidate.conf"; }
  [[nodiscard]] Status replace(const std::filesystem::path& path, const Saved& saved) const;
  // Synced and beside `path`; answers where.
  [[nodiscard]] Result<std::filesystem::path> write_beside(const std::filesystem::path& path,
                                                           const Saved& saved) const;
  [[nodiscard]] Status keep_previous(Previous previous) const;
  [[nodiscard]] Status put_aside() const;

  std::filesystem::path directory_;
};

}  // namespace sluice::storage
