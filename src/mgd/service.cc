#include "mgd/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "base/xml_text.h"
#include "mgd/command/element_inputs.h"
#include "mgd/command/token.h"
#include "mgd/render/xml.h"
#include "mgd/rpc/configuration_mode.h"
#include "mgd/rpc/ip.h"
#include "mgd/rpc/live_names.h"

namespace sluice::mgd {
namespace {

using command::Display;

bool is_command_line(const rpc::Context& context) {
  return context.caller.client == doors::kCommandLine;
}

Status check_length(std::string_view command) {
  constexpr std::size_t kLongestCommand = 65536;
  if (command.size() <= kLongestCommand) return {};
  return Error{"invalid-value", "", fmt::format("a command has at most {} characters", kLongestCommand)};
}

Display display_named(std::string_view format) {
  if (format == "set") return Display::set;
  return format == "text" ? Display::text : format == "json" ? Display::json : Display::xml;
}

// "192.0.2.7 50412 192.0.2.1 22", as sshd sets SSH_CONNECTION.
rpc::Connection connection_of(const std::string& text) {
  std::istringstream words(text);
  std::string client, server;
  rpc::Connection connection;
  if (!(words >> client >> connection.client_port >> server >> connection.server_port)) return {};
  connection.client_address = rpc::address_bytes(client).value_or("");
  connection.server_address = rpc::address_bytes(server).value_or("");
  if (connection.client_address.empty() || connection.server_address.empty()) return {};
  return connection;
}

std::string_view xml_mark(char mark) {
  return mark == '>' ? "&gt;" : mark == '+' ? "+" : " ";
}

std::string word_at(std::string_view line, std::size_t position) {
  line = line.substr(std::min(position, line.size()));
  return std::string(line.substr(0, line.find_first_of(" \t|")));
}

// Where in the line the input is that an error names: NAME, or NAME:BYTE.
std::optional<std::size_t> place_of(const Error& error, const rpc::Inputs& inputs) {
  const std::string_view path = error.path;
  const std::string_view name = path.substr(0, path.find(':'));
  for (const command::Input& input : inputs.all()) {
    if (input.name != name) continue;
    std::size_t byte = 0;
    if (name.size() < path.size()) {
      const auto [end, failure] =
          std::from_chars(path.data() + name.size() + 1, path.data() + path.size(), byte);
      if (failure != std::errc{} || end != path.data() + path.size()) return std::nullopt;
    }
    if (!input.typed.empty()) byte = command::place_of_same_word(input.typed, input.value, byte);
    return input.position + byte;
  }
  return std::nullopt;
}

// The operation is the command line's own, or leads its operator elsewhere; for a program, which has no
// screen, there is nothing to do.
void hand_back(const rpc::Operation& operation, const rpc::Inputs& inputs, const rpc::Context& context,
               doors::Reply& reply) {
  if (!is_command_line(context)) return;
  std::string text = fmt::format("<cli-action name=\"{}\">", operation.command.rpc);
  for (const command::Input& input : inputs.all()) {
    text += fmt::format("<{}>", input.name);
    append_xml_text(text, input.value);
    text += fmt::format("</{}>", input.name);
  }
  if (const std::string& edit = *context.edit; !edit.empty()) {
    text += "<edit>";
    append_xml_text(text, edit);
    text += "</edit>";
  }
  reply.write(text + "</cli-action>\n");
}

void hand_program(const std::vector<std::string>& words, doors::Reply& reply) {
  std::string text = fmt::format("<cli-action name=\"{}\">", doors::kRunProgram);
  for (const std::string& word : words) {
    text += "<word>";
    append_xml_text(text, word);
    text += "</word>";
  }
  reply.write(text + "</cli-action>\n");
}

// Whether pipes are to do something with the answer's text.
bool is_filtered(const command::Command& command) {
  using command::Pipe, command::PipeKind;
  const bool plain = command.display == Display::text || command.display == Display::rpc;
  return !plain || command.destination.kind != command::Destination::Kind::screen ||
         std::ranges::any_of(command.pipes, [](const Pipe& pipe) { return pipe.kind != PipeKind::no_more; });
}

// What the command line is to know before the text comes.
void announce(const command::Command& command, const rpc::Inputs& inputs, doors::Reply& reply) {
  using Kind = command::Destination::Kind;
  std::string text;
  if (std::ranges::find(command.pipes, command::PipeKind::no_more, &command::Pipe::kind) !=
      command.pipes.end()) {
    text += " more=\"no\"";
  }
  if (inputs.has("compare")) append_xml_attribute(text, "form", "difference");
  if (command.destination.kind != Kind::screen) {
    append_xml_attribute(text, command.destination.kind == Kind::save ? "save" : "append",
                         command.destination.file);
  }
  if (!text.empty()) reply.write(fmt::format("<cli-output{}/>", text));
}

}  // namespace

std::vector<std::string> ManagementService::capabilities() const {
  return {"urn:ietf:params:netconf:capability:candidate:1.0",
          "urn:ietf:params:netconf:capability:confirmed-commit:1.0",
          "urn:ietf:params:netconf:capability:confirmed-commit:1.1",
          "urn:ietf:params:netconf:capability:rollback-on-error:1.0",
          "urn:ietf:params:netconf:capability:validate:1.0",
          "urn:ietf:params:netconf:capability:validate:1.1",
          "urn:ietf:params:netconf:capability:xpath:1.0",
          "http://xml.juniper.net/netconf/junos/1.0"};
}

void ManagementService::greet(const doors::Peer& peer, const rpc::Caller& caller) {
  if (parts_.audit == nullptr) return;
  {
    const std::lock_guard guard(lock_);
    if (!greeted_.emplace(caller.session, caller.source()).second) return;
  }
  const auto login = parts_.running.login();
  const users::Class& group = login->class_of(peer.user, peer.uid);
  Status came;
  if (group.name() == users::kUnauthorized) {
    came = Error{"access-denied", "", fmt::format("class '{}' may do nothing", group.name())};
  }
  note_login(peer, caller.source(), caller.client, came);
}

void ManagementService::note_login(const doors::Peer& peer, const std::string& source,
                                   std::string_view client, const Status& came) {
  using audit::Outcome;
  const auto login = parts_.running.login();
  const bool denied = !came && came.error().tag == "access-denied";
  parts_.audit->write(
      {.tag = "UI_LOGIN_EVENT",
       .message = fmt::format("User '{}' login{}, class '{}' [{}], source '{}', client-mode '{}'", peer.user,
                              came ? "" : " refused", login->class_of(peer.user, peer.uid).name(), peer.pid,
                              source, client),
       .user = peer.user,
       .source = source,
       .command = {},
       .outcome = came     ? Outcome::done
                  : denied ? Outcome::denied
                           : Outcome::failed,
       .reason = came ? std::string() : came.error().message});
}

// Who comes again and again is not to drive everything else out of the log.
void ManagementService::turned_away(const doors::Peer& peer, const Error& why) {
  if (parts_.audit == nullptr) return;
  const std::int64_t now_s = parts_.now_unix_s();
  {
    const std::lock_guard guard(lock_);
    if (std::exchange(turned_away_s_[peer.uid], now_s) == now_s) return;
  }
  note_login(peer, {}, {}, why);
}

// Where a session ends by another's word.
Status ManagementService::end(const doors::Peer& peer, unsigned session,
                              const std::function<Status()>& kill) {
  const rpc::Caller caller{.user = peer.user,
                           .uid = peer.uid,
                           .connection = connection_of(peer.spoken_for.value_or("")),
                           .pid = peer.pid,
                           .session = peer.session,
                           .client = "netconf"};
  const rpc::Context context{schema_, parts_, caller, profile(), &candidates_, &grammar_};
  return rpc::act_and_record("maintenance", fmt::format("kill-session {}", session), context, kill);
}

std::uint64_t ManagementService::idle_limit_s(const doors::Peer& peer) {
  return parts_.running.login()->idle_timeout_min(peer.user, peer.uid) * 60;
}

void ManagementService::idle(const doors::Peer& peer) {
  note("UI_CLI_IDLE_TIMEOUT",
       fmt::format("Idle timeout for user '{}' exceeded and session terminated", peer.user), peer);
}

// Who asked nothing was not greeted, and nothing is noted of him.
void ManagementService::note(std::string_view tag, const std::string& message, const doors::Peer& peer) {
  std::string source;
  {
    const std::lock_guard guard(lock_);
    const auto greeted = greeted_.find(peer.session);
    if (greeted == greeted_.end()) return;
    source = greeted->second;
  }
  parts_.audit->write(
      {.tag = tag, .message = message, .user = peer.user, .source = source, .command = {}, .reason = {}});
}

void ManagementService::ended(const doors::Peer& peer) {
  note("UI_LOGOUT_EVENT", fmt::format("User '{}' logout", peer.user), peer);
  {
    const std::lock_guard guard(lock_);
    greeted_.erase(peer.session);
  }
  candidates_.close(peer.session);
  commit::end_session(parts_, peer.session);
}

// Where the lock is the reason, its holder is told (RFC 6241, appendix A).
void ManagementService::refuse(doors::Reply& reply, const Error& error, const Question& question,
                               std::optional<std::size_t> position) const {
  doors::RpcError refusal = told(error, question, schema_);
  if (position && refusal.error.element.empty()) refusal.error.element = word_at(question.typed, *position);
  if (position) refusal.info += fmt::format("<position>{}</position>", *position);
  if (error.tag == "lock-denied") {
    const auto holder = candidates_.holder();
    refusal.info += fmt::format("<session-id>{}</session-id>", holder ? holder->editor.session : 0);
  }
  std::string text;
  doors::append_rpc_error(text, refusal);
  reply.write(text);
}

void ManagementService::warn(doors::Reply& reply, const Error& warning, const Question& question) const {
  std::string text;
  doors::append_rpc_error(text, told(warning, question, schema_, doors::Severity::warning));
  reply.write(text);
}

render::Profile ManagementService::profile() const {
  return parts_.running.release();
}

std::string ManagementService::reply_attributes() const {
  return fmt::format(" xmlns:junos=\"{}\"", render::namespace_of(profile(), "junos"));
}

void ManagementService::answer(const doors::Peer& peer, const pugi::xml_node& rpc, doors::Reply& reply) {
  doors::Origin origin = doors::origin_of(peer, rpc);
  const rpc::Caller caller{.user = peer.user,
                           .uid = peer.uid,
                           .connection = connection_of(origin.ssh_connection),
                           .pid = peer.pid,
                           .session = peer.session,
                           .client = std::move(origin.client)};
  const pugi::xml_node body = doors::first_element(rpc);
  const bool configuring = std::string_view(body.attribute("mode").value()) == "configuration";
  const command::Mode mode = configuring ? command::Mode::configuration : command::Mode::operational;
  std::string edit = body.attribute("edit").value();
  std::vector<Error> warnings, problems;
  std::vector<std::string> program;
  const bool at_command_line = caller.client == doors::kCommandLine;
  const rpc::Context context{.schema = schema_,
                             .parts = parts_,
                             .caller = caller,
                             .profile = profile(),
                             .candidates = &candidates_,
                             .grammar = &grammar_,
                             .mode = mode,
                             .edit = &edit,
                             .warnings = &warnings,
                             .problems = &problems,
                             .confirmed = static_cast<bool>(body.attribute("confirmed")),
                             .program = at_command_line ? &program : nullptr};
  if (configuring) candidates_.stand_at(peer.session, edit);
  greet(peer, caller);
  if (rpc::local_name(body) == "command") {
    answer_command(body, context, reply);
    remind(context, reply);
  } else if (rpc::local_name(body) == "complete") {
    answer_completion(body, context, reply);
  } else {
    answer_rpc(body, context, reply);
  }
}

void ManagementService::answer_command(const pugi::xml_node& element, const rpc::Context& context,
                                       doors::Reply& reply) {
  const std::string_view line = element.text().get();
  Question question{.on_command_line = is_command_line(context), .typed = line};
  if (auto length = check_length(line); !length) {
    question.typed = {};
    return refuse(reply, length.error(), question);
  }
  command::Parsed parsed = grammar_.parse(line, context.mode);
  if (!parsed.command) return refuse(reply, parsed.command.error(), question, parsed.error_position);
  command::Command& command = *parsed.command;
  // A file that the command names comes with it, read by the caller.
  for (const pugi::xml_node& file : element.parent().children("file")) {
    const std::string_view name = file.attribute("name").value();
    const auto named = [&](const command::Input& input) {
      return input.name == "file" && input.value == name;
    };
    if (std::ranges::any_of(command.inputs, named)) {
      command.inputs.push_back({"configuration-text", file.text().get(), 0});
    }
  }
  *context.edit = rpc::place_of(command.from, context);
  if (!say_in_full(command, question, context, reply)) return;
  const std::string_view format = element.attribute("format").as_string("xml");
  const rpc::Inputs inputs(std::move(command.inputs));
  const Display display = command.display_given ? command.display : display_named(format);
  const rpc::Operation& operation = rpc::operations()[command.entry];
  question.rpc = rpcs_.find(operation.command.rpc);
  const bool moves = operation.moves == rpc::Operator::moves;
  const bool runs = operation.moves == rpc::Operator::runs;
  if (moves && operation.command.mode != context.mode) {
    return refuse(reply,
                  {"operation-not-supported", "",
                   fmt::format("'{}' cannot be run from configuration mode", operation.command.words)},
                  question);
  }
  if (runs && is_filtered(command)) {
    return refuse(reply,
                  {"operation-not-supported", "",
                   fmt::format("'{}' writes to the screen by itself; only '| no-more' may follow it",
                               operation.command.words)},
                  question);
  }
  if (operation.handle == nullptr) return hand_back(operation, inputs, context, reply);
  if (question.on_command_line) announce(command, inputs, reply);
  const bool done = run({operation, inputs, command.pipes, display, format == "text",
                         static_cast<bool>(element.attribute("progress")),
                         element.attribute("rows").as_uint(command::Pipeline::kScreenful)},
                        question, context, reply);
  if (!done || display == Display::rpc) return;
  if (runs) return hand_program(*context.program, reply);
  if (!moves) return;
  candidates_.stand_at(context.caller.session, *context.edit);
  hand_back(operation, inputs, context, reply);
}

// Before anybody asks whether the caller may: expressions of a class are about whole words.
bool ManagementService::say_in_full(command::Command& command, const Question& question,
                                    const rpc::Context& context, doors::Reply& reply) const {
  const std::string_view rpc = rpc::operations()[command.entry].command.rpc;
  const command::Parameter* row = grammar_.row(rpc);
  if (row == nullptr) return true;
  const auto input = std::ranges::find(command.inputs, row->name, &command::Input::name);
  if (input == command.inputs.end()) return true;
  config::InFull in_full = rpc::in_full(*rpcs_.find(rpc), *row, input->value, context);
  if (in_full.error) {
    refuse(reply, *in_full.error, question, input->position + in_full.error_position);
    return false;
  }
  input->typed = std::exchange(input->value, std::move(in_full.text));
  return true;
}

// The command line shows it before its prompt.
void ManagementService::remind(const rpc::Context& context, doors::Reply& reply) const {
  const commit::Confirmation pending = parts_.running.confirmation();
  if (pending.by_s == 0 || !is_command_line(context)) return;
  const std::int64_t minutes = std::max<std::int64_t>((pending.by_s - parts_.now_unix_s() + 59) / 60, 0);
  reply.write(
      fmt::format("<cli-action name=\"confirm-commit\"><minutes>{}</minutes></cli-action>\n", minutes));
}

// What is wrong with the last word once a blank has ended it.
void ManagementService::check_word(std::string_view typed, const command::Names& names, command::Mode mode,
                                   command::Suggestions& found) const {
  const ByBlank made = by_blank(found.items, typed.substr(std::min(found.position, typed.size())));
  if (made.ambiguous) return;
  const std::string ended = fmt::format("{}{} ", typed.substr(0, found.position), made.word);
  command::Suggestions next = grammar_.complete(ended, names, mode);
  found.error = std::move(next.error);
  found.error_position = next.error_position;
}

void ManagementService::answer_completion(const pugi::xml_node& line, const rpc::Context& context,
                                          doors::Reply& reply) const {
  // Names are part of what is viewed.
  const rpc::LiveNames live(context);
  const command::NoNames none;
  constexpr std::string_view kSeeing[] = {"view", "view-configuration", "configure"};
  const bool sees = std::ranges::any_of(kSeeing, [&](auto one) { return rpc::caller_has(one, context); });
  const command::Names& names = sees ? static_cast<const command::Names&>(live) : none;
  const std::string_view typed = line.text().get();
  const Question question{.on_command_line = is_command_line(context)};
  if (auto length = check_length(typed); !length) return refuse(reply, length.error(), question);
  command::Suggestions found = grammar_.complete(typed, names, context.mode);
  if (!found.error && line.attribute("ends-word")) check_word(typed, names, context.mode, found);
  if (found.error) return refuse(reply, *found.error, question, found.error_position);
  std::string text = fmt::format("<completions position=\"{}\">\n", found.position);
  for (const Suggestion& item : found.items) {
    text += fmt::format("<item kind=\"{}\" mark=\"{}\"", name_of(item.kind), xml_mark(item.mark));
    append_xml_attribute(text, "text", item.text);
    append_xml_attribute(text, "help", item.help);
    text += "/>\n";
  }
  reply.write(text + "</completions>\n");
}

void ManagementService::answer_rpc(const pugi::xml_node& element, const rpc::Context& context,
                                   doors::Reply& reply) const {
  const std::string name(rpc::local_name(element));
  const rpc::Operation* operation = rpc::find_operation(name);
  const command::Rpc* schema = rpcs_.find(name);
  if (operation == nullptr || schema == nullptr) {
    return refuse(reply,
                  {"operation-not-supported", name, fmt::format("there is no operation <{}>", name), name},
                  {.on_command_line = is_command_line(context)});
  }
  const Question question{.on_command_line = is_command_line(context), .rpc = schema};
  std::vector<command::Input> given = command::inputs_of(element, *schema);
  if (auto valid = grammar_.check_inputs(*schema, given); !valid) {
    return refuse(reply, valid.error(), question);
  }
  if (operation->handle == nullptr)
    return hand_back(*operation, rpc::Inputs(std::move(given)), context, reply);
  // Where the format is an input it is that of what comes in.
  const char* format =
      schema->find("format") != nullptr ? "xml" : element.attribute("format").as_string("xml");
  const std::vector<command::Pipe> no_pipes;
  const rpc::Inputs inputs(std::move(given), element);
  run({*operation, inputs, no_pipes, display_named(format), false, false}, question, context, reply);
}

void ManagementService::warn_of_alarms(doors::Reply& reply, const Question& question) const {
  for (const alarm::Kind kind : {alarm::Kind::configuration, alarm::Kind::not_in_force}) {
    const std::string text = parts_.alarms.text(kind);
    if (!text.empty()) warn(reply, {"operation-failed", "", text}, question);
  }
}

bool ManagementService::run(const Request& request, const Question& question, const rpc::Context& context,
                            doors::Reply& reply) const {
  const Status answered = deliver(request, context, reply);
  if (request.operation.shows == rpc::Shows::configuration) warn_of_alarms(reply, question);
  if (answered) {
    for (const Error& warning : *context.warnings) warn(reply, warning, question);
    return true;
  }
  for (const Error& problem : *context.problems) refuse(reply, stated(problem, question, schema_), question);
  Error error = answered.error();
  const auto position = request.on_terminal ? place_of(error, request.inputs) : std::nullopt;
  // The caret says it.
  if (position && question.on_command_line) error.path.clear();
  refuse(reply, error, question, position);
  return false;
}

}  // namespace sluice::mgd
