#include "flowd/service/nat_bindings.h"

#include <netinet/in.h>

#include <algorithm>
#include <map>
#include <optional>

#include "flowd/logship/sightings.h"
#include "flowd/service/block_history.h"
#include "flowd/service/port_blocks.h"
#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

// A port serves a few protocols at a time, but one port may have served millions in the files of a month.
// Between what a record says of a session's beginning and what another does.
constexpr std::uint64_t kSlack_s = 2;

bool same_session(const v1::NatBinding& a, const v1::NatBinding& b) {
  return a.session_identifier() == b.session_identifier() && a.source() == b.source() &&
         a.source_port() == b.source_port() && a.protocol() == b.protocol();
}

// A living session knows all there is; a record of the end knows the beginning too.
int knowledge(const v1::NatBinding& binding) {
  return binding.live() ? 2 : binding.has_end_unix_s() ? 1 : 0;
}

// The time that is asked for is within the binding's, as far as its end is known.
bool covers(const v1::NatBinding& binding, const v1::NatBindingsRequest& request) {
  if (!request.has_at_unix_s()) {
    return true;
  }
  const std::uint64_t at = request.at_unix_s();
  return binding.start_unix_s() <= at && (!binding.has_end_unix_s() || binding.end_unix_s() >= at) &&
         (!binding.has_latest_end_unix_s() || binding.latest_end_unix_s() >= at);
}

// What has been found: of what began before the time that is asked for the latest, each session once. What
// had ended by then is kept too, as it tells of others when they ended.
class Found {
 public:
  // `shared`: a port may be several sessions' at a time.
  Found(const v1::NatBindingsRequest& request, bool shared) : request_(request), shared_(shared) {}

  void add(v1::NatBinding&& binding) {
    const bool later = request_.has_at_unix_s() && binding.start_unix_s() > request_.at_unix_s();
    if (later || merge(binding)) {
      return;
    }
    by_start_.emplace(binding.start_unix_s(), std::move(binding));
    if (by_start_.size() > kMostKept) {
      by_start_.erase(by_start_.begin());
      is_cut_ = true;
    }
  }

  void put(v1::NatBindingsReply& reply) {
    if (!shared_) {
      end_beginnings();
    }
    std::erase_if(by_start_, [&](const auto& one) { return !covers(one.second, request_); });
    for (const bool live : {true, false}) {
      for (auto one = by_start_.rbegin(); one != by_start_.rend(); ++one) {
        if (one->second.live() == live && reply.bindings_size() < kMostTold) {
          *reply.add_bindings() = one->second;
        }
      }
    }
    reply.set_more(is_cut_ || by_start_.size() > static_cast<std::size_t>(kMostTold));
  }

 private:
  // Two streams may log one session, and a file may be renamed between two readings.
  bool merge(v1::NatBinding& binding) {
    const std::uint64_t start = binding.start_unix_s();
    const auto end = by_start_.upper_bound(start + kSlack_s);
    for (auto one = by_start_.lower_bound(start - std::min(start, kSlack_s)); one != end; ++one) {
      if (same_session(one->second, binding)) {
        if (knowledge(binding) > knowledge(one->second)) {
          one->second.Swap(&binding);
        }
        return true;
      }
    }
    return false;
  }

  // From the latest to the first: a port that was chosen for a host is nobody else's until it is chosen
  // again.
  void end_beginnings() {
    struct Next {
      std::string host;
      std::uint32_t port = 0;
      std::uint64_t start = 0;
      std::optional<std::uint64_t> other;  // when it was first another's
    };
    std::map<std::uint32_t, Next> following;  // by protocol
    for (auto one = by_start_.rbegin(); one != by_start_.rend(); ++one) {
      v1::NatBinding& binding = one->second;
      if (!binding.translated_destination().empty() || binding.source_port() == request_.port()) {
        continue;  // it was not chosen
      }
      std::optional<std::uint64_t> other;
      if (const auto next = following.find(binding.protocol()); next != following.end()) {
        const bool same = next->second.host == binding.source() && next->second.port == binding.source_port();
        other = same ? next->second.other : next->second.start;
      }
      if (knowledge(binding) == 0 && other) {
        binding.set_latest_end_unix_s(*other);
      }
      following[binding.protocol()] = {binding.source(), binding.source_port(), binding.start_unix_s(),
                                       other};
    }
  }

  const v1::NatBindingsRequest& request_;
  const bool shared_;
  std::multimap<std::uint64_t, v1::NatBinding> by_start_;
  bool is_cut_ = false;
};

std::string bytes_of_text(std::string_view text) {
  const auto address = packet::parse_address(text);
  return address ? bytes_of(*address) : std::string();
}

v1::NatBinding logged(const logship::RecordLine& record, const logship::Wanted& wanted,
                      const std::string& path) {
  v1::NatBinding binding;
  binding.set_source(bytes_of_text(record.source));
  binding.set_source_port(record.source_port);
  binding.set_destination(bytes_of_text(record.destination));
  binding.set_destination_port(record.destination_port);
  if (!logship::has_as_source(record, wanted)) {
    binding.set_translated_destination(bytes_of_text(record.nat_destination));
    binding.set_translated_destination_port(record.nat_destination_port);
  }
  binding.set_protocol(record.protocol);
  binding.set_policy_name(std::string(record.policy));
  binding.set_session_identifier(record.session_id);
  binding.set_start_unix_s(static_cast<std::uint64_t>(record.unix_s) - record.elapsed_s);
  if (record.ended) {
    binding.set_end_unix_s(static_cast<std::uint64_t>(record.unix_s));
  }
  binding.set_log_file(path);
  return binding;
}

v1::NatBinding living(const v1::Session& session) {
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

// The host that is reached by the session's destination. Nothing where that is not translated.
std::optional<v1::NatBinding> living_destination(const v1::Session& session) {
  const v1::Wing& in = session.in();
  const v1::Wing& out = session.out();
  if (out.source() == in.destination() && out.source_port() == in.destination_port()) {
    return std::nullopt;
  }
  v1::NatBinding binding = living(session);
  binding.set_translated_destination(out.source());
  binding.set_translated_destination_port(out.source_port());
  return binding;
}

// Sessions that match, page by page.
template <class Take>
void for_each_session(const BindingSources& sources, const query::Filter& filter, const Take& take) {
  std::uint64_t from = 0;
  do {
    const query::Page page = query::page(sources.fleet.shards(), filter, sources.moment, from, kMostTold);
    for (const query::Row& row : page.rows) {
      v1::Session session;
      put_session(row, sources.snapshot, session);
      take(session);
    }
    from = page.next_identifier;
  } while (from != 0 && !sources.stop());
}

void find_live(const BindingSources& sources, const logship::Wanted& wanted, Found& found) {
  const packet::IpPrefix host{.address = wanted.address,
                              .length = static_cast<std::uint8_t>(wanted.address.bits())};
  for_each_session(sources, {.translated = {.source = host, .source_port = wanted.port}},
                   [&](const v1::Session& session) { found.add(living(session)); });
  const auto add_destination = [&](const v1::Session& session) {
    if (auto binding = living_destination(session)) {
      found.add(std::move(*binding));
    }
  };
  query::Filter reached{.sent = {.destination = host, .destination_port = wanted.port},
                        .with_flags = session::flag::kNat};
  for_each_session(sources, reached, [&](const v1::Session& session) {
    if (!logship::is_icmp(static_cast<std::uint8_t>(session.protocol()))) {
      add_destination(session);
    }
  });
  // Who is pinged answers with the identifier, which is the first port.
  reached.sent = {.destination = host, .source_port = wanted.port};
  reached.protocol = wanted.address.family == packet::Family::inet ? std::uint8_t{IPPROTO_ICMP}
                                                                   : std::uint8_t{IPPROTO_ICMPV6};
  for_each_session(sources, reached, add_destination);
}

void find_logged(const BindingSources& sources, const logship::Wanted& wanted, Found& found,
                 BlockHistory& blocks, v1::NatBindingsReply& reply) {
  const logship::LineTimes times{.latest_unix_s = sources.moment.now_s, .utc = sources.log.utc_timestamp};
  for (const std::string& path : logship::files_of(sources.log)) {
    reply.add_log_files(path);
    const auto take = [&](const logship::RecordLine& record) { found.add(logged(record, wanted, path)); };
    const auto take_block = [&](const logship::BlockLine& record) { blocks.add(record, path); };
    logship::find_sightings(path, wanted, times,
                            {.take = take, .take_block = take_block, .stop = sources.stop});
  }
}

Result<logship::Wanted> wanted_of(const BindingSources& sources, const v1::NatBindingsRequest& request) {
  const auto address = address_of(request.address(), "address");
  if (!address) {
    return address.error();
  }
  if (request.port() > 65535) {
    return Error{"invalid-value", "port", "a port is at most 65535"};
  }
  if (request.has_at_unix_s() && request.at_unix_s() > sources.moment.now_s) {
    return Error{"invalid-value", "at", "that time has not come yet"};
  }
  return logship::Wanted{*address, static_cast<std::uint16_t>(request.port())};
}

bool overloaded(const snapshot::Snapshot& snapshot, const packet::IpAddress& address) {
  const nat::Table::Place* place = snapshot.nat == nullptr ? nullptr : snapshot.nat->place(address);
  return place != nullptr && place->space->overloaded();
}

}  // namespace

void put_nat_bindings(const BindingSources& sources, const v1::NatBindingsRequest& request,
                      v1::NatBindingsReply& reply) {
  const auto wanted = wanted_of(sources, request);
  if (!wanted) {
    return put_failure(wanted.error(), *reply.mutable_failure());
  }
  BlockHistory blocks(request);
  if (const auto block = block_with(sources.snapshot, wanted->address, wanted->port)) {
    blocks.add(*block);
  }
  Found found(request, overloaded(sources.snapshot, wanted->address));
  find_live(sources, *wanted, found);
  find_logged(sources, *wanted, found, blocks, reply);
  found.put(reply);
  blocks.put(reply);
}

}  // namespace sluice::service
