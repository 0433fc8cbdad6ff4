// World: the management side as it runs, in one process: a fake flowd, the service and its door, and
// a client of it, all in a folder of their own.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "fake_flowd.h"
#include "mgd/doors/client.h"
#include "mgd/service.h"

namespace sluice::test {

// What `sluice 'LINE'` would print.
struct Answer {
  std::string text;
  std::vector<doors::Refusal> refusals;

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
  // A whole <rpc>, answered as XML.
  std::string rpc(std::string_view body) { return client_->rpc(body).value(); }

  // The management daemon ends and starts again; flowd lives on.
  void restart_management();
  void stop_flowd() { flowd_.reset(); }
  void start_flowd();

  FakeFlowd& flowd() { return *flowd_; }
  [[nodiscard]] commit::Parts parts() const { return {*running_, store_.get(), *link_}; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::string socket() const { return folder_ / "mgd.sock"; }

 private:
  void start_management();
  void stop_management();

  std::filesystem::path folder_;
  std::unique_ptr<FakeFlowd> flowd_;
  std::unique_ptr<link::Flowd> link_;
  std::unique_ptr<commit::Running> running_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<mgd::ManagementService> service_;
  std::unique_ptr<doors::Server> server_;
  std::thread serving_;
  std::optional<doors::Client> client_;
};

}  // namespace sluice::test
