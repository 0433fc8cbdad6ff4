// FakeFlowd: flowd's service with a small, fixed world behind it, for the tests of the management side.
#pragma once

#include <grpcpp/server.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "proto/flowd.grpc.pb.h"

namespace sluice::test {

class FakeFlowd final : public v1::Flowd::Service {
 public:
  // Serves on a Unix socket until destroyed.
  explicit FakeFlowd(const std::string& socket_path);
  ~FakeFlowd() override;

  // What was asked last.
  [[nodiscard]] std::string last_filter() const;
  [[nodiscard]] v1::ClearRequest last_clear() const;
  [[nodiscard]] v1::ClearNatStatisticsRequest last_nat_clear() const;
  [[nodiscard]] v1::MatchPoliciesRequest last_match() const;
  // Clears of counters, as texts of their requests.
  [[nodiscard]] std::vector<std::string> counter_clears() const;
  [[nodiscard]] std::string running_json() const;
  [[nodiscard]] std::uint32_t generation() const;
  [[nodiscard]] int discarded() const;

  // Called at each step of a commit, before or after it is done.
  enum class Step { prepare, prepared, publish, published };
  std::function<void(Step)> on_step;
  // For on_step: it ends, and begins again at once knowing nothing. What asked the call that is under way has
  // its answer already, or gets none.
  enum class LastCall { answered, lost };
  void die(LastCall last);
  // Sessions that lists have told, and how many lists are being told.
  [[nodiscard]] std::uint64_t sessions_told() const { return sessions_told_; }
  [[nodiscard]] int lists_open() const { return telling_; }

  // What goes wrong, set before the call that is to meet it.
  bool refuse_prepare = false;
  bool fail_publish = false;
  bool break_session_stream = false;
  bool large_farm = false;           // a pool has a /64
  std::uint32_t next_policy_id = 0;  // of one more policy; 0: there is none
  std::vector<std::string> log_paths;
  std::vector<std::uint32_t> matching_policies = {4, 5};
  bool nat64 = false;  // lists end with a ping between the families
  // Whoever wants to know is told once how far a walk is.
  static constexpr std::uint64_t kScanned = 2'500'000, kTotal = 10'000'000;
  // Sessions that a list holds besides the fixed ones.
  std::uint64_t many_sessions = 0;

 private:
  using Context = grpc::ServerContext;
  grpc::Status Prepare(Context*, const v1::PrepareRequest*, v1::PrepareReply*) override;
  grpc::Status Publish(Context*, const v1::PublishRequest*, v1::PublishReply*) override;
  grpc::Status Discard(Context*, const v1::PublishRequest*, v1::DiscardReply*) override;
  grpc::Status Status(Context*, const v1::StatusRequest*, v1::StatusReply*) override;
  grpc::Status RunningConfiguration(Context*, const v1::StatusRequest*,
                                    v1::RunningConfigurationReply*) override;
  grpc::Status Sessions(Context*, const v1::SessionsRequest*,
                        grpc::ServerWriter<v1::SessionsReply>*) override;
  grpc::Status SessionSummary(Context*, const v1::SessionSummaryRequest*, v1::SessionSummaryReply*) override;
  grpc::Status Clear(Context*, const v1::ClearRequest*, grpc::ServerWriter<v1::ClearReply>*) override;
  grpc::Status Statistics(Context*, const v1::StatisticsRequest*, v1::StatisticsReply*) override;
  grpc::Status ClearStatistics(Context*, const v1::ClearStatisticsRequest*,
                               v1::ClearStatisticsReply*) override;
  grpc::Status ClearPolicyStatistics(Context*, const v1::ClearPolicyStatisticsRequest*,
                                     v1::ClearPolicyStatisticsReply*) override;
  grpc::Status LogFiles(Context*, const v1::LogFilesRequest*, v1::LogFilesReply*) override;
  grpc::Status MatchPolicies(Context*, const v1::MatchPoliciesRequest*, v1::MatchPoliciesReply*) override;
  grpc::Status PolicyStatistics(Context*, const v1::PolicyStatisticsRequest*,
                                v1::PolicyStatisticsReply*) override;
  grpc::Status NatStatistics(Context*, const v1::NatStatisticsRequest*, v1::NatStatisticsReply*) override;
  grpc::Status ClearNatStatistics(Context*, const v1::ClearNatStatisticsRequest*,
                                  v1::ClearNatStatisticsReply*) override;
  grpc::Status NatBindings(Context*, const v1::NatBindingsRequest*, v1::NatBindingsReply*) override;
  grpc::Status PersistentBindings(Context*, const v1::PersistentBindingsRequest*,
                                  v1::PersistentBindingsReply*) override;
  grpc::Status PortBlocks(Context*, const v1::PortBlocksRequest*, v1::PortBlocksReply*) override;
  grpc::Status ClearPersistentBindings(Context*, const v1::PersistentBindingsRequest*,
                                       v1::ClearPersistentBindingsReply*) override;
  grpc::Status Interfaces(Context*, const v1::InterfacesRequest*, v1::InterfacesReply*) override;
  grpc::Status Routes(Context*, const v1::RoutesRequest*, v1::RoutesReply*) override;
  grpc::Status Zones(Context*, const v1::ZonesRequest*, v1::ZonesReply*) override;
  grpc::Status Applications(Context*, const v1::ApplicationsRequest*, v1::ApplicationsReply*) override;

  bool pass(Step step);

  mutable std::mutex lock_;
  std::string prepared_json_, running_json_;
  std::uint32_t next_generation_ = 1, prepared_ = 0, generation_ = 0;
  int discarded_ = 0;
  bool lost_ = false;  // the call that is under way
  // Counts a list while it is told.
  class Telling {
   public:
    explicit Telling(std::atomic<int>& lists) : lists_(lists) { ++lists_; }
    Telling(const Telling&) = delete;
    Telling& operator=(const Telling&) = delete;
    ~Telling() { --lists_; }

   private:
    std::atomic<int>& lists_;
  };
  std::atomic<std::uint64_t> sessions_told_ = 0;
  std::atomic<int> telling_ = 0;
  std::string last_filter_;
  v1::ClearRequest last_clear_;
  v1::ClearNatStatisticsRequest last_nat_clear_;
  v1::MatchPoliciesRequest last_match_;
  std::vector<std::string> counter_clears_;
  std::unique_ptr<grpc::Server> server_;
};

// The fixed sessions: TCP, UDP with source NAT, echo, IPv6, ESP tunnel, and one with the firewall itself.
std::vector<v1::Session> fixed_sessions();

}  // namespace sluice::test
