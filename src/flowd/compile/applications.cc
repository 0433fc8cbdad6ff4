#include "flowd/compile/applications.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "flowd/compile/named_sets.h"
#include "flowd/compile/statement.h"

namespace sluice::compile {
namespace {

using config::Node;
using policy::Application;
using policy::ApplicationTerm;
using policy::PortRange;

constexpr std::string_view kReservedPrefix = "junos-";

Status read_port(const Node& node, std::string_view leaf, PortRange& out) {
  const auto text = node.text(leaf);
  if (!text) return {};
  const auto range = config::parse_port_range(*text);
  if (!range) {
    return wrong(node, fmt::format("{} {}", leaf, *text),
                 "a port is a number 0 to 65535, a port's name, or a range LOW-HIGH with the low port first");
  }
  out = {.low = range->low, .high = range->high};
  return {};
}

// ICMP of both versions: type * 256 + code, every code when none is given.
Status read_icmp(const Node& node, std::string_view prefix, PortRange& out) {
  const bool v6 = prefix == "icmp6";
  const std::string leaf = fmt::format("{}-type", prefix);
  const auto text = node.text(leaf);
  if (!text) return {};
  const auto type = v6 ? config::parse_icmp6_type(*text) : config::parse_icmp_type(*text);
  if (!type) return wrong(node, fmt::format("{} {}", leaf, *text), "a message type is a name or 0 to 255");
  const auto code = node.number(fmt::format("{}-code", prefix));
  const std::uint64_t first = *type * 256U;
  out = {.low = static_cast<std::uint16_t>(first + code.value_or(0)),
         .high = static_cast<std::uint16_t>(first + code.value_or(255))};
  return {};
}

// What an application, or one of its terms, matches.
Result<ApplicationTerm> read_term(const Node& node) {
  ApplicationTerm term;
  const std::string_view protocol = node.text("protocol").value_or("");
  const auto number = config::parse_ip_protocol(protocol);
  if (!number) {
    return wrong(node, fmt::format("protocol {}", protocol), "a protocol is a name such as tcp, or 0 to 255");
  }
  term.protocol = *number;
  if (const Status read = read_port(node, "source-port", term.source); !read) return read.error();
  if (const Status read = read_port(node, "destination-port", term.destination); !read) return read.error();
  for (const std::string_view prefix : {"icmp", "icmp6"}) {
    if (const Status read = read_icmp(node, prefix, term.destination); !read) return read.error();
  }
  return term;
}

// Empty when the statement does not say; `none` is what an application without one has.
std::optional<std::uint8_t> read_alg(const Node& node) {
  const auto text = node.text("application-protocol");
  if (!text) return std::nullopt;
  return static_cast<std::uint8_t>(policy::parse_alg(*text).value_or(AlgId::none));
}

std::optional<std::uint32_t> read_timeout(const Node& node) {
  const auto text = node.text("inactivity-timeout");
  if (!text) return std::nullopt;
  const auto seconds = node.number("inactivity-timeout");
  return seconds ? static_cast<std::uint32_t>(*seconds) : policy::kTimeoutNeverS;
}

// The terms of an application share its timeout (Junos reference 8.1).
Status read_terms(const Node& node, Application& out) {
  std::optional<std::uint32_t> shared = read_timeout(node);
  for (const Node& term_node : node.list("term")) {
    auto term = read_term(term_node);
    if (!term) return term.error();
    term->alg = read_alg(term_node).value_or(0);
    out.terms.push_back(*term);
    const auto timeout = read_timeout(term_node);
    if (timeout && shared && *timeout != *shared) {
      return wrong(term_node, fmt::format("inactivity-timeout {}", *term_node.text("inactivity-timeout")),
                   "all terms of an application share one timeout, and another is set before");
    }
    if (timeout) shared = timeout;
  }
  out.inactivity_timeout_s = shared.value_or(out.inactivity_timeout_s);
  return {};
}

// Into `out`, which is fresh or the predefined application of this name.
Status read_application(const Node& node, Application& out) {
  out.name = node.key();
  out.terms.clear();
  out.alg = read_alg(node).value_or(out.alg);
  if (!node.list("term").empty()) return read_terms(node, out);
  const auto term = read_term(node);
  if (!term) return term.error();
  out.terms.push_back(*term);
  out.inactivity_timeout_s = read_timeout(node).value_or(out.inactivity_timeout_s);
  return {};
}

Application* predefined(Applications& out, std::string_view name) {
  const auto at = std::find_if(out.all.begin(), out.all.end(), [&](const Application& application) {
    return application.predefined && application.name == name;
  });
  return at == out.all.end() ? nullptr : &*at;
}

Status check_name(const Node& node) {
  if (node.key() == "any") return wrong(node, "", "'any' stands for every application; use another name");
  if (!node.key().starts_with(kReservedPrefix)) return {};
  return wrong(node, "",
               "names that begin with 'junos-' belong to predefined applications; use another name");
}

Status read_configured(const std::vector<Node>& nodes, IdRegistry& ids, Applications& out) {
  std::vector<Node> fresh;
  std::vector<std::string> names;
  for (const Node& node : nodes) {
    if (Application* changed = predefined(out, node.key())) {
      if (Status read = read_application(node, *changed); !read) return read;
      continue;
    }
    if (Status name = check_name(node); !name) return name;
    fresh.push_back(node);
    names.emplace_back(node.key());
  }
  const auto numbers = ids.applications(names);
  if (!numbers) return numbers.error();
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    Application application;
    application.id = (*numbers)[i];
    if (Status read = read_application(fresh[i], application); !read) return read;
    out.all.push_back(std::move(application));
  }
  return {};
}

NamedSet predefined_set(const policy::ApplicationSet& set) {
  const auto& sets = policy::predefined_application_sets();
  NamedSet made{.name = set.name, .node = {}, .members = {}};
  for (const std::string& member : set.members) {
    const bool is_set =
        std::any_of(sets.begin(), sets.end(), [&](const auto& other) { return other.name == member; });
    made.members.push_back({.name = member, .is_set = is_set});
  }
  return made;
}

Result<std::vector<NamedSet>> read_sets(const Node& node, const Applications& applications) {
  std::vector<NamedSet> sets;
  for (const policy::ApplicationSet& set : policy::predefined_application_sets()) {
    sets.push_back(predefined_set(set));
  }
  for (const Node& set : node.list("application-set")) {
    if (const Status name = check_name(set); !name) return name.error();
    if (applications.by_name.contains(set.key())) {
      return wrong(set, "", "an application has the same name; give the set another");
    }
    sets.push_back(read_set(set, "application"));
  }
  return sets;
}

}  // namespace

Result<Applications> read_applications(const Node& node, IdRegistry& ids) {
  Applications out;
  out.all = policy::predefined_applications();
  if (const Status read = read_configured(node.list("application"), ids, out); !read) return read.error();
  for (const Application& application : out.all) out.by_name[application.name] = {application.id};
  const auto sets = read_sets(node, out);
  if (!sets) return sets.error();
  const auto expanded =
      expand_sets(*sets, "application", [&](const std::string& name) { return out.by_name.contains(name); });
  if (!expanded) return expanded.error();
  for (const auto& [name, members] : *expanded) {
    std::vector<AppId>& ids_of_set = out.by_name[name];
    for (const std::string& member : members) ids_of_set.push_back(out.by_name.at(member).front());
  }
  return out;
}

}  // namespace sluice::compile
