// What was committed, read back from disk, and what is said when it does not read.
#include <fmt/format.h>

#include "base/time_text.h"
#include "mgd/commit/commit.h"
#include "mgd/commit/schedule.h"
#include "mgd/commit/transaction.h"

namespace sluice::commit {
namespace {

// nullopt: there is no such file.
Result<std::optional<Committed>> read(const storage::Store& store, const config::Schema& schema,
                                      unsigned number) {
  auto saved = store.load(number);
  if (!saved) return saved.error();
  if (!*saved) return std::optional<Committed>();
  const std::string file = store.file(number);
  auto tree = tree_of(**saved, schema, file);
  if (!tree) return tree.error();
  // A commit refuses such a configuration, so this is what a crash or a full disk left, unless it is where an
  // unconfirmed first commit went back to: that one is complete.
  if (!tree->root() && !(*saved)->complete) return Error{"invalid-value", file, "the file has no statement"};
  if (auto valid = tree->validate(); !valid) return with_place(valid.error(), *tree, file);
  return std::optional<Committed>(Committed{config::share(std::move(*tree)),
                                            (*saved)->unix_s,
                                            (*saved)->user,
                                            {(*saved)->confirm_by_s, (*saved)->persist, 0}});
}

struct Rollback {
  unsigned number = 0;
  Committed committed;
};

// The newest that could be committed as it is. One that was to be confirmed may have been taken back since,
// so that is the last choice.
std::optional<Rollback> newest_rollback(const storage::Store& store, const config::Schema& schema) {
  std::optional<Rollback> unconfirmed;
  for (unsigned number = 1; number < storage::Store::kRollbacks; ++number) {
    auto rollback = read(store, schema, number);
    if (!rollback || !*rollback) continue;
    const bool is_final = (*rollback)->confirmation.by_s == 0;
    if (!is_final && unconfirmed) continue;
    (*rollback)->confirmation = {};
    (*rollback)->origin = Origin::rollback;
    Rollback found{number, std::move(**rollback)};
    if (is_final) return found;
    unconfirmed = std::move(found);
  }
  return unconfirmed;
}

// Of a file of an operator's own nobody knows.
std::string told(const Rollback& rollback) {
  const Committed& committed = rollback.committed;
  const std::string name = fmt::format("rollback {}", rollback.number);
  if (committed.unix_s == 0) return name;
  return fmt::format("{} (committed {} by {})", name, utc_time(committed.unix_s), committed.user);
}

// The first file that is there; nullopt: none is.
std::optional<std::filesystem::path> first_rollback(const storage::Store& store) {
  for (unsigned number = 1; number < storage::Store::kRollbacks; ++number) {
    std::error_code unreadable;
    if (std::filesystem::exists(store.file(number), unreadable)) return store.file(number);
  }
  return std::nullopt;
}

}  // namespace

Result<config::Tree> tree_of(const storage::Saved& saved, const config::Schema& schema,
                             const std::string& file) {
  return config::parse_text(schema, std::string(saved.lines_before, '\n') + saved.text, file);
}

void tell_damage(const Parts& parts) {
  const auto damage = parts.running.damage();
  if (!damage) return;
  const Origin origin = parts.running.committed().origin;
  const std::string remedy =
      damage->rollback.empty()
          ? "there is no rollback that reads well: 'sluice commit FILE' with a configuration of yours mends "
            "it"
          : fmt::format("'sluice commit {}' makes it the configuration", damage->rollback_file);
  std::string text = damage->what + "; ";
  if (origin == Origin::rollback) {
    text += damage->rollback + " stands in for it; ";
  } else {
    text += "sluice-flowd is left with what it runs";
    if (origin == Origin::flowd) text += ", which 'commit' in configuration mode makes the configuration";
    text += "; ";
    if (!damage->rollback.empty()) {
      text += fmt::format("the newest rollback that reads well is {}: ", damage->rollback);
    }
  }
  parts.alarms.raise(alarm::Kind::configuration, text + remedy);
}

namespace {

void restore_committed(const Parts& parts, const config::Schema& schema) {
  const storage::Store& store = *parts.store;
  auto committed = read(store, schema, 0);
  if (committed && *committed) return parts.running.replace(std::move(**committed));
  const auto first = first_rollback(store);
  if (committed && !first) return;  // a fresh machine
  const std::string why = committed ? fmt::format("is missing, though {} is there", first->string())
                                    : fmt::format("is damaged ({})", committed.error().text());
  Damage damage{.what = fmt::format("the committed configuration {} {}", store.file(0).string(), why)};
  auto rollback = newest_rollback(store, schema);
  if (rollback) {
    damage.rollback = told(*rollback);
    damage.rollback_file = store.file(rollback->number);
  }
  parts.running.stand_in(rollback ? std::optional(std::move(rollback->committed)) : std::nullopt,
                         std::move(damage));
  tell_damage(parts);
}

}  // namespace

void restore(const Parts& parts, const config::Schema& schema) {
  restore_committed(parts, schema);
  restore_scheduled(parts, schema);
}

Result<config::Tree> read_fallback(const storage::Store& store, const config::Schema& schema) {
  auto saved = store.load_fallback();
  if (!saved) return saved.error();
  if (!*saved) return Error{"operation-failed", "", "the configuration to go back to is missing"};
  return config::parse_text(schema, (*saved)->text, "sluice.conf.fallback");
}

Error with_place(Error error, const config::Tree& tree, std::string_view file) {
  const std::string place = tree.place(error.path);
  if (!place.empty()) error.path = fmt::format("{}:{}: {}", file, place, error.path);
  return error;
}

}  // namespace sluice::commit
