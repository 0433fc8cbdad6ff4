// TCP connections through a Lab, and the worlds that a test runs in.
#include <fmt/format.h>

#include "lab.h"

namespace sluice::path {

Datagram Connection::next(End& from, End& to, const std::string& flags, std::size_t payload) {
  TcpFields fields{.flags = flags,
                   .sequence = from.sequence,
                   .acknowledgement = from.acknowledgement,
                   .window = window,
                   .options = {},
                   .payload = payload};
  const bool syn = flags.find('S') != std::string::npos;
  if (flags.find('A') == std::string::npos) fields.acknowledgement = 0;
  if (syn) fields.options = &from == &client_ ? client_options : server_options;
  Datagram made = tcp(from.endpoint, to.endpoint, fields);
  from.sequence +=
      static_cast<std::uint32_t>(payload) + (syn ? 1 : 0) + (flags.find('F') != std::string::npos ? 1 : 0);
  to.acknowledgement = from.sequence;
  return made;
}

Datagram Connection::with(const End& from, const End& to, const TcpFields& fields) {
  TcpFields absolute = fields;
  absolute.sequence += from.sequence;
  absolute.acknowledgement += from.acknowledgement;
  return tcp(from.endpoint, to.endpoint, absolute);
}

testing::AssertionResult Connection::open(Lab& lab) {
  if (auto first = lab.passes(client("S")); !first) return first;
  if (auto second = lab.passes(server("SA")); !second) return second;
  return lab.passes(client("A"));
}

testing::AssertionResult Connection::close(Lab& lab) {
  if (auto first = lab.passes(client("FA")); !first) return first;
  if (auto second = lab.passes(server("FA")); !second) return second;
  return lab.passes(client("A"));
}

std::vector<Given> every_given(Family family) {
  return {{family, 1}, {family, 2}};
}

std::vector<Given> every_given() {
  std::vector<Given> all = every_given(Family::inet);
  for (const Given& given : every_given(Family::inet6)) all.push_back(given);
  return all;
}

namespace {

std::string name_of_given(const Given& given) {
  return fmt::format("{}_{}", given.family == Family::inet ? "v4" : "v6",
                     given.workers == 1 ? "one_worker" : fmt::format("{}_workers", given.workers));
}

}  // namespace

void PrintTo(const Given& given, std::ostream* out) {
  *out << name_of_given(given);
}

std::string given_name(const testing::TestParamInfo<Given>& info) {
  return name_of_given(info.param);
}

}  // namespace sluice::path
