// rpc: every operation there is, and the one handler of each.
//
// What. operations() is the table: the words an operator types, the YANG rpc they stand for, the
// handler that answers it and the layout that prints the answer. dispatch() is the only way to a
// handler, whichever door the request came through, and the only place that asks whether the caller
// may. A handler gets checked inputs, asks flowd or the committed configuration, and tells its reply
// to a Sink; it never prints and knows nothing of doors.
//
// How to add a command: an rpc in yang/, a handler file here (declared in handlers.h), a layout file
// in mgd/render (declared in layouts.h), one line in operations.cc.
//
// Threads. Handlers run on the thread of the connection that asked; what they share is in Context.
#pragma once

#include <functional>
#include <pugixml.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mgd/candidate/candidates.h"
#include "mgd/command/command.h"
#include "mgd/commit/commit.h"
#include "mgd/doors/message.h"
#include "mgd/link/link.h"
#include "mgd/render/profile.h"
#include "mgd/render/sink.h"
#include "mgd/render/text.h"

namespace sluice::rpc {

// The management connection a request came through, when it is a network one (SSH): `clear` ends it
// last. Addresses in wire order; empty: none.
struct Connection {
  std::string client_address, server_address;
  std::uint16_t client_port = 0, server_port = 0;
};

// Who asks: the socket's peer credential.
struct Caller {
  std::string user;
  unsigned uid = 0;
  Connection connection;
  int pid = 0;
  unsigned session = 0;          // 0: it has none (sluice-replay)
  std::string client = "other";  // what commits it makes are noted as: "cli", "netconf"

  // Where it comes from, for the audit log: an address, or "local".
  [[nodiscard]] std::string source() const;
};

// The inputs of one request. Values have passed the schema's types.
class Inputs {
 public:
  explicit Inputs(std::vector<command::Input> inputs, pugi::xml_node element = {})
      : inputs_(std::move(inputs)), element_(element) {}

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  // Empty when it was not given.
  [[nodiscard]] std::string_view text(std::string_view name) const;
  // 0 when it was not given.
  [[nodiscard]] std::uint64_t number(std::string_view name) const;
  [[nodiscard]] const std::vector<command::Input>& all() const { return inputs_; }
  // Whether the request came as an rpc by its own name, not as a command.
  [[nodiscard]] bool from_program() const { return static_cast<bool>(element_); }
  // The element of that rpc below the request's own, for inputs that are XML; false: there is none.
  [[nodiscard]] pugi::xml_node element(std::string_view name) const;

 private:
  [[nodiscard]] const command::Input* find(std::string_view name) const;
  std::vector<command::Input> inputs_;
  pugi::xml_node element_;
};

using doors::child_named;
using doors::local_name;

struct Context {
  const config::Schema& schema;
  commit::Parts parts;
  Caller caller;
  render::Profile profile = render::kDefaultProfile;
  // What is being edited; null: nothing can be (sluice-replay).
  candidate::Candidates* candidates = nullptr;
  // What the operator could type, and where; null: nothing is typed (sluice-replay).
  const command::Grammar* grammar = nullptr;
  command::Mode mode = command::Mode::operational;
  // In configuration mode: the statement's words below which commands are meant; a handler may lead
  // elsewhere. Null: nobody is anywhere (sluice-replay).
  std::string* edit = nullptr;
  // Who watches how far a long operation is; empty: nobody does.
  link::Flowd::Tell progress = {};
  // What a success comes with; null: nobody reads it (sluice-replay).
  std::vector<Error>* warnings = nullptr;
  // What a refusal only sums up; null: nobody reads it.
  std::vector<Error>* problems = nullptr;
  // The operator was asked what the command asks, and said yes.
  bool confirmed = false;
  // What the command line is to run with its operator's rights: a program and its arguments. Null: nobody
  // would (a program asks).
  std::vector<std::string>* program = nullptr;
};
inline void warn(const Context& context, const std::vector<Error>& warnings) {
  if (context.warnings == nullptr) return;
  context.warnings->insert(context.warnings->end(), warnings.begin(), warnings.end());
}

// An Error's path may name the input that is wrong, or with "NAME:N" its byte N.
using Handler = Status (*)(const Inputs& inputs, const Context& context, render::Sink& sink);

// What an answer shows: the configuration, and then it comes with a warning when the committed one is
// damaged or not in force, or what the data plane does.
enum class Shows { data_plane, configuration };

// What a success of the command does to its operator, which the command line is told: some lead elsewhere,
// for some he runs a program of the machine.
enum class Operator { stays, moves, runs };

struct Operation {
  command::Entry command;
  // Null: there is nothing to do but to tell the command line.
  Handler handle;
  const render::TextLayout* layout;
  Shows shows = Shows::data_plane;
  Operator moves = Operator::stays;
};

// The table, in the order of the words.
std::span<const Operation> operations();
// Its commands, for the grammar.
std::vector<command::Entry> commands();
// By the rpc's name; nullptr: there is no such operation.
const Operation* find_operation(std::string_view rpc);

// Whether the caller may give a command that needs a permission; an Error of "access-denied" if not.
Status authorize(std::string_view permission, std::string_view command, const Context& context);
// The same for what is not in the table, then `act`; and the audit log, which has how that went.
Status act_and_record(std::string_view permission, const std::string& command, const Context& context,
                      const std::function<Status()>& act);
// Whether the caller's class has a permission.
bool caller_has(std::string_view permission, const Context& context);

// Whether the caller may, then the handler; and the audit log, of what changes something or was denied.
Status dispatch(const Operation& operation, const Inputs& inputs, const Context& context, render::Sink& sink);

}  // namespace sluice::rpc
