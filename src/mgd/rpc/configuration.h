// What the handlers about configuration share. Private to the room.
#pragma once

#include "mgd/rpc/rpc.h"

namespace sluice::rpc {

// A committed configuration by its rollback number, as it was saved.
struct Rollback {
  config::SharedTree tree;
  std::int64_t unix_s = 0;
  std::string user;
};
Result<Rollback> read_rollback(const Context& context, unsigned number);

// What stands in the file that a command names, which its caller sent along.
Result<std::string_view> file_content(const Inputs& inputs);

// A difference as programs and operators get it: one element of text that begins with a line end.
void difference_element(render::Sink& sink, const std::string& difference);

// What leads from one configuration to another, below a statement, as far as the caller may see it.
std::string difference(const config::Tree& before, const config::Tree& after, std::string_view path,
                       const Context& context);

// The reply to a commit. `output`: what else there is to know of it; empty: nothing.
void commit_element(render::Sink& sink, commit::Mode mode, const commit::Outcome& outcome,
                    std::string_view output = {});

// Whether the caller still waits for the answer.
commit::Wanted wanted_by(const render::Sink& sink);

// A commit of the caller's.
commit::Request commit_request(const Context& context, const render::Sink& sink);

// The candidates, for handlers that need them.
Result<candidate::Candidates*> candidates_of(const Context& context);
candidate::Editor editor_of(const Context& context);

// While the committed configuration is damaged a refused commit says that too.
Error with_damage(Error error, const Context& context);

}  // namespace sluice::rpc
