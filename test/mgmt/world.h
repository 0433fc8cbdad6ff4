// World: the management side as it runs, in one process: a fake flowd, the service and its door, and
// a client of it, all in a folder of their own.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "fake_flowd.h"
#include "mgd/doors/client.h"
#include "mgd/keeper.h"
#include "mgd/service.h"

namespace sluice::test {

// What `sluice 'LINE'` would print.
struct Answer {
  std::string text;
  std::vector<doors::Refusal> refusals;
  std::vector<doors::Action> actions;

  // The text, then each refusal as the command line words it.
  [[nodiscard]] std::string transcript() const;
  [[nodiscard]] bool refused() const { return !refusals.empty(); }
};

class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Answer ask(std::string_view line, const std::string& file_content = {}, std::string_view ssh = {});
  // `commit FILE` with this content.
  Answer commit(const std::string& text) { return ask("commit fw.conf", text); }
  // What `?` at the end of the line would list.
  doors::Suggestions complete(std::string_view line) { return client_->complete({line}).value(); }
  // A whole <rpc>, answered as XML.
  std::string rpc(std::string_view body) { return client_->rpc(body).value(); }
  // The same for another user than the one who runs the test, with the attributes of <rpc>.
  std::string rpc_as(const doors::Peer& peer, std::string_view body, std::string_view attributes = {});
  // He comes when there is no place.
  void turn_away(const doors::Peer& peer, const Error& why) { service_->turned_away(peer, why); }
  // A session of his ends.
  void leave(const doors::Peer& peer) { service_->ended(peer); }
  [[nodiscard]] std::uint64_t idle_limit_s(const doors::Peer& peer) { return service_->idle_limit_s(peer); }
  // What the audit log says.
  [[nodiscard]] std::string audit() const;

  // Another session, as another operator or a program has it.
  [[nodiscard]] doors::Client connect() const { return doors::Client::connect(socket()).value(); }

  // The clock of commits: the machine's, and what a test adds.
  static std::int64_t now_unix_s() { return commit::clock_unix_s() + ahead_s.load(); }
  static void advance(std::int64_t seconds) { ahead_s += seconds; }

  // The clock by which sessions are idle: the machine's, and what a test adds.
  static std::uint64_t idle_clock_s() { return doors::steady_clock_s() + idle_s.load(); }
  static void stay_idle(std::uint64_t seconds) { idle_s += seconds; }

  // The management daemon ends and starts again; flowd lives on.
  void restart_management();
  void stop_flowd() { flowd_.reset(); }
  void start_flowd();

  FakeFlowd& flowd() { return *flowd_; }
  [[nodiscard]] commit::Parts parts() const {
    return {*running_, *alarms_, store_.get(), *link_, now_unix_s, audit_.get(), boot};
  }
  // What the Keeper does every second, and of that alone the commits that have come due.
  void look() { watch_->look(); }
  Result<bool> commit_if_due() { return service_->candidates().commit_if_due(); }
  // The machine starts again, and with it the daemon.
  void reboot() {
    ++boots;  // from an unknown one too
    restart_management();
  }
  // From now on the machine does not say which of its starts this is.
  static void forget_boot() { boots = kUnknownBoot; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::string socket() const { return folder_ / "mgd.sock"; }

 private:
  void start_management();
  void stop_management();

  static constexpr int kUnknownBoot = -1;
  static std::string boot() { return boots == kUnknownBoot ? "" : "boot-" + std::to_string(boots); }
  static inline std::atomic<std::int64_t> ahead_s = 0;
  static inline std::atomic<std::uint64_t> idle_s = 0;
  static inline std::atomic<int> boots = 0;
  std::filesystem::path folder_;
  std::unique_ptr<FakeFlowd> flowd_;
  std::unique_ptr<link::Flowd> link_;
  std::unique_ptr<audit::Log> audit_;
  std::unique_ptr<commit::Running> running_;
  std::unique_ptr<alarm::Alarms> alarms_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<mgd::ManagementService> service_;
  std::unique_ptr<mgd::Watch> watch_;
  std::unique_ptr<doors::Server> server_;
  std::thread serving_;
  std::optional<doors::Client> client_;
};

}  // namespace sluice::test
