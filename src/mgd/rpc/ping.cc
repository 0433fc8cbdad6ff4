#include <fmt/format.h>

#include <algorithm>

#include "mgd/rpc/handlers.h"
#include "mgd/rpc/ip.h"
#include "mgd/rpc/names.h"

// ping, traceroute: the machine's own programs, which the command line runs with its operator's rights, as
// this daemon has no network. What is said here are their arguments.
namespace sluice::rpc {
namespace {

using Words = std::vector<std::string>;

// An input as an option of the program; its value follows.
struct Option {
  std::string_view input;
  const char* word;
};
constexpr Option kPingOptions[] = {{"count", "-c"}, {"interval", "-i"}, {"size", "-s"},
                                   {"ttl", "-t"},   {"tos", "-Q"},      {"wait", "-W"}};
constexpr Option kTracerouteOptions[] = {{"ttl", "-m"}, {"tos", "-t"}, {"wait", "-w"}};

void add_options(const Inputs& inputs, std::span<const Option> options, Words& words) {
  if (inputs.has("family")) words.emplace_back(inputs.text("family") == "inet" ? "-4" : "-6");
  if (inputs.has("no-resolve")) words.emplace_back("-n");
  for (const Option& option : options) {
    if (!inputs.has(option.input)) continue;
    words.emplace_back(option.word);
    words.emplace_back(inputs.text(option.input));
  }
}

Status add_source(const Inputs& inputs, const char* option, Words& words) {
  if (!inputs.has("source")) return {};
  const std::string source(inputs.text("source"));
  if (!address_bytes(source)) {
    return Error{"invalid-value", "source",
                 fmt::format("'{}' is not an IP address; write 192.0.2.1 or 2001:db8::1", source)};
  }
  words.insert(words.end(), {option, source});
  return {};
}

// By the kernel's name for it. A port stands for its unit 0.
Status add_interface(const Inputs& inputs, const Context& context, const char* option, Words& words) {
  if (!inputs.has("interface")) return {};
  std::string name(inputs.text("interface"));
  if (name.find('.') == std::string::npos) name += ".0";
  const auto reply = context.parts.flowd.ask(&link::Flowd::Stub::Interfaces, v1::InterfacesRequest());
  if (!reply) return reply.error();
  const auto unit = std::ranges::find(reply->interfaces(), name, &v1::Interface::name);
  if (unit == reply->interfaces().end() || unit->kernel_name().empty()) {
    return Error{"invalid-value", "interface", unknown_interface(*reply, inputs.text("interface"))};
  }
  words.insert(words.end(), {option, unit->kernel_name()});
  return {};
}

Status may_run(std::string_view program, const Context& context) {
  if (context.program != nullptr) return {};
  return Error{
      "operation-not-supported", "",
      fmt::format("'{}' runs where the command line does, with its operator's rights, and nowhere else",
                  program)};
}

}  // namespace

Status ping(const Inputs& inputs, const Context& context, render::Sink&) {
  if (auto may = may_run("ping", context); !may) return may;
  Words words{"ping"};
  add_options(inputs, kPingOptions, words);
  if (inputs.has("rapid")) words.emplace_back("-A");
  // As many as Junos sends then.
  if (inputs.has("rapid") && !inputs.has("count")) words.insert(words.end(), {"-c", "5"});
  if (inputs.has("do-not-fragment")) words.insert(words.end(), {"-M", "do"});
  if (auto added = add_source(inputs, "-I", words); !added) return added;
  if (auto added = add_interface(inputs, context, "-I", words); !added) return added;
  words.emplace_back(inputs.text("host"));
  *context.program = std::move(words);
  return {};
}

Status traceroute(const Inputs& inputs, const Context& context, render::Sink&) {
  if (auto may = may_run("traceroute", context); !may) return may;
  Words words{"traceroute"};
  add_options(inputs, kTracerouteOptions, words);
  if (auto added = add_source(inputs, "-s", words); !added) return added;
  if (auto added = add_interface(inputs, context, "-i", words); !added) return added;
  words.emplace_back(inputs.text("host"));
  *context.program = std::move(words);
  return {};
}

}  // namespace sluice::rpc
