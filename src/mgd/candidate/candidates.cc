#include "mgd/candidate/candidates.h"

#include <fmt/format.h>

#include "base/time_text.h"

namespace sluice::candidate {
namespace {

Error locked_by(const Open& holder) {
  return {"lock-denied", "", "configuration database locked by:\n  " + told(holder)};
}

}  // namespace

std::string told(const Open& open) {
  const std::string_view mode = open.mode == Mode::exclusive      ? "exclusive "
                                : open.mode == Mode::private_copy ? "private "
                                                                  : "";
  return fmt::format("{} (pid {}) on since {}\n      {}{}", open.editor.user, open.editor.pid,
                     utc_time(open.since_unix_s), mode, hierarchy(open));
}

std::string hierarchy(const Open& open) {
  return open.edit.empty() ? "[edit]" : fmt::format("[edit {}]", open.edit);
}

Candidates::Candidates(const config::Schema& schema, commit::Parts parts) : schema_(schema), parts_(parts) {
  const auto kept = parts_.store != nullptr ? parts_.store->load_candidate()
                                            : Result<std::optional<std::string>>(std::nullopt);
  if (!kept || !*kept) return;
  // What does not read is lost: a power cut may have cut it off.
  if (auto tree = config::parse_text(schema_, **kept, "candidate.conf"))
    shared_.tree = config::share(std::move(*tree));
  if (!shared_changed()) drop_shared();  // it was committed, and a crash kept its file
}

Status Candidates::open(const Editor& editor, Mode mode) {
  const std::lock_guard guard(lock_);
  if (mode != Mode::shared) {
    if (auto may = may_begin_alone(editor.session); !may) return may;
  }
  release(editor.session);
  const Open open{editor, mode, parts_.now_unix_s()};
  if (mode == Mode::exclusive) holder_ = open;
  if (mode == Mode::private_copy) {
    private_.emplace(editor.session, Private{{}, parts_.running.committed().tree});
  }
  open_[editor.session] = open;
  return {};
}

void Candidates::close(unsigned session) {
  const std::lock_guard guard(lock_);
  release(session);
}

// What is not committed of a candidate that was one session's alone goes with it.
void Candidates::release(unsigned session) {
  private_.erase(session);
  open_.erase(session);
  if (!holder_ || holder_->editor.session != session) return;
  holder_.reset();
  drop_shared();
}

void Candidates::stand_at(unsigned session, const std::string& edit) {
  const std::lock_guard guard(lock_);
  if (const auto open = open_.find(session); open != open_.end()) open->second.edit = edit;
  if (holder_ && holder_->editor.session == session) holder_->edit = edit;
}

Status Candidates::lock(const Editor& editor) {
  const std::lock_guard guard(lock_);
  if (holder_) return locked_by(*holder_);
  if (auto may = may_begin_alone(editor.session); !may) return may;
  holder_ = Open{editor, Mode::exclusive, parts_.now_unix_s()};
  return {};
}

Status Candidates::unlock(unsigned session) {
  const std::lock_guard guard(lock_);
  if (!holder_ || holder_->editor.session != session) {
    return Error{"operation-failed", "", "the configuration database is not locked by this session"};
  }
  holder_.reset();
  drop_shared();
  const auto mine = open_.find(session);
  if (mine != open_.end() && mine->second.mode == Mode::exclusive) open_.erase(mine);
  return {};
}

std::vector<Open> Candidates::others(unsigned session) const {
  const std::lock_guard guard(lock_);
  std::vector<Open> found;
  for (const auto& [number, open] : open_) {
    if (number != session) found.push_back(open);
  }
  const bool holder_is_new =
      holder_ && holder_->editor.session != session && !open_.contains(holder_->editor.session);
  if (holder_is_new) found.push_back(*holder_);
  return found;
}

std::optional<Open> Candidates::holder() const {
  const std::lock_guard guard(lock_);
  return holder_;
}

config::SharedTree Candidates::tree_of(unsigned session) const {
  const auto own = private_.find(session);
  const Draft& draft = own != private_.end() ? own->second.draft : shared_;
  if (draft.tree) return draft.tree;
  return own != private_.end() ? own->second.base : parts_.running.committed().tree;
}

config::SharedTree Candidates::tree(unsigned session) const {
  const std::lock_guard guard(lock_);
  return tree_of(session);
}

bool Candidates::changed(unsigned session) const {
  const std::lock_guard guard(lock_);
  const auto own = private_.find(session);
  if (own == private_.end()) return shared_changed();
  return own->second.draft.tree && !config::diff(*own->second.base, *own->second.draft.tree).empty();
}

bool Candidates::shared_changed() const {
  return shared_.tree && !config::diff(*parts_.running.committed().tree, *shared_.tree).empty();
}

Status Candidates::may_edit(unsigned session) const {
  if (private_.contains(session)) return {};
  if (holder_ && holder_->editor.session != session) return locked_by(*holder_);
  if (auto free = commit::nothing_waits(parts_.running); !free) return free;
  if (!private_.empty()) {
    return Error{"in-use", "", "private edits in use. Try 'configure private' or 'configure exclusive'."};
  }
  return {};
}

// What is changed already would be mixed with what one session wants for itself.
Status Candidates::may_begin_alone(unsigned session) const {
  if (holder_ && holder_->editor.session != session) return locked_by(*holder_);
  if (holder_) return {};
  if (shared_changed()) return Error{"lock-denied", "", "configuration database modified"};
  return {};
}

Candidates::Draft& Candidates::draft_of(unsigned session) {
  const auto own = private_.find(session);
  return own != private_.end() ? own->second.draft : shared_;
}

Status Candidates::edit(unsigned session, const std::function<Status(config::Tree&)>& change) {
  const std::lock_guard guard(lock_);
  if (auto may = may_edit(session); !may) return may;
  config::Tree tree = tree_of(session)->copy();
  if (auto done = change(tree); !done) return done;
  return keep(session, std::move(tree));
}

Status Candidates::keep(unsigned session, config::Tree tree) {
  Draft& draft = draft_of(session);
  if (&draft == &shared_ && parts_.store != nullptr) {
    if (auto saved = parts_.store->save_candidate(config::to_curly(tree.root())); !saved) return saved;
  }
  draft.tree = config::share(std::move(tree));
  ++draft.version;
  return {};
}

Status Candidates::discard(unsigned session) {
  const std::lock_guard guard(lock_);
  if (auto may = may_edit(session); !may) return may;
  if (const auto own = private_.find(session); own != private_.end()) {
    own->second = Private{{}, parts_.running.committed().tree};
  } else {
    drop_shared();
  }
  return {};
}

void Candidates::drop_shared() {
  shared_.tree.reset();
  ++shared_.version;
  if (parts_.store != nullptr) parts_.store->remove_candidate();
}

Result<commit::Outcome> Candidates::commit(unsigned session, const commit::Request& request) {
  std::unique_lock guard(lock_);
  if (auto may = may_edit(session); !may) return may.error();
  const config::SharedTree tree = tree_of(session);
  const auto alone = private_.find(session);
  const config::SharedTree base = alone != private_.end() ? alone->second.base : nullptr;
  std::vector<std::string> clashes;
  // Who has a copy of his own is joined to what others have committed until his turn comes.
  const auto joined = [&]() -> config::SharedTree {
    if (base == nullptr) return tree;
    config::Tree merged = parts_.running.committed().tree->copy();
    clashes = config::carry_changes(*base, *tree, merged);
    return config::share(std::move(merged));
  };
  const std::uint64_t version = draft_of(session).version;
  guard.unlock();
  auto outcome = commit::run(parts_, joined, request);
  guard.lock();
  if (!outcome) return outcome;
  outcome->warnings.insert(outcome->warnings.begin(), clashes.begin(), clashes.end());
  if (request.mode != commit::Mode::commit || draft_of(session).version != version) return outcome;
  if (const auto own = private_.find(session); own != private_.end()) {
    own->second = Private{{}, parts_.running.committed().tree};
  } else {
    drop_shared();
  }
  return outcome;
}

// What was edited while it was checked was not part of it.
Result<bool> Candidates::commit_if_due() {
  auto done = commit::commit_if_due(parts_);
  const std::lock_guard guard(lock_);
  if (done && *done && !shared_changed()) drop_shared();
  return done;
}

}  // namespace sluice::candidate
