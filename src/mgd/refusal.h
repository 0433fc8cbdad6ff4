// How an error is told to who asked: the command line shows it, so it gets its words and the place in them;
// a program gets the parts that RFC 6241 and Junos have for it.
#pragma once

#include <string_view>

#include "config/config.h"
#include "mgd/command/rpc_schema.h"
#include "mgd/doors/rpc_error.h"

namespace sluice::mgd {

// What was asked, as far as that is known when something is to be told.
struct Question {
  bool on_command_line = false;
  const command::Rpc* rpc = nullptr;  // null: none that is known
  std::string_view typed = {};        // the command; empty: it came as an rpc by its own name
};

// For a program:
//   an input that is wrong is error-type protocol, and the bad-element; error-path is its element, as XPath;
//   a statement is an error-path as in Junos, "[edit system login]";
//   a place in a text stands before the message of an error, in <place> beside that of a warning, because
//   Junos's clients compare the words of warnings;
//   who may not is told "permission denied" alone, as those clients expect it, and why in <reason>.
doors::RpcError told(const Error& error, const Question& question, const config::Schema& schema,
                     doors::Severity severity = doors::Severity::error);

// One of several problems of a configuration, as Junos shows it to an operator: the block and the statement
// in it apart. For a program it stays as it is.
Error stated(Error problem, const Question& question, const config::Schema& schema);

}  // namespace sluice::mgd
