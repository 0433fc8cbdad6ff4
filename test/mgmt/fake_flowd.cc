#include "fake_flowd.h"

#include <arpa/inet.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <utility>

#include "fake_filter.h"

namespace sluice::test {
namespace {

std::string bytes(const char* text) {
  char address[16];
  if (inet_pton(AF_INET, text, address) == 1) return {address, 4};
  inet_pton(AF_INET6, text, address);
  return {address, 16};
}

struct End {
  const char* address;
  std::uint32_t port;
};

void fill(v1::Wing& wing, End from, End to, const char* interface, std::uint64_t packets,
          std::uint64_t octets) {
  wing.set_source(bytes(from.address));
  wing.set_source_port(from.port);
  wing.set_destination(bytes(to.address));
  wing.set_destination_port(to.port);
  wing.set_interface(interface);
  wing.set_packets(packets);
  wing.set_bytes(octets);
  wing.set_flag(0x21);
  wing.set_route(0x60010);
  wing.set_session_token(7);
  wing.set_gateway(bytes(from.address));
}

v1::Session session(std::uint64_t id, const char* policy, std::uint32_t policy_id, std::uint32_t protocol,
                    std::uint32_t timeout) {
  v1::Session s;
  s.set_session_identifier(id);
  s.set_policy_name(policy);
  s.set_policy_id(policy_id);
  s.set_protocol(protocol);
  s.set_configured_timeout_s(protocol == 6 ? 1800 : 60);
  s.set_timeout_s(timeout);
  s.set_start_unix_s(1767575093);
  s.set_duration_s(50);
  s.set_state("Valid");
  s.set_logical_system("root-logical-system");
  s.set_flags(0x40);
  return s;
}

v1::Route route(const char* prefix, const char* protocol, std::uint32_t preference, const char* kind,
                const char* gateway, const char* interface) {
  v1::Route r;
  r.set_prefix(prefix);
  r.set_protocol(protocol);
  r.set_preference(preference);
  r.set_age_s(788645);
  r.set_kind(kind);
  r.set_gateway(gateway);
  r.set_interface(interface);
  return r;
}

}  // namespace

std::vector<v1::Session> fixed_sessions() {
  std::vector<v1::Session> all;
  all.push_back(session(7, "allow-web", 4, 6, 1788));
  all.back().set_application_name("junos-http");
  all.back().set_application_value(6);
  fill(*all.back().mutable_in(), {"192.0.2.10", 41954}, {"198.51.100.7", 80}, "ge-0/0/1.0", 6, 1145);
  fill(*all.back().mutable_out(), {"198.51.100.7", 80}, {"192.0.2.10", 41954}, "ge-0/0/0.0", 5, 3881);

  all.push_back(session(8, "allow-web", 4, 17, 42));
  all.back().set_source_nat_pool("pool-1");
  fill(*all.back().mutable_in(), {"192.0.2.11", 5353}, {"198.51.100.53", 53}, "ge-0/0/1.0", 1, 60);
  fill(*all.back().mutable_out(), {"198.51.100.53", 53}, {"203.0.113.2", 17783}, "ge-0/0/0.0", 1, 120);

  all.push_back(session(9, "allow-web", 4, 1, 4));
  fill(*all.back().mutable_in(), {"192.0.2.10", 20564}, {"198.51.100.7", 5}, "ge-0/0/1.0", 1, 84);
  fill(*all.back().mutable_out(), {"198.51.100.7", 5}, {"192.0.2.10", 20564}, "ge-0/0/0.0", 1, 84);

  all.push_back(session(10, "allow-v6", 5, 6, 1700));
  fill(*all.back().mutable_in(), {"2001:db8:1::10", 54321}, {"2001:db8:2::7", 443}, "ge-0/0/1.0", 12, 2000);
  fill(*all.back().mutable_out(), {"2001:db8:2::7", 443}, {"2001:db8:1::10", 54321}, "ge-0/0/0.0", 10, 9000);

  all.push_back(session(11, "", 0, 50, 0));
  fill(*all.back().mutable_in(), {"203.0.113.1", 42333}, {"203.0.113.2", 52674}, "ge-0/0/0.0", 13701,
       1438384);

  all.push_back(session(12, "self-traffic-policy", 1, 6, 1798));
  fill(*all.back().mutable_in(), {"192.0.2.10", 50412}, {"192.0.2.1", 22}, "ge-0/0/1.0", 30, 4000);
  fill(*all.back().mutable_out(), {"192.0.2.1", 22}, {"192.0.2.10", 50412}, ".local..0", 28, 6000);
  return all;
}

namespace {

v1::Session nat64_ping() {
  v1::Session ping = session(13, "allow-v6", 5, 58, 2);
  fill(*ping.mutable_in(), {"2001:db8:140::10", 7}, {"64:ff9b::c633:6407", 1}, "ge-0/0/1.0", 1, 104);
  fill(*ping.mutable_out(), {"198.51.100.7", 1}, {"203.0.113.172", 13998}, "ge-0/0/0.0", 1, 84);
  ping.mutable_out()->set_protocol(1);
  return ping;
}

}  // namespace

FakeFlowd::FakeFlowd(const std::string& socket_path) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket_path, grpc::InsecureServerCredentials());
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

FakeFlowd::~FakeFlowd() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

std::string FakeFlowd::last_filter() const {
  const std::lock_guard guard(lock_);
  return last_filter_;
}

v1::ClearRequest FakeFlowd::last_clear() const {
  const std::lock_guard guard(lock_);
  return last_clear_;
}

v1::ClearNatStatisticsRequest FakeFlowd::last_nat_clear() const {
  const std::lock_guard guard(lock_);
  return last_nat_clear_;
}

v1::MatchPoliciesRequest FakeFlowd::last_match() const {
  const std::lock_guard guard(lock_);
  return last_match_;
}

std::vector<std::string> FakeFlowd::counter_clears() const {
  const std::lock_guard guard(lock_);
  return counter_clears_;
}

std::string FakeFlowd::running_json() const {
  const std::lock_guard guard(lock_);
  return running_json_;
}

std::uint32_t FakeFlowd::generation() const {
  const std::lock_guard guard(lock_);
  return generation_;
}

int FakeFlowd::discarded() const {
  const std::lock_guard guard(lock_);
  return discarded_;
}

void FakeFlowd::die(LastCall last) {
  prepared_json_.clear();
  running_json_.clear();
  next_generation_ = 1;
  prepared_ = generation_ = 0;
  lost_ = last == LastCall::lost;
}

// False: it died at this step, and the call gets no answer.
bool FakeFlowd::pass(Step step) {
  if (on_step) on_step(step);
  return !std::exchange(lost_, false);
}

namespace {

const grpc::Status kGone{grpc::StatusCode::UNAVAILABLE, "gone"};

}  // namespace

grpc::Status FakeFlowd::Prepare(Context*, const v1::PrepareRequest* request, v1::PrepareReply* reply) {
  const std::lock_guard guard(lock_);
  if (!pass(Step::prepare)) return kGone;
  if (refuse_prepare) {
    reply->mutable_failure()->set_tag("resource-denied");
    reply->mutable_failure()->set_path("security policies from-zone trust to-zone untrust policy allow-web");
    reply->mutable_failure()->set_message("the match needs more rules than fit");
    return grpc::Status::OK;
  }
  prepared_json_ = request->configuration_json();
  prepared_ = next_generation_++;
  reply->set_generation(prepared_);
  return pass(Step::prepared) ? grpc::Status::OK : kGone;
}

grpc::Status FakeFlowd::Publish(Context*, const v1::PublishRequest* request, v1::PublishReply* reply) {
  const std::lock_guard guard(lock_);
  if (!pass(Step::publish) || fail_publish) return kGone;
  if (request->generation() != prepared_) {
    reply->mutable_failure()->set_message("no such generation");
    return grpc::Status::OK;
  }
  generation_ = prepared_;
  running_json_ = prepared_json_;
  return pass(Step::published) ? grpc::Status::OK : kGone;
}

grpc::Status FakeFlowd::Discard(Context*, const v1::PublishRequest*, v1::DiscardReply*) {
  const std::lock_guard guard(lock_);
  ++discarded_;
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::Status(Context*, const v1::StatusRequest*, v1::StatusReply* reply) {
  const std::lock_guard guard(lock_);
  reply->set_version("0.1.0");
  reply->set_generation(generation_);
  reply->set_started_unix_s(1767570000);
  reply->set_maximum_sessions(4194304);
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::RunningConfiguration(Context*, const v1::StatusRequest*,
                                             v1::RunningConfigurationReply* reply) {
  const std::lock_guard guard(lock_);
  reply->set_generation(generation_);
  reply->set_configuration_json(running_json_);
  return grpc::Status::OK;
}

namespace {

// As flowd refuses a filter by a pool that it does not know. True: it is refused.
template <class Reply>
bool refuse_unknown_pool(const v1::SessionFilter& filter, Reply& reply) {
  const std::string& name = filter.source_nat_pool();
  if (!filter.has_source_nat_pool() || name == "pool-1" || name == "kept" || name == "interface")
    return false;
  reply.mutable_failure()->set_tag("invalid-value");
  reply.mutable_failure()->set_path("source-nat-pool");
  reply.mutable_failure()->set_message("source NAT pool " + name +
                                       " not found; there are pool-1, kept, interface");
  return true;
}

// Of the fixed sessions one is a tunnel's, which 'clear ... all' spares.
constexpr std::uint64_t kTunnels = 1;

std::uint64_t matching(const v1::SessionFilter& filter) {
  const std::vector<v1::Session> all = fixed_sessions();
  return static_cast<std::uint64_t>(
      std::ranges::count_if(all, [&](const v1::Session& one) { return matches(filter, one); }));
}

template <class Reply>
Reply passed() {
  Reply reply;
  reply.mutable_progress()->set_scanned(FakeFlowd::kScanned);
  reply.mutable_progress()->set_total(FakeFlowd::kTotal);
  return reply;
}

}  // namespace

grpc::Status FakeFlowd::Sessions(Context*, const v1::SessionsRequest* request,
                                 grpc::ServerWriter<v1::SessionsReply>* writer) {
  {
    const std::lock_guard guard(lock_);
    last_filter_ = request->ShortDebugString();
  }
  v1::SessionsReply batch;
  if (refuse_unknown_pool(request->filter(), batch)) {
    writer->Write(batch);
    return grpc::Status::OK;
  }
  if (request->report_progress()) writer->Write(passed<v1::SessionsReply>());
  std::uint64_t sent = 0;
  const Telling telling(telling_);
  const auto send = [&] {
    const bool more = writer->Write(batch);
    if (more) sessions_told_ += static_cast<std::uint64_t>(batch.sessions_size());
    batch.clear_sessions();
    return more;
  };
  for (const v1::Session& one : fixed_sessions()) {
    if (!matches(request->filter(), one)) continue;
    if (one.session_identifier() < request->start_identifier()) continue;
    if (request->count() != 0 && sent++ == request->count()) break;
    *batch.add_sessions() = one;
    if (batch.sessions_size() == 4 && !send()) return grpc::Status::OK;
    if (break_session_stream) {
      send();
      return {grpc::StatusCode::UNAVAILABLE, "flowd ended"};
    }
  }
  if (nat64) *batch.add_sessions() = nat64_ping();
  send();
  v1::Session repeated = fixed_sessions().front();
  for (std::uint64_t i = 0; i < many_sessions; ++i) {
    if (request->count() != 0 && sent++ >= request->count()) break;
    repeated.set_session_identifier(1000 + i);
    if (!matches(request->filter(), repeated)) continue;
    *batch.add_sessions() = repeated;
    if (batch.sessions_size() == 512 && !send()) return grpc::Status::OK;
  }
  send();
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::SessionSummary(Context*, const v1::SessionSummaryRequest* request,
                                       v1::SessionSummaryReply* reply) {
  const std::lock_guard guard(lock_);
  last_filter_ = request->ShortDebugString();
  if (refuse_unknown_pool(request->filter(), *reply)) return grpc::Status::OK;
  const bool all = request->filter().ByteSizeLong() == 0;
  reply->set_valid(all ? 3230 : matching(request->filter()));
  reply->set_pending(0);
  reply->set_invalidated(all ? 450 : 0);
  reply->set_other(0);
  reply->set_unicast(3231);
  reply->set_in_use(3680);
  reply->set_failed(17);
  reply->set_maximum(4194304);
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::Clear(Context*, const v1::ClearRequest* request,
                              grpc::ServerWriter<v1::ClearReply>* writer) {
  const std::lock_guard guard(lock_);
  last_filter_ = request->ShortDebugString();
  last_clear_ = *request;
  v1::ClearReply reply;
  if (refuse_unknown_pool(request->filter(), reply)) {
    writer->Write(reply);
    return grpc::Status::OK;
  }
  if (request->report_progress()) writer->Write(passed<v1::ClearReply>());
  reply.set_cleared(matching(request->filter()) - (request->filter().ByteSizeLong() == 0 ? kTunnels : 0));
  writer->Write(reply);
  return grpc::Status::OK;
}

namespace {

void put_drops(std::initializer_list<std::uint64_t> counts, v1::WorkerStatistics& to) {
  static constexpr std::pair<const char*, const char*> kReasons[] = {
      {"policy-deny", "denied by policy"},
      {"no-route", "no route to the destination"},
      {"ttl-expired", "time to live exceeded"}};
  const auto* reason = kReasons;
  for (const std::uint64_t count : counts) {
    v1::DropCount& drop = *to.add_drops();
    drop.set_reason(reason->first);
    drop.set_description(reason->second);
    drop.set_packets(count);
    ++reason;
  }
}

void put_worker(std::uint32_t index, std::uint64_t sessions, v1::WorkerStatistics& to) {
  to.set_worker(index);
  to.set_current_sessions(sessions);
  to.set_received(26713259109);
  to.set_transmitted(26545901000 + index);
  to.set_forwarded(20218030);
  to.set_log_records(450 + index);
}

}  // namespace

grpc::Status FakeFlowd::Statistics(Context*, const v1::StatisticsRequest* request,
                                   v1::StatisticsReply* reply) {
  v1::WorkerStatistics& total = *reply->mutable_total();
  total.set_current_sessions(6);
  total.set_received(53426518218);
  total.set_transmitted(53091802103);
  total.set_forwarded(40436060);
  total.set_copied(12);
  total.set_dropped(15);
  total.set_fragments(21545);
  total.set_log_records(901);
  total.set_log_records_lost(7);
  put_drops({12, 3, 0}, total);
  if (request->per_worker()) {
    v1::WorkerStatistics& quiet = *reply->add_workers();
    put_worker(0, 2, quiet);
    put_drops({0, 0, 0}, quiet);
    v1::WorkerStatistics& busy = *reply->add_workers();
    put_worker(1, 4, busy);
    busy.set_dropped(15);
    busy.set_copied(12);
    busy.set_fragments(21545);
    busy.set_log_records_lost(7);
    put_drops({12, 3, 0}, busy);
  }
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::PolicyStatistics(Context*, const v1::PolicyStatisticsRequest*,
                                         v1::PolicyStatisticsReply* reply) {
  struct Row {
    std::uint32_t id;
    const char *from, *to, *name;
    std::uint64_t lookups;
  };
  for (const Row& row : {Row{2, "", "", "default-policy", 21}, Row{4, "trust", "untrust", "allow-web", 937},
                         Row{5, "trust", "untrust", "allow-v6", 4}, Row{6, "", "", "deny-rest", 299946},
                         Row{7, "trust", "untrust", "refuse-telnet", 12}}) {
    v1::PolicyCounters& counters = *reply->add_policies();
    counters.set_policy_id(row.id);
    counters.set_lookups(row.lookups);
    counters.set_hits(row.lookups);
    counters.set_created(108);
    counters.set_deleted(15);
    counters.set_active(93);
    counters.set_input_bytes_init(9072);
    counters.set_input_bytes_reply(9073);
    counters.set_output_bytes_init(9074);
    counters.set_output_bytes_reply(9075);
    counters.set_input_packets_init(108);
    counters.set_input_packets_reply(109);
    counters.set_output_packets_init(110);
    counters.set_output_packets_reply(111);
    v1::PolicyIdentity& identity = *reply->add_identities();
    identity.set_policy_id(row.id);
    identity.set_from_zone(row.from);
    identity.set_to_zone(row.to);
    identity.set_name(row.name);
  }
  if (next_policy_id != 0) reply->add_identities()->set_policy_id(next_policy_id);
  return grpc::Status::OK;
}

namespace {

v1::NatCounters counters(std::uint64_t hits, std::uint64_t failed, std::uint64_t active) {
  v1::NatCounters c;
  c.set_hits(hits);
  c.set_succeeded(hits - failed);
  c.set_failed(failed);
  c.set_active(active);
  return c;
}

void add_range(v1::NatPool& pool, const char* low, const char* high, std::uint64_t addresses,
               std::uint64_t taken) {
  v1::NatPoolRange& range = *pool.add_ranges();
  range.set_low(bytes(low));
  range.set_high(bytes(high));
  range.set_addresses(addresses);
  range.set_ports_taken(taken);
}

}  // namespace

grpc::Status FakeFlowd::NatStatistics(Context*, const v1::NatStatisticsRequest*,
                                      v1::NatStatisticsReply* reply) {
  const auto rule = [&](v1::NatKind kind, const char* set, const char* name, const v1::NatCounters& counted) {
    v1::NatRule& one = *reply->add_rules();
    one.set_kind(kind);
    one.set_rule_set(set);
    one.set_name(name);
    one.set_rule_id(static_cast<std::uint32_t>(reply->rules_size()));
    *one.mutable_counters() = counted;
  };
  rule(v1::NAT_SOURCE, "out", "web", counters(937, 12, 40));
  rule(v1::NAT_SOURCE, "out", "voice", counters(0, 0, 0));
  rule(v1::NAT_SOURCE, "out", "rest", counters(29, 0, 3));
  rule(v1::NAT_DESTINATION, "in", "publish", counters(3, 0, 1));
  rule(v1::NAT_DESTINATION, "in", "spread", counters(0, 0, 0));
  rule(v1::NAT_STATIC, "both", "mail", counters(29, 0, 2));
  rule(v1::NAT_STATIC, "both", "ports", counters(0, 0, 0));
  const auto pool = [&](v1::NatKind kind, const char* name, const v1::NatCounters& counted) -> v1::NatPool& {
    v1::NatPool& one = *reply->add_pools();
    one.set_kind(kind);
    one.set_name(name);
    one.set_pool_id(static_cast<std::uint32_t>(reply->pools_size()) + 1);
    *one.mutable_counters() = counted;
    return one;
  };
  v1::NatPool& first = pool(v1::NAT_SOURCE, "pool-1", counters(925, 12, 40));
  add_range(first, "203.0.113.16", "203.0.113.19", 4, 33);
  add_range(first, "203.0.113.24", "203.0.113.27", 4, 7);
  add_range(pool(v1::NAT_SOURCE, "kept", counters(0, 0, 0)), "203.0.113.32", "203.0.113.47", 16, 0);
  add_range(pool(v1::NAT_DESTINATION, "web-pool", counters(3, 0, 1)), "192.0.2.80", "192.0.2.80", 1, 0);
  add_range(pool(v1::NAT_DESTINATION, "farm", counters(0, 0, 0)), "192.0.2.96", "192.0.2.99",
            large_farm ? std::uint64_t{1} << 32 : 4, 0);
  reply->set_maximum_ports(198180864);
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::ClearNatStatistics(Context*, const v1::ClearNatStatisticsRequest* request,
                                           v1::ClearNatStatisticsReply*) {
  const std::lock_guard guard(lock_);
  last_nat_clear_ = *request;
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::ClearStatistics(Context*, const v1::ClearStatisticsRequest*,
                                        v1::ClearStatisticsReply*) {
  const std::lock_guard guard(lock_);
  counter_clears_.emplace_back("flow");
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::ClearPolicyStatistics(Context*, const v1::ClearPolicyStatisticsRequest* request,
                                              v1::ClearPolicyStatisticsReply*) {
  const std::lock_guard guard(lock_);
  counter_clears_.push_back("policies " + request->ShortDebugString());
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::LogFiles(Context*, const v1::LogFilesRequest*, v1::LogFilesReply* reply) {
  for (const std::string& path : log_paths) reply->add_paths(path);
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::MatchPolicies(Context*, const v1::MatchPoliciesRequest* request,
                                      v1::MatchPoliciesReply* reply) {
  const std::lock_guard guard(lock_);
  last_match_ = *request;
  for (const std::uint32_t id : matching_policies) {
    if (reply->policy_ids_size() < static_cast<int>(std::max(request->most(), 1U))) reply->add_policy_ids(id);
  }
  return grpc::Status::OK;
}

// Two, one at a time.
grpc::Status FakeFlowd::PersistentBindings(Context*, const v1::PersistentBindingsRequest* request,
                                           v1::PersistentBindingsReply* reply) {
  {
    const std::lock_guard guard(lock_);
    last_filter_ = request->ShortDebugString();
  }
  reply->set_maximum(262144);
  reply->set_in_use(2);
  if (request->from() > 1) return grpc::Status::OK;
  v1::PersistentBinding& one = *reply->add_bindings();
  one.set_internal_address(bytes("192.0.2.11"));
  one.set_internal_port(5060);
  one.set_protocol(17);
  one.set_reflexive_address(bytes("203.0.113.16"));
  one.set_reflexive_port(2017);
  one.set_pool_name("pool-1");
  one.set_rule_name("web");
  one.set_permit(v1::PersistentBinding::TARGET_HOST_PORT);
  one.set_timeout_s(300);
  one.set_maximum_sessions(30);
  if (request->from() == 0) {
    one.set_sessions(2);
    reply->set_next(1);
  } else {
    one.set_internal_port(5061);
    one.set_left_s(254);
  }
  return grpc::Status::OK;
}

// Two pools with one block each, or one deterministic pool with two hosts, one at a time.
grpc::Status FakeFlowd::PortBlocks(Context*, const v1::PortBlocksRequest* request,
                                   v1::PortBlocksReply* reply) {
  {
    const std::lock_guard guard(lock_);
    last_filter_ = request->ShortDebugString();
  }
  for (const char* name : {"pool-1", "kept"}) {
    if (request->deterministic() && name == std::string("kept")) continue;
    if (request->has_pool_name() && request->pool_name() != name) continue;
    v1::PortBlockPool& pool = *reply->add_pools();
    pool.set_name(name);
    pool.set_block_size(256);
    pool.set_maximum_per_host(10);
    pool.set_active_timeout_s(1200);
    pool.set_blocks(1008);
    pool.set_blocks_used(5);
  }
  if (!request->has_pool_name()) return grpc::Status::OK;
  v1::PortBlock& one = *reply->add_blocks();
  one.set_host(bytes("192.0.2.11"));
  one.set_address(bytes("203.0.113.16"));
  one.set_low(1024);
  one.set_high(1279);
  if (request->from() == 0 && request->pool_name() == "pool-1") {
    one.set_used(12);
    one.set_state(v1::PortBlock::ACTIVE);
    one.set_left_s(1186);
    reply->set_next(1);
  }
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::ClearPersistentBindings(Context*, const v1::PersistentBindingsRequest* request,
                                                v1::ClearPersistentBindingsReply*) {
  const std::lock_guard guard(lock_);
  last_filter_ = request->ShortDebugString();
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::NatBindings(Context*, const v1::NatBindingsRequest* request,
                                    v1::NatBindingsReply* reply) {
  {
    const std::lock_guard guard(lock_);
    last_filter_ = request->ShortDebugString();
  }
  if (request->address() == bytes("203.0.113.99")) return grpc::Status::OK;
  for (const char* file : {"/var/log/sluice/traffic", "/var/log/sluice/traffic.0"})
    reply->add_log_files(file);
  if (request->port() == 1030) {
    v1::NatBindingsReply::Block& block = *reply->add_blocks();
    block.set_host(bytes("192.0.2.11"));
    block.set_pool_name("pool-1");
    block.set_low(1024);
    block.set_high(1279);
    block.set_deterministic(request->address() == bytes("203.0.113.17"));
    block.set_start_unix_s(block.deterministic() ? 0 : 1767570000);
    if (block.deterministic()) return grpc::Status::OK;
    v1::NatBindingsReply::Block& past = *reply->add_blocks();
    past = block;
    past.set_host(bytes("192.0.2.12"));
    past.set_start_unix_s(1767560000);
    past.set_end_unix_s(1767561000);
    past.set_log_file("/var/log/sluice/traffic.0");
    v1::NatBindingsReply::Block& lost = *reply->add_blocks();
    lost = past;
    lost.set_start_unix_s(1767550000);
    lost.clear_end_unix_s();
    lost.set_latest_end_unix_s(1767560000);
  }
  if (request->port() != 17783) return grpc::Status::OK;
  v1::NatBinding& live = *reply->add_bindings();
  live.set_live(true);
  live.set_source(bytes("192.0.2.11"));
  live.set_source_port(5353);
  live.set_destination(bytes("198.51.100.53"));
  live.set_destination_port(53);
  live.set_protocol(17);
  live.set_policy_name("allow-web");
  live.set_session_identifier(8);
  live.set_start_unix_s(1767575093);
  v1::NatBinding& ended = *reply->add_bindings();
  ended = live;
  ended.set_live(false);
  ended.set_protocol(6);
  ended.set_session_identifier(3);
  ended.set_start_unix_s(1767570000);
  ended.set_end_unix_s(1767570045);
  ended.set_log_file("/var/log/sluice/traffic");
  v1::NatBinding& reached = *reply->add_bindings();
  reached = ended;
  reached.set_source(bytes("198.51.100.77"));
  reached.set_source_port(4000);
  reached.set_destination(bytes("203.0.113.2"));
  reached.set_destination_port(17783);
  reached.set_translated_destination(bytes("192.0.2.25"));
  reached.set_translated_destination_port(25);
  for (const bool superseded : {true, false}) {
    v1::NatBinding& begun = *reply->add_bindings();
    begun = ended;
    begun.clear_end_unix_s();
    begun.set_start_unix_s(1767560000);
    begun.set_log_file("/var/log/sluice/traffic.0");
    if (superseded) begun.set_latest_end_unix_s(1767570000);
  }
  reply->set_more(request->has_at_unix_s());
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::Interfaces(Context*, const v1::InterfacesRequest*, v1::InterfacesReply* reply) {
  const auto add = [&](const char* name, bool link) -> v1::Interface& {
    v1::Interface& interface = *reply->add_interfaces();
    interface.set_index(static_cast<std::uint32_t>(reply->interfaces_size()));
    interface.set_name(name);
    interface.set_admin_up(true);
    interface.set_link_up(link);
    interface.set_mtu(1500);
    return interface;
  };
  const auto put_state = [](v1::Interface& port, char last_of_mac) {
    v1::PortState& state = *port.mutable_port();
    state.set_mac(std::string("\x02\x00\x5e\x00\x53", 5) + last_of_mac);
    state.set_speed_mbps(10000);
    state.set_input_packets(1500);
    state.set_input_bytes(1250000);
    state.set_input_bps(81234);
    state.set_input_pps(12);
    state.set_output_packets(1400);
    state.set_output_bytes(990000);
    state.set_output_bps(70123);
    state.set_output_pps(11);
    state.set_input_drops(3);
    state.set_input_errors(2);
    state.set_output_errors(1);
    state.set_carrier_transitions(2);
  };
  v1::Interface& wan = add("ge-0/0/0", true);
  wan.set_description("to the provider");
  put_state(wan, 1);
  v1::Interface& wan_unit = add("ge-0/0/0.0", true);
  wan_unit.set_kernel_name("ge-0-0-0");
  wan_unit.set_zone("untrust");
  wan_unit.add_inet_addresses("203.0.113.2/30");
  put_state(add("ge-0/0/1", true), 2);
  v1::Interface& lan = add("ge-0/0/1.0", true);
  lan.set_kernel_name("ge-0-0-1");
  lan.set_zone("trust");
  lan.set_description("users");
  for (const char* service : {"ospf", "ping", "ssh"}) lan.add_host_inbound(service);
  for (const char* address : {"192.0.2.1/24", "192.0.2.129/25"}) lan.add_inet_addresses(address);
  for (const char* address : {"2001:db8:1::1/64", "fe80::1/64"}) lan.add_inet6_addresses(address);
  add("ge-0/0/2", false);  // without a device
  add("ge-0/0/2.10", false).set_vlan_id(10);
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::Routes(Context*, const v1::RoutesRequest*, v1::RoutesReply* reply) {
  for (const v1::Route& one :
       {route("192.0.2.0/24", "Direct", 0, "forward", "", "ge-0/0/1.0"),
        route("192.0.2.1/32", "Local", 0, "local", "", "ge-0/0/1.0"),
        route("192.0.2.10/32", "Neighbor", 0, "forward", "", "ge-0/0/1.0"),
        route("0.0.0.0/0", "Static", 5, "forward", "203.0.113.1", "ge-0/0/0.0"),
        route("10.0.0.0/8", "Static", 5, "discard", "", ""),
        route("10.9.0.0/16", "Static", 5, "reject", "", ""),
        route("10.1.0.0/16", "Static", 5, "forward", "203.0.113.1", "ge-0/0/0.0"),
        route("10.1.0.0/16", "Static", 5, "forward", "192.0.2.99", "ge-0/0/1.0"),
        route("2001:db8:1::/64", "Direct", 0, "forward", "", "ge-0/0/1.0"),
        route("2001:db8:1:ffff::/112", "Static", 5, "forward", "2001:db8:1::9", "ge-0/0/1.0")}) {
    *reply->add_routes() = one;
  }
  const auto add_neighbor = [&](const char* address, char last_of_mac, const char* interface) {
    v1::Neighbor& one = *reply->add_neighbors();
    one.set_address(address);
    one.set_mac(std::string("\x02\x00\x5e\x00\x53", 5) + last_of_mac);
    one.set_interface(interface);
  };
  add_neighbor("192.0.2.10", 0x10, "ge-0/0/1.0");
  add_neighbor("203.0.113.1", 0x11, "ge-0/0/0.0");
  add_neighbor("2001:db8:1::10", 0x12, "ge-0/0/1.0");
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::Zones(Context*, const v1::ZonesRequest*, v1::ZonesReply* reply) {
  const auto add = [&](std::uint32_t id, const char* name,
                       std::initializer_list<const char*> interfaces) -> v1::Zone& {
    v1::Zone& zone = *reply->add_zones();
    zone.set_zone_id(id);
    zone.set_name(name);
    for (const char* interface : interfaces) zone.add_interfaces(interface);
    return zone;
  };
  v1::Zone& trust = add(8, "trust", {"ge-0/0/1.0", "ge-0/0/2.10"});
  trust.set_description("inside");
  trust.set_screen("trust-screen");
  add(9, "untrust", {"ge-0/0/0.0"}).set_tcp_rst(true);
  add(2, "junos-host", {});
  return grpc::Status::OK;
}

grpc::Status FakeFlowd::Applications(Context*, const v1::ApplicationsRequest* request,
                                     v1::ApplicationsReply* reply) {
  struct Known {
    const char* name;
    std::uint32_t port;  // of TCP; 0: it is ping
    std::uint32_t timeout_s;
  };
  static constexpr Known kKnown[] = {
      {"junos-http", 80, 300}, {"junos-telnet", 23, 1800}, {"junos-icmp-ping", 0, 60}};
  for (const std::string& name : request->names()) {
    const auto* known = std::ranges::find_if(kKnown, [&](const Known& one) { return name == one.name; });
    if (known == std::end(kKnown)) continue;
    v1::Application& application = *reply->add_applications();
    application.set_name(name);
    v1::ApplicationTerm& term = *application.add_terms();
    term.set_protocol(known->port != 0 ? 6 : 1);
    term.set_inactivity_timeout_s(known->timeout_s);
    if (known->port != 0) {
      term.set_destination_port_low(known->port);
      term.set_destination_port_high(known->port);
    } else {
      term.set_icmp_type(8);
    }
  }
  return grpc::Status::OK;
}

}  // namespace sluice::test
