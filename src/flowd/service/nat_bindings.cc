#include "flowd/service/nat_bindings.h"

#include <algorithm>

#include "flowd/logship/sightings.h"
#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

// A port serves a few protocols at a time, but one port may have served thousands in the files of a month.
constexpr std::size_t kMost = 1000;
// Between what a record says of a session's beginning and what another does.
constexpr std::int64_t kSlack_s = 2;

std::string bytes_of(std::string_view text) {
  const auto address = packet::parse_address(text);
  if (!address) {
    return {};
  }
  return {reinterpret_cast<const char*>(address->bytes.data()),
          static_cast<std::size_t>(address->bits()) / 8};
}

v1::NatBinding logged(const logship::RecordLine& record, const std::string& path) {
  v1::NatBinding binding;
  binding.set_source(bytes_of(record.source));
  binding.set_source_port(record.source_port);
  binding.set_destination(bytes_of(record.destination));
  binding.set_destination_port(record.destination_port);
  binding.set_protocol(record.protocol);
  binding.set_policy_name(std::string(record.policy));
  binding.set_session_identifier(record.session_id);
  binding.set_start_unix_s(
      static_cast<std::uint64_t>(record.unix_s - static_cast<std::int64_t>(record.elapsed_s)));
  if (record.ended) {
    binding.set_end_unix_s(static_cast<std::uint64_t>(record.unix_s));
  }
  binding.set_log_file(path);
  return binding;
}

v1::NatBinding living(const query::Row& row, const snapshot::Snapshot& snapshot) {
  v1::Session session;
  put_session(row, snapshot, session);
  v1::NatBinding binding;
  binding.set_live(true);
  binding.set_source(session.in().source());
  binding.set_source_port(session.in().source_port());
  binding.set_destination(session.in().destination());
  binding.set_destination_port(session.in().destination_port());
  binding.set_protocol(session.protocol());
  binding.set_policy_name(session.policy_name());
  binding.set_session_identifier(session.session_identifier());
  binding.set_start_unix_s(session.start_unix_s());
  return binding;
}

bool same_session(const v1::NatBinding& a, const v1::NatBinding& b) {
  const auto apart =
      static_cast<std::int64_t>(a.start_unix_s()) - static_cast<std::int64_t>(b.start_unix_s());
  return a.session_identifier() == b.session_identifier() && a.source() == b.source() &&
         a.source_port() == b.source_port() && a.protocol() == b.protocol() && apart <= kSlack_s &&
         apart >= -kSlack_s;
}

// The time that is asked for is within the binding's, as far as its end is known.
bool covers(const v1::NatBinding& binding, const v1::NatBindingsRequest& request) {
  return !request.has_at_unix_s() ||
         (binding.start_unix_s() <= request.at_unix_s() &&
          (!binding.has_end_unix_s() || binding.end_unix_s() >= request.at_unix_s()));
}

// A session's record of its end says all that the one of its beginning does, and more.
void drop_beginnings(std::vector<v1::NatBinding>& found) {
  std::vector<v1::NatBinding> whole;
  for (const v1::NatBinding& one : found) {
    const auto knows_more = [&](const v1::NatBinding& other) {
      return (other.live() || other.has_end_unix_s()) && same_session(one, other);
    };
    const bool beginning = !one.live() && !one.has_end_unix_s();
    if (!beginning || std::ranges::none_of(found, knows_more)) {
      whole.push_back(one);
    }
  }
  found = std::move(whole);
}

std::vector<v1::NatBinding> find_live(const BindingSources& sources, const logship::Wanted& wanted) {
  const packet::IpPrefix host{.address = wanted.address,
                              .length = static_cast<std::uint8_t>(wanted.address.bits())};
  const query::Filter filter{.translated = {.source = host, .source_port = wanted.port}};
  std::vector<v1::NatBinding> found;
  for (const query::Row& row : query::page(sources.fleet.shards(), filter, sources.moment, 0, kMost).rows) {
    found.push_back(living(row, sources.snapshot));
  }
  return found;
}

}  // namespace

void put_nat_bindings(const BindingSources& sources, const v1::NatBindingsRequest& request,
                      v1::NatBindingsReply& reply) {
  const auto address = address_of(request.address(), "address");
  if (!address || request.port() > 65535) {
    return put_failure(address ? Error{"invalid-value", "port", "a port is at most 65535"} : address.error(),
                       *reply.mutable_failure());
  }
  const logship::Wanted wanted{*address, static_cast<std::uint16_t>(request.port())};
  std::vector<v1::NatBinding> found = find_live(sources, wanted);
  const logship::LineTimes times{.now_unix_s = sources.moment.now_s, .utc = sources.log.utc_timestamp};
  for (const std::string& path : logship::files_of(sources.log)) {
    reply.add_log_files(path);
    logship::find_sightings(path, wanted, times, [&](const logship::RecordLine& record) {
      if (found.size() < 2 * kMost) {
        found.push_back(logged(record, path));
      }
    });
  }
  drop_beginnings(found);
  std::erase_if(found, [&](const v1::NatBinding& one) { return !covers(one, request); });
  std::ranges::stable_sort(found, [](const v1::NatBinding& a, const v1::NatBinding& b) {
    return a.live() != b.live() ? a.live() : a.start_unix_s() > b.start_unix_s();
  });
  for (std::size_t i = 0; i < found.size() && i < kMost; ++i) {
    *reply.add_bindings() = std::move(found[i]);
  }
}

}  // namespace sluice::service
