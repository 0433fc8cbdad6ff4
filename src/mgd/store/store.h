// store: configurations on disk: the committed one and those before it.
//
// What. A Store owns one folder. "sluice.conf" is the committed configuration in curly-brace text,
// "sluice.conf.1" the one before it, up to ".49". Each begins with a line that says when it was
// committed and by whom, so that the files are complete in themselves and readable with any pager.
//
// Why this way. A commit that was answered is still there after a power cut, and a crash at any
// moment leaves the old configuration or the new one, never a mix: the new text is written beside,
// synced, and renamed over; the old one is kept first, by a hard link.
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

#include "base/result.h"

namespace sluice::storage {

struct Saved {
  std::string text;  // curly braces
  std::int64_t unix_s = 0;
  std::string user;
};

class Store {
 public:
  // Makes the folder when it is missing.
  static Result<Store> open(std::filesystem::path directory);

  // Rollback `number`; 0 is the committed configuration. nullopt: there is none.
  [[nodiscard]] Result<std::optional<Saved>> load(unsigned number = 0) const;
  // Makes `saved` the committed configuration, on disk when this returns, and moves the others on.
  [[nodiscard]] Status save(const Saved& saved) const;

  static constexpr unsigned kRollbacks = 50;  // the committed one included

 private:
  explicit Store(std::filesystem::path directory) : directory_(std::move(directory)) {}
  [[nodiscard]] std::filesystem::path file(unsigned number) const;
  [[nodiscard]] Status keep_previous() const;

  std::filesystem::path directory_;
};

}  // namespace sluice::storage
