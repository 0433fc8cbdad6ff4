#include "mgd/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <sstream>

#include "base/xml_text.h"
#include "mgd/command/element_inputs.h"
#include "mgd/command/token.h"
#include "mgd/render/json.h"
#include "mgd/render/layouts.h"
#include "mgd/render/xml.h"
#include "mgd/rpc/configuration_mode.h"
#include "mgd/rpc/ip.h"
#include "mgd/rpc/live_names.h"

namespace sluice::mgd {
namespace {

using command::Display;

// What the command line calls itself in its requests.
constexpr std::string_view kCommandLine = "cli";

Status check_length(std::string_view command) {
  constexpr std::size_t kLongestCommand = 65536;
  if (command.size() <= kLongestCommand) return {};
  return Error{"invalid-value", "", fmt::format("a command has at most {} characters", kLongestCommand)};
}

// Where a reply's bytes go inside the <rpc-reply>.
class ReplyOutput : public render::Output {
 public:
  // As text in an element, as text by itself, or as the XML that it is.
  enum class Form { element, text, xml };
  ReplyOutput(doors::Reply& reply, Form form, std::string_view element)
      : reply_(reply), form_(form), element_(element) {}

  void write(std::string_view bytes) override {
    if (form_ == Form::xml) return reply_.write(bytes);
    std::string text;
    if (form_ == Form::element && !begun_) text = fmt::format("<{}>", element_);
    begun_ = true;
    append_xml_text(text, bytes);
    reply_.write(text);
  }
  [[nodiscard]] bool wanted() const override { return reply_.open(); }
  [[nodiscard]] bool begun() const { return begun_; }
  void finish() {
    if (begun_ && form_ == Form::element) reply_.write(fmt::format("</{}>\n", element_));
  }

 private:
  doors::Reply& reply_;
  Form form_;
  std::string_view element_;
  bool begun_ = false;
};

// The wrapping that the command line shows around XML.
struct CliXml {
  static std::string head(render::Profile profile) {
    return fmt::format("<rpc-reply xmlns:junos=\"{}\">\n", render::namespace_of(profile, "junos"));
  }
  static constexpr std::string_view kTail =
      "    <cli>\n        <banner></banner>\n    </cli>\n</rpc-reply>\n";
};

// Puts a head before the first bytes, so that a refusal has none.
class HeadedOutput : public render::Output {
 public:
  HeadedOutput(render::Output& out, std::string head) : out_(out), head_(std::move(head)) {}
  void write(std::string_view bytes) override {
    if (!begun_) out_.write(head_);
    begun_ = true;
    out_.write(bytes);
  }
  [[nodiscard]] bool wanted() const override { return out_.wanted(); }
  [[nodiscard]] bool begun() const { return begun_; }

 private:
  render::Output& out_;
  std::string head_;
  bool begun_ = false;
};

void write_warning(const Error& warning, doors::Reply& reply) {
  std::string text;
  doors::append_rpc_error(text, warning, "", doors::Severity::warning);
  reply.write(text);
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

// What a reply's text stands in when it is not the command line that asked: configuration has elements of
// its own.
std::string_view text_element(const rpc::Operation& operation, Display display, bool on_terminal) {
  if (on_terminal || operation.layout != &render::kConfiguration) return "output";
  return display == Display::set ? "configuration-set" : "configuration-text";
}

std::string_view xml_mark(char mark) {
  return mark == '>' ? "&gt;" : mark == '+' ? "+" : " ";
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
  if (context.caller.client != kCommandLine) return;
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

Status dispatch_text(const rpc::Operation& operation, const rpc::Inputs& inputs, const rpc::Context& context,
                     render::Output& out, render::TextSink::Configuration form) {
  render::TextSink sink(out, context.profile, *operation.layout, form);
  return rpc::dispatch(operation, inputs, context, sink);
}

Status dispatch_json(const rpc::Operation& operation, const rpc::Inputs& inputs, const rpc::Context& context,
                     render::Output& out) {
  render::JsonSink sink(out, context.profile);
  Status answered = rpc::dispatch(operation, inputs, context, sink);
  if (answered) sink.finish();
  return answered;
}

// `wrapped`: as the command line shows XML. Nothing is written before the handler says something.
Status dispatch_xml(const rpc::Operation& operation, const rpc::Inputs& inputs, const rpc::Context& context,
                    render::Output& out, bool wrapped) {
  HeadedOutput headed(out, wrapped ? CliXml::head(context.profile) : "");
  Status answered;
  {
    render::XmlSink sink(headed, context.profile);
    answered = rpc::dispatch(operation, inputs, context, sink);
  }
  if (wrapped && (answered || headed.begun())) headed.write(CliXml::kTail);
  return answered;
}

// '| display xml rpc': what a program would send to ask the same, indented as Junos does.
void show_request(const rpc::Operation& operation, const rpc::Inputs& inputs, render::Output& out) {
  const std::string_view name = operation.command.rpc;
  std::string text = fmt::format("    <rpc>\n        <{}>\n", name);
  for (const command::Input& input : inputs.all()) {
    text += fmt::format("                <{}", input.name);
    if (input.value.empty()) {
      text += "/>\n";
      continue;
    }
    text += '>';
    append_xml_text(text, input.value);
    text += fmt::format("</{}>\n", input.name);
  }
  text += fmt::format("        </{}>\n    </rpc>\n", name);
  out.write(text);
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

void ManagementService::greet(const rpc::Context& context) {
  const rpc::Caller& caller = context.caller;
  if (parts_.audit == nullptr) return;
  {
    const std::lock_guard guard(lock_);
    if (!greeted_.emplace(caller.session, caller.source()).second) return;
  }
  const auto login = parts_.running.login();
  parts_.audit->write(
      {.tag = "UI_LOGIN_EVENT",
       .message = fmt::format("User '{}' login, class '{}' [{}], source '{}', client-mode '{}'", caller.user,
                              login->class_of(caller.user, caller.uid).name(), caller.pid, caller.source(),
                              caller.client),
       .user = caller.user,
       .source = caller.source(),
       .command = {},
       .reason = {}});
}

// Where a session ends by another's word.
Status ManagementService::end(const doors::Peer& peer, unsigned session,
                              const std::function<Status()>& kill) {
  const rpc::Caller caller{
      .user = peer.user, .uid = peer.uid, .connection = {}, .pid = peer.pid, .session = peer.session};
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
void ManagementService::refuse(doors::Reply& reply, const Error& error,
                               std::optional<std::size_t> position) const {
  std::string info = position ? fmt::format("<position>{}</position>", *position) : "";
  if (error.tag == "lock-denied") {
    const auto holder = candidates_.holder();
    info += fmt::format("<session-id>{}</session-id>", holder ? holder->editor.session : 0);
  }
  std::string text;
  doors::append_rpc_error(text, error, info);
  reply.write(text);
}

struct ManagementService::Request {
  const rpc::Operation& operation;
  const rpc::Inputs& inputs;
  const std::vector<command::Pipe>& pipes;
  Display display;
  bool on_terminal;                                  // everything is shown as text, XML and JSON too
  bool watched;                                      // somebody wants to see how far it is
  std::size_t rows = command::Pipeline::kScreenful;  // of the asker's screen
};

render::Profile ManagementService::profile() const {
  return parts_.running.release();
}

std::string ManagementService::reply_attributes() const {
  return fmt::format(" xmlns:junos=\"{}\"", render::namespace_of(profile(), "junos"));
}

void ManagementService::answer(const doors::Peer& peer, const pugi::xml_node& rpc, doors::Reply& reply) {
  const pugi::xml_attribute ssh = rpc.attribute("ssh-connection");
  const rpc::Caller caller{.user = peer.user,
                           .uid = peer.uid,
                           .connection = connection_of(ssh ? ssh.value() : peer.ssh_connection),
                           .pid = peer.pid,
                           .session = peer.session,
                           .client = rpc.attribute("client").as_string("netconf")};
  const pugi::xml_node body = doors::first_element(rpc);
  const bool configuring = std::string_view(body.attribute("mode").value()) == "configuration";
  const command::Mode mode = configuring ? command::Mode::configuration : command::Mode::operational;
  std::string edit = body.attribute("edit").value();
  std::vector<Error> warnings;
  const rpc::Context context{.schema = schema_,
                             .parts = parts_,
                             .caller = caller,
                             .profile = profile(),
                             .candidates = &candidates_,
                             .grammar = &grammar_,
                             .mode = mode,
                             .edit = &edit,
                             .warnings = &warnings,
                             .confirmed = static_cast<bool>(body.attribute("confirmed"))};
  if (configuring) candidates_.stand_at(peer.session, edit);
  greet(context);
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
  if (auto length = check_length(line); !length) return refuse(reply, length.error());
  command::Parsed parsed = grammar_.parse(line, context.mode);
  if (!parsed.command) return refuse(reply, parsed.command.error(), parsed.error_position);
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
  if (!say_in_full(command, context, reply)) return;
  const std::string_view format = element.attribute("format").as_string("xml");
  const rpc::Inputs inputs(std::move(command.inputs));
  const Display display = command.display_given ? command.display : display_named(format);
  const rpc::Operation& operation = rpc::operations()[command.entry];
  const bool moves = operation.moves == rpc::Operator::moves;
  if (moves && operation.command.mode != context.mode) {
    return refuse(reply,
                  {"operation-not-supported", "",
                   fmt::format("'{}' cannot be run from configuration mode", operation.command.words)});
  }
  if (operation.handle == nullptr) return hand_back(operation, inputs, context, reply);
  if (context.caller.client == kCommandLine) announce(command, inputs, reply);
  const bool done = run({operation, inputs, command.pipes, display, format == "text",
                         static_cast<bool>(element.attribute("progress")),
                         element.attribute("rows").as_uint(command::Pipeline::kScreenful)},
                        context, reply);
  if (!done || !moves || display == Display::rpc) return;
  candidates_.stand_at(context.caller.session, *context.edit);
  hand_back(operation, inputs, context, reply);
}

// Before anybody asks whether the caller may: expressions of a class are about whole words.
bool ManagementService::say_in_full(command::Command& command, const rpc::Context& context,
                                    doors::Reply& reply) const {
  const std::string_view rpc = rpc::operations()[command.entry].command.rpc;
  const command::Parameter* row = grammar_.row(rpc);
  if (row == nullptr) return true;
  const auto input = std::ranges::find(command.inputs, row->name, &command::Input::name);
  if (input == command.inputs.end()) return true;
  config::InFull in_full = rpc::in_full(*rpcs_.find(rpc), *row, input->value, context);
  if (in_full.error) {
    refuse(reply, *in_full.error, input->position + in_full.error_position);
    return false;
  }
  input->typed = std::exchange(input->value, std::move(in_full.text));
  return true;
}

// The command line shows it before its prompt.
void ManagementService::remind(const rpc::Context& context, doors::Reply& reply) const {
  const commit::Confirmation pending = parts_.running.confirmation();
  if (pending.by_s == 0 || context.caller.client != kCommandLine) return;
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
  if (auto length = check_length(typed); !length) return refuse(reply, length.error());
  command::Suggestions found = grammar_.complete(typed, names, context.mode);
  if (!found.error && line.attribute("ends-word")) check_word(typed, names, context.mode, found);
  if (found.error) return refuse(reply, *found.error, found.error_position);
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
    return refuse(reply, {"operation-not-supported", name, fmt::format("there is no operation <{}>", name)});
  }
  std::vector<command::Input> given = command::inputs_of(element, *schema);
  if (auto valid = grammar_.check_inputs(*schema, given); !valid) return refuse(reply, valid.error());
  if (operation->handle == nullptr)
    return hand_back(*operation, rpc::Inputs(std::move(given)), context, reply);
  // Where the format is an input it is that of what comes in.
  const char* format =
      schema->find("format") != nullptr ? "xml" : element.attribute("format").as_string("xml");
  run({*operation, rpc::Inputs(std::move(given), element), {}, display_named(format), false, false}, context,
      reply);
}

void ManagementService::warn_of_damage(doors::Reply& reply) const {
  const std::string damage = parts_.running.damage();
  if (!damage.empty()) write_warning({"operation-failed", "", damage}, reply);
}

bool ManagementService::run(const Request& request, const rpc::Context& asked, doors::Reply& reply) const {
  if (request.display == Display::set && request.operation.layout != &render::kConfiguration) {
    refuse(reply, {"invalid-value", "",
                   "'| display set' shows configuration only; use it with 'show configuration'"});
    return false;
  }
  using Form = ReplyOutput::Form;
  // A program gets a comparison as text in elements, whichever format it named.
  const bool compares = request.inputs.has("compare") && request.inputs.from_program();
  const Display display = compares ? Display::xml : request.display;
  const bool bare_json = display == Display::json && !request.on_terminal;
  const bool is_xml = display == Display::xml || display == Display::rpc;
  const bool xml_elements = is_xml && !request.on_terminal;
  ReplyOutput out(reply,
                  xml_elements ? Form::xml
                  : bare_json  ? Form::text
                               : Form::element,
                  text_element(request.operation, display, request.on_terminal));
  auto pipeline = command::Pipeline::make(request.pipes, out, request.rows);
  if (!pipeline) {
    refuse(reply, pipeline.error());
    return false;
  }

  rpc::Context watched = asked;
  if (request.watched) {
    // Once there is something to read nothing else may come between.
    watched.progress = [&](std::uint64_t scanned, std::uint64_t total) {
      if (!out.begun()) {
        reply.write(fmt::format("<cli-progress scanned=\"{}\" total=\"{}\"/>\n", scanned, total));
      }
    };
  }
  const rpc::Context& context = watched;

  const auto dispatched = [&]() -> Status {
    using Configuration = render::TextSink::Configuration;
    switch (display) {
      case Display::xml:
        return dispatch_xml(request.operation, request.inputs, context, **pipeline, request.on_terminal);
      case Display::json:
        return dispatch_json(request.operation, request.inputs, context, **pipeline);
      case Display::rpc:
        if (request.on_terminal) (*pipeline)->write(CliXml::head(context.profile));
        show_request(request.operation, request.inputs, **pipeline);
        if (request.on_terminal) (*pipeline)->write(CliXml::kTail);
        return {};
      case Display::set:
        return dispatch_text(request.operation, request.inputs, context, **pipeline, Configuration::set);
      case Display::text:
        break;
    }
    return dispatch_text(request.operation, request.inputs, context, **pipeline, Configuration::curly);
  };
  const Status answered = dispatched();
  (*pipeline)->finish();
  out.finish();
  if (request.operation.shows == rpc::Shows::configuration) warn_of_damage(reply);
  if (answered) {
    for (const Error& warning : *context.warnings) write_warning(warning, reply);
    return true;
  }
  Error error = answered.error();
  const auto position = request.on_terminal ? place_of(error, request.inputs) : std::nullopt;
  if (position) error.path.clear();  // the caret says it
  refuse(reply, error, position);
  return false;
}

}  // namespace sluice::mgd
