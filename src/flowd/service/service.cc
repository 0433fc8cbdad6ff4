#include "flowd/service/service.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <mutex>

#include "flowd/logship/sightings.h"
#include "flowd/service/counters.h"
#include "flowd/service/flow_statistics.h"
#include "flowd/service/nat_bindings.h"
#include "flowd/service/nat_statistics.h"
#include "flowd/service/persistent_bindings.h"
#include "flowd/service/policy_match.h"
#include "flowd/service/policy_statistics.h"
#include "flowd/service/port_blocks.h"
#include "flowd/service/translate.h"
#include "proto/flowd.grpc.pb.h"

namespace sluice::service {
namespace {

using flowd::Control;
using flowd::Fleet;
using flowd::Running;
using grpc::ServerContext;

constexpr std::size_t kBatch = 512;  // sessions in one message of a stream

// The operator's own connection: TCP between these two, either way round.
Result<std::optional<query::Filter>> spare_of(const v1::ClearRequest& request) {
  if (request.spare_source().empty()) {
    return std::optional<query::Filter>{};
  }
  const auto source = address_of(request.spare_source(), "spare_source");
  const auto destination = address_of(request.spare_destination(), "spare_destination");
  if (!source || !destination) {
    return source ? destination.error() : source.error();
  }
  const auto host = [](const packet::IpAddress& address) {
    return packet::IpPrefix{.address = address, .length = static_cast<std::uint8_t>(address.bits())};
  };
  constexpr std::uint8_t kTcp = 6;
  return std::optional{query::Filter{
      .sent = {.source = host(*source),
               .destination = host(*destination),
               .source_port = static_cast<std::uint16_t>(request.spare_source_port()),
               .destination_port = static_cast<std::uint16_t>(request.spare_destination_port())},
      .protocol = kTcp}};
}

// Tells whoever waits for a stream how far its walk is, not more often than eyes can follow: so little that
// it fits what the connection takes unread, and nobody who stops reading can hold up a clear.
template <class Reply>
class Reporter {
 public:
  Reporter(grpc::ServerWriter<Reply>& writer, bool wanted) {
    if (wanted) {
      tell_ = [this, &writer](const query::Progress& progress) { report(writer, progress); };
    }
  }
  [[nodiscard]] const query::Tell* tell() const { return tell_ ? &tell_ : nullptr; }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kPause{200};

  void report(grpc::ServerWriter<Reply>& writer, const query::Progress& progress) {
    if (Clock::now() < next_) {
      return;
    }
    next_ = Clock::now() + kPause;
    Reply reply;
    reply.mutable_progress()->set_scanned(progress.scanned);
    reply.mutable_progress()->set_total(progress.total);
    writer.Write(reply);
  }

  query::Tell tell_;
  Clock::time_point next_ = Clock::now() + kPause;
};

// Whether a filter asks for anything at all.
bool is_all(const v1::SessionFilter& filter) {
  return filter.ByteSizeLong() == 0;
}

class FlowdService final : public v1::Flowd::Service {
 public:
  FlowdService(Control& control, std::string version)
      : control_(control), version_(std::move(version)), started_(control.now()) {}

  grpc::Status Prepare(ServerContext*, const v1::PrepareRequest* request, v1::PrepareReply* reply) override {
    auto prepared = control_.prepare(request->configuration_json());
    if (!prepared) {
      put_failure(prepared.error(), *reply->mutable_failure());
      return grpc::Status::OK;
    }
    reply->set_generation(prepared->generation);
    for (std::string& warning : prepared->warnings) {
      reply->add_warnings(std::move(warning));
    }
    return grpc::Status::OK;
  }

  grpc::Status Publish(ServerContext*, const v1::PublishRequest* request, v1::PublishReply* reply) override {
    const auto ended = control_.publish(request->generation());
    if (!ended) {
      put_failure(ended.error(), *reply->mutable_failure());
    } else {
      reply->set_sessions_ended(*ended);
    }
    return grpc::Status::OK;
  }

  grpc::Status Discard(ServerContext*, const v1::PublishRequest* request, v1::DiscardReply*) override {
    control_.discard(request->generation());
    return grpc::Status::OK;
  }

  grpc::Status Status(ServerContext*, const v1::StatusRequest*, v1::StatusReply* reply) override {
    reply->set_version(version_);
    reply->set_started_unix_s(started_.unix_s);
    const auto fleet = control_.fleet();
    const auto running = control_.running();
    if (fleet != nullptr && running != nullptr) {
      reply->set_generation(running->generation);
      reply->set_workers(static_cast<std::uint32_t>(fleet->workers().size()));
      reply->set_maximum_sessions(fleet->maximum_sessions());
    }
    return grpc::Status::OK;
  }

  grpc::Status RunningConfiguration(ServerContext*, const v1::StatusRequest*,
                                    v1::RunningConfigurationReply* reply) override {
    if (const auto running = control_.running()) {
      reply->set_generation(running->generation);
      reply->set_configuration_json(*running->configuration_json);
    }
    return grpc::Status::OK;
  }

  grpc::Status Sessions(ServerContext* context, const v1::SessionsRequest* request,
                        grpc::ServerWriter<v1::SessionsReply>* writer) override {
    const auto running = control_.running();
    const auto fleet = control_.fleet();
    if (running == nullptr) {
      return grpc::Status::OK;
    }
    const auto filter = filter_of(request->filter(), running->snapshot);
    if (!filter) {
      v1::SessionsReply reply;
      put_failure(filter.error(), *reply.mutable_failure());
      writer->Write(reply);
      return grpc::Status::OK;
    }
    stream(*context, *request, {*fleet, *running, *filter}, *writer);
    return grpc::Status::OK;
  }

  grpc::Status SessionSummary(ServerContext*, const v1::SessionSummaryRequest* request,
                              v1::SessionSummaryReply* reply) override {
    const auto running = control_.running();
    const auto fleet = control_.fleet();
    if (running == nullptr) {
      return grpc::Status::OK;
    }
    const auto filter = filter_of(request->filter(), running->snapshot);
    if (!filter) {
      put_failure(filter.error(), *reply->mutable_failure());
      return grpc::Status::OK;
    }
    const query::Summary summary =
        query::summarize(fleet->shards(), *filter, control_.moment(control_.now()));
    // There are no other states.
    reply->set_valid(summary.valid);
    reply->set_pending(summary.pending);
    reply->set_invalidated(summary.invalidated);
    reply->set_multicast(summary.multicast);
    reply->set_unicast(summary.valid - summary.multicast);
    reply->set_in_use(query::live_sessions(fleet->shards()));
    reply->set_maximum(fleet->maximum_sessions());
    std::uint64_t failed = 0;
    for (const auto& worker : fleet->workers()) {
      failed += session::get(worker->counters().sessions_failed);
    }
    reply->set_failed(failed);
    return grpc::Status::OK;
  }

  grpc::Status Clear(ServerContext*, const v1::ClearRequest* request,
                     grpc::ServerWriter<v1::ClearReply>* writer) override {
    const auto running = control_.running();
    v1::ClearReply reply;
    if (running == nullptr) {
      writer->Write(reply);
      return grpc::Status::OK;
    }
    auto filter = filter_of(request->filter(), running->snapshot);
    auto spare = spare_of(*request);
    if (!filter || !spare) {
      put_failure(filter ? spare.error() : filter.error(), *reply.mutable_failure());
      writer->Write(reply);
      return grpc::Status::OK;
    }
    if (is_all(request->filter())) {
      filter->without_flags = session::flag::kTunnel | session::flag::kResourceManager;
    }
    Reporter<v1::ClearReply> reporter(*writer, request->report_progress());
    reply.set_cleared(
        control_.clear({.filter = *filter, .spare = *spare, .tell = reporter.tell()}, control_.now()));
    writer->Write(reply);
    return grpc::Status::OK;
  }

  grpc::Status Statistics(ServerContext*, const v1::StatisticsRequest* request,
                          v1::StatisticsReply* reply) override {
    if (const auto fleet = control_.fleet()) {
      flow_statistics_.put(*fleet, request->per_worker(), *reply);
    }
    return grpc::Status::OK;
  }

  grpc::Status ClearStatistics(ServerContext*, const v1::ClearStatisticsRequest*,
                               v1::ClearStatisticsReply*) override {
    if (const auto fleet = control_.fleet()) {
      flow_statistics_.clear(*fleet);
    }
    return grpc::Status::OK;
  }

  grpc::Status PolicyStatistics(ServerContext*, const v1::PolicyStatisticsRequest*,
                                v1::PolicyStatisticsReply* reply) override {
    const auto running = control_.running();
    if (running != nullptr) {
      policy_statistics_.put(*control_.fleet(), running->snapshot, *reply);
    }
    return grpc::Status::OK;
  }

  grpc::Status ClearPolicyStatistics(ServerContext*, const v1::ClearPolicyStatisticsRequest* request,
                                     v1::ClearPolicyStatisticsReply*) override {
    if (const auto running = control_.running()) {
      policy_statistics_.clear(*control_.fleet(), running->snapshot, *request);
    }
    return grpc::Status::OK;
  }

  grpc::Status NatStatistics(ServerContext*, const v1::NatStatisticsRequest*,
                             v1::NatStatisticsReply* reply) override {
    if (const auto running = control_.running()) {
      nat_statistics_.put(*control_.fleet(), running->snapshot, *reply);
    }
    return grpc::Status::OK;
  }

  grpc::Status ClearNatStatistics(ServerContext*, const v1::ClearNatStatisticsRequest* request,
                                  v1::ClearNatStatisticsReply*) override {
    if (const auto running = control_.running()) {
      nat_statistics_.clear(*control_.fleet(), running->snapshot, *request);
    }
    return grpc::Status::OK;
  }

  // One at a time: each may read all the log files there are.
  grpc::Status NatBindings(ServerContext* context, const v1::NatBindingsRequest* request,
                           v1::NatBindingsReply* reply) override {
    const std::unique_lock only(reads_logs_, std::try_to_lock);
    if (!only) {
      put_failure({"in-use", "", "the session log is being searched for somebody else; try again"},
                  *reply->mutable_failure());
      return grpc::Status::OK;
    }
    if (const auto running = control_.running()) {
      const auto fleet = control_.fleet();
      put_nat_bindings({.fleet = *fleet,
                        .snapshot = running->snapshot,
                        .log = running->log,
                        .moment = control_.moment(control_.now()),
                        .stop = [context] { return context->IsCancelled(); }},
                       *request, *reply);
    }
    return grpc::Status::OK;
  }

  grpc::Status PersistentBindings(ServerContext*, const v1::PersistentBindingsRequest* request,
                                  v1::PersistentBindingsReply* reply) override {
    if (const auto running = control_.running()) {
      const sluice::Status put =
          put_persistent_bindings(running->snapshot, control_.now().unix_s, *request, *reply);
      if (!put) {
        put_failure(put.error(), *reply->mutable_failure());
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status ClearPersistentBindings(ServerContext*, const v1::PersistentBindingsRequest* request,
                                       v1::ClearPersistentBindingsReply* reply) override {
    if (const auto running = control_.running()) {
      const sluice::Status cleared = clear_persistent_bindings(running->snapshot, *request);
      if (!cleared) {
        put_failure(cleared.error(), *reply->mutable_failure());
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status PortBlocks(ServerContext*, const v1::PortBlocksRequest* request,
                          v1::PortBlocksReply* reply) override {
    if (const auto running = control_.running()) {
      const sluice::Status put = put_port_blocks(running->snapshot, control_.now().unix_s, *request, *reply);
      if (!put) {
        put_failure(put.error(), *reply->mutable_failure());
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status Interfaces(ServerContext*, const v1::InterfacesRequest*, v1::InterfacesReply* reply) override {
    if (const auto running = control_.running()) {
      put_interfaces(*running, control_.port_watch(), *reply);
    }
    return grpc::Status::OK;
  }

  grpc::Status Routes(ServerContext*, const v1::RoutesRequest*, v1::RoutesReply* reply) override {
    if (const auto running = control_.running()) {
      put_routes(running->snapshot, control_.now(), *reply);
    }
    return grpc::Status::OK;
  }

  grpc::Status Zones(ServerContext*, const v1::ZonesRequest*, v1::ZonesReply* reply) override {
    if (const auto running = control_.running()) {
      put_zones(running->snapshot, *reply);
    }
    return grpc::Status::OK;
  }

  grpc::Status Applications(ServerContext*, const v1::ApplicationsRequest* request,
                            v1::ApplicationsReply* reply) override {
    if (const auto running = control_.running()) {
      put_applications(*request, *running->snapshot.policies, *reply);
    }
    return grpc::Status::OK;
  }

  grpc::Status LogFiles(ServerContext*, const v1::LogFilesRequest*, v1::LogFilesReply* reply) override {
    if (const auto running = control_.running()) {
      for (std::string& path : logship::files_of(running->log)) {
        reply->add_paths(std::move(path));
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status MatchPolicies(ServerContext*, const v1::MatchPoliciesRequest* request,
                             v1::MatchPoliciesReply* reply) override {
    if (const auto running = control_.running()) {
      const sluice::Status put = put_policy_match(*request, running->snapshot, *reply);
      if (!put) {
        put_failure(put.error(), *reply->mutable_failure());
      }
    }
    return grpc::Status::OK;
  }

 private:
  struct Question {
    const Fleet& fleet;
    const Running& running;
    const query::Filter& filter;
  };

  // Batch after batch, as fast as the reader takes them. Ages and durations are those of each batch.
  void stream(const ServerContext& context, const v1::SessionsRequest& request, const Question& question,
              grpc::ServerWriter<v1::SessionsReply>& writer) {
    std::uint64_t from = request.start_identifier();
    std::uint64_t left = request.count() == 0 ? ~std::uint64_t{0} : request.count();
    Reporter<v1::SessionsReply> reporter(writer, request.report_progress());
    do {
      const query::Page page =
          query::page(question.fleet.shards(), question.filter, control_.moment(control_.now()), from,
                      std::min<std::uint64_t>(left, kBatch), {.tell = reporter.tell()});
      v1::SessionsReply reply;
      for (const query::Row& row : page.rows) {
        put_session(row, question.running.snapshot, *reply.add_sessions());
      }
      reply.set_next_identifier(page.next_identifier);
      left -= page.rows.size();
      from = page.next_identifier;
      if (!writer.Write(reply)) {
        return;
      }
    } while (from != 0 && left != 0 && !context.IsCancelled());
  }

  Control& control_;
  service::FlowStatistics flow_statistics_;
  service::PolicyStatistics policy_statistics_;
  service::NatStatistics nat_statistics_;
  std::mutex reads_logs_;
  const std::string version_;
  const Now started_;
};

// Whether somebody listens there. A socket that a killed flowd left behind has nobody.
bool is_served(const std::string& socket_path) {
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
  const bool served = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return served;
}

}  // namespace

struct Server::State {
  State(Control& control, const ServerOptions& options)
      : service(control, options.version), socket_path(options.socket_path) {}

  FlowdService service;
  std::string socket_path;
  std::unique_ptr<grpc::Server> server;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() {
  state_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  state_->server->Wait();
  if (!state_->socket_path.empty()) {
    unlink(state_->socket_path.c_str());
  }
}

std::shared_ptr<grpc::Channel> Server::channel() {
  return state_->server->InProcessChannel({});
}

Result<std::unique_ptr<Server>> Server::start(Control& control, const ServerOptions& options) {
  if (options.socket_path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Error{"invalid-value", options.socket_path,
                 fmt::format("a socket's path has at most {} characters", sizeof(sockaddr_un::sun_path) - 1)};
  }
  auto state = std::make_unique<State>(control, options);
  grpc::ServerBuilder builder;
  if (!options.socket_path.empty()) {
    if (is_served(options.socket_path)) {
      return Error{"in-use", options.socket_path,
                   "another process serves this socket: is sluice-flowd running already?"};
    }
    unlink(options.socket_path.c_str());
    builder.AddListeningPort("unix:" + options.socket_path, grpc::InsecureServerCredentials());
  }
  builder.RegisterService(&state->service);
  // The socket is made with the rights that it keeps: nobody else can connect in between.
  const mode_t before = umask(0177);
  state->server = builder.BuildAndStart();
  umask(before);
  if (state->server == nullptr) {
    return Error{"operation-failed", options.socket_path,
                 "the socket cannot be made: does its folder exist, and may it be written?"};
  }
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

}  // namespace sluice::service
