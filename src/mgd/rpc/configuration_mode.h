// Configuration mode: its commands said as the operations on the candidate that they are.
#pragma once

#include "mgd/rpc/rpc.h"

namespace sluice::rpc {

// set, activate, deactivate, rename, copy, insert and annotate: `verb` with the input `statement`.
Status obey_statement(std::string_view verb, const Inputs& inputs, const Context& context,
                      render::Sink& sink);
Status delete_statement(const Inputs& inputs, const Context& context, render::Sink& sink);
// These lead to another statement.
Status edit_statement(const Inputs& inputs, const Context& context, render::Sink& sink);
Status edit_top(const Inputs& inputs, const Context& context, render::Sink& sink);
Status edit_up(const Inputs& inputs, const Context& context, render::Sink& sink);
// The statement below which a command is meant that is said to be from elsewhere.
std::string place_of(command::From from, const Context& context);
Status show_candidate(const Inputs& inputs, const Context& context, render::Sink& sink);
Status load_file(const Inputs& inputs, const Context& context, render::Sink& sink);
Status commit_changes(const Inputs& inputs, const Context& context, render::Sink& sink);
// What is found by regular expressions: deleted, or replaced in names and values.
Status wildcard_delete(const Inputs& inputs, const Context& context, render::Sink& sink);
Status replace_pattern(const Inputs& inputs, const Context& context, render::Sink& sink);
Status rollback_candidate(const Inputs& inputs, const Context& context, render::Sink& sink);

// What may follow in a row of statement words.
command::Suggestions suggest_statements(std::string_view kind, std::string_view text, const Context& context,
                                        command::From from);

// A row of statement words, below the statement that is edited, with those in full that were typed short. Who
// may not give the command is told nothing of what is configured.
config::InFull in_full(const command::Rpc& command, const command::Parameter& row, std::string_view text,
                       const Context& context);

}  // namespace sluice::rpc
