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

// What an operator can do: the newest rollback that could be committed as it is.
std::string remedy(const storage::Store& store, const config::Schema& schema) {
  for (unsigned number = 1; number < storage::Store::kRollbacks; ++number) {
    const auto rollback = read(store, schema, number);
    if (!rollback || !*rollback) continue;
    const std::string file = store.file(number);
    return fmt::format(
        "the newest rollback that reads well is {} (committed {} by {}): "
        "'sluice commit {}' makes it the configuration",
        file, utc_time((*rollback)->unix_s), (*rollback)->user, file);
  }
  return "there is no rollback that reads well: 'sluice commit FILE' with a configuration of yours mends it";
}

bool has_rollbacks(const storage::Store& store) {
  std::error_code unreadable;
  return std::filesystem::exists(store.file(1), unreadable);
}

}  // namespace

Result<config::Tree> tree_of(const storage::Saved& saved, const config::Schema& schema,
                             const std::string& file) {
  return config::parse_text(schema, std::string(saved.lines_before, '\n') + saved.text, file);
}

void restore(const Parts& parts, const config::Schema& schema) {
  const storage::Store& store = *parts.store;
  restore_scheduled(parts, schema);
  auto committed = read(store, schema, 0);
  if (committed && *committed) return parts.running.replace(std::move(**committed));
  if (committed && !has_rollbacks(store)) return;  // a fresh machine
  const std::string file = store.file(0);
  const std::string why = committed ? fmt::format("is missing, though {} is there", store.file(1).string())
                                    : fmt::format("is damaged ({})", committed.error().text());
  parts.running.set_damage(
      fmt::format("the committed configuration {} {}; sluice-flowd is left with what it "
                  "runs; {}",
                  file, why, remedy(store, schema)));
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
