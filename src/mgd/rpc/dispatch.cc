#include <fmt/format.h>

#include <algorithm>

#include "mgd/rpc/ip.h"
#include "mgd/rpc/rpc.h"

// The one way to a handler: permission, the handler, the audit log.
namespace sluice::rpc {
namespace {

constexpr std::string_view kDenied = "access-denied";

// What an operation is to the permissions and the audit log.
struct Deed {
  std::string_view permission;
  std::string command;
};

// The inputs with their row of words as it is obeyed: below the statement that is edited, and however it was
// typed. Expressions of a class are about that.
std::vector<command::Input> as_obeyed(const command::Entry& entry, const Inputs& inputs,
                                      const Context& context) {
  std::vector<command::Input> all = inputs.all();
  const command::Parameter* parameter = context.grammar->row(entry.rpc);
  if (parameter == nullptr) return all;
  const std::string& row = parameter->name;
  std::string words = config::plain_words(inputs.text(row));
  if (entry.mode == command::Mode::configuration && context.edit != nullptr) {
    const std::string edit = config::plain_words(*context.edit);
    words = fmt::format("{}{}{}", edit, edit.empty() || words.empty() ? "" : " ", words);
  }
  const auto given = std::ranges::find(all, row, &command::Input::name);
  if (given != all.end()) {
    given->value = std::move(words);
  } else if (!words.empty()) {
    all.push_back({row, std::move(words), 0});
  }
  return all;
}

// Without a grammar nothing is typed and nobody comes from outside (sluice-replay): only who may do
// everything may do that.
Deed deed_of(const Operation& operation, const Inputs& inputs, const Context& context) {
  if (context.grammar == nullptr) return {"all", std::string(operation.command.rpc)};
  return {context.grammar->permission(operation.command.rpc),
          context.grammar->spelled(operation.command, as_obeyed(operation.command, inputs, context))};
}

// As the audit log, and who is denied, may see it.
std::string presentable(std::string_view said, const Context& context) {
  return audit::shortened(config::without_secrets(context.schema, said));
}

bool only_looks(std::string_view permission) {
  return permission == users::kNoPermission || permission.starts_with("view");
}

// The name and words that Junos has for it.
void name(audit::Event& event, std::string_view asked, std::string_view comment, const Caller& caller) {
  if (event.command.starts_with("commit")) {
    event.tag = "UI_COMMIT";
    event.message = fmt::format("User '{}' requested '{}' operation (comment: {})", caller.user,
                                event.command, comment.empty() ? "none" : comment);
  } else if (caller.client == "cli") {
    event.tag = "UI_CMDLINE_READ_LINE";
    event.message = fmt::format("User '{}', command '{} '", caller.user, event.command);
  } else {
    event.tag = "UI_NETCONF_CMD";
    event.message = fmt::format("User '{}' used NETCONF client to run command '{}'", caller.user, asked);
  }
}

void record(std::string_view asked, std::string_view comment, const Context& context, const Deed& deed,
            const Status& answered) {
  const bool denied = !answered && answered.error().tag == kDenied;
  if (context.parts.audit == nullptr || (only_looks(deed.permission) && !denied)) return;
  audit::Event event;
  event.user = context.caller.user;
  event.source = context.caller.source();
  event.command = presentable(deed.command, context);
  event.outcome = answered ? audit::Outcome::done : denied ? audit::Outcome::denied : audit::Outcome::failed;
  if (!answered) event.reason = presentable(answered.error().text(), context);
  name(event, asked, presentable(comment, context), context.caller);
  context.parts.audit->write(event);
}

}  // namespace

std::string Caller::source() const {
  return connection.client_address.empty() ? "local" : address_text(connection.client_address);
}

bool caller_has(std::string_view permission, const Context& context) {
  const auto login = context.parts.running.login();
  return login->class_of(context.caller.user, context.caller.uid).has(permission);
}

Status authorize(std::string_view permission, std::string_view command, const Context& context) {
  const auto login = context.parts.running.login();
  const users::Class& group = login->class_of(context.caller.user, context.caller.uid);
  if (group.may(permission, command)) return {};
  const std::string why =
      group.has(permission) ? "denies this command" : fmt::format("has no permission '{}'", permission);
  return Error{std::string(kDenied), "",
               fmt::format("permission denied: {}: class '{}' of user '{}' {}", presentable(command, context),
                           group.name(), context.caller.user, why)};
}

Status dispatch(const Operation& operation, const Inputs& inputs, const Context& context,
                render::Sink& sink) {
  const Deed deed = deed_of(operation, inputs, context);
  Status answered = authorize(deed.permission, deed.command, context);
  if (answered) {
    if (!caller_has("secret", context)) sink.hide_secrets();
    answered = operation.handle(inputs, context, sink);
  }
  const std::string_view comment = inputs.has("log") ? inputs.text("log") : inputs.text("comment");
  record(operation.command.rpc, comment, context, deed, answered);
  return answered;
}

Status act_and_record(std::string_view permission, const std::string& command, const Context& context,
                      const std::function<Status()>& act) {
  const Deed deed{permission, command};
  Status done = authorize(permission, command, context);
  if (done) done = act();
  record(command, {}, context, deed, done);
  return done;
}

}  // namespace sluice::rpc
