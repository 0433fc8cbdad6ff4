#include "world.h"

#include <fmt/format.h>

#include <fstream>

#include "base/check.h"

namespace sluice::test {
namespace {

const config::Schema& schema() {
  static const config::Schema loaded = config::Schema::load(config::Schema::default_directory()).value();
  return loaded;
}
const command::RpcSchema& rpcs() {
  static const Result<command::RpcSchema> loaded =
      command::RpcSchema::load(config::Schema::default_directory());
  return loaded.value();
}
const command::Grammar& grammar() {
  static const command::Grammar built = [] {
    const auto table = rpc::commands();
    return command::Grammar::build(rpcs(), table).value();
  }();
  return built;
}

}  // namespace

std::string Answer::transcript() const {
  std::string all = text;
  for (const doors::Refusal& refusal : refusals) {
    if (refusal.position) all += fmt::format("{:>{}}\n", "^", *refusal.position + 3);
    all += refusal.error.text() + "\n";
  }
  return all;
}

World::World() {
  char name[] = "/tmp/sluice-mgmt-XXXXXX";
  check(mkdtemp(name) != nullptr, "no folder for the test");
  folder_ = name;
  start_flowd();
  link_ = std::make_unique<link::Flowd>(link::Flowd::at(folder_ / "flowd.sock"));
  audit_ = std::make_unique<audit::Log>(folder_ / "audit", [this] { return running_->host_name(); });
  store_ = std::make_unique<storage::Store>(storage::Store::open(folder_ / "state").value());
  start_management();
}

World::~World() {
  stop_management();
  std::filesystem::remove_all(folder_);
}

void World::start_flowd() {
  flowd_ = std::make_unique<FakeFlowd>(folder_ / "flowd.sock");
  // The first call may still go out on the connection to the flowd that was stopped.
  const auto answers = [this] { return bool(link_->ask(&link::Flowd::Stub::Status, v1::StatusRequest())); };
  check(link_ == nullptr || answers() || answers(), "the flowd that was started is not found");
}

void World::start_management() {
  running_ = std::make_unique<commit::Running>(schema());
  alarms_ = std::make_unique<alarm::Alarms>(now_unix_s, audit_.get());
  commit::restore(parts(), schema());
  service_ = std::make_unique<mgd::ManagementService>(schema(), rpcs(), grammar(), parts());
  watch_ = std::make_unique<mgd::Watch>(parts(), service_->candidates());
  doors::ServerOptions options;
  options.clock_s = idle_clock_s;
  options.look_every_ms = 50;
  server_ = std::make_unique<doors::Server>(doors::listen_at(socket(), 0600).value(), *service_, options);
  serving_ = std::thread([this] { server_->run(); });
  client_.emplace(doors::Client::connect(socket()).value());
}

void World::stop_management() {
  client_.reset();
  server_->stop();
  serving_.join();
  server_.reset();
}

void World::restart_management() {
  stop_management();
  start_management();
}

namespace {

class ReplyText : public doors::Reply {
 public:
  void write(std::string_view xml) override { text += xml; }
  [[nodiscard]] bool open() const override { return true; }
  std::string text;
};

}  // namespace

std::string World::rpc_as(const doors::Peer& peer, std::string_view body, std::string_view attributes) {
  pugi::xml_document document;
  const std::string request = fmt::format("<rpc {}>{}</rpc>", attributes, body);
  check(document.load_string(request.c_str()), "the test's request is XML");
  ReplyText reply;
  service_->answer(peer, document.document_element(), reply);
  return "<rpc-reply xmlns:junos=\"j\">" + reply.text + "</rpc-reply>";
}

std::string World::audit() const {
  std::ifstream file(folder_ / "audit");
  return {std::istreambuf_iterator<char>(file), {}};
}

namespace {

class Collector : public doors::Listener {
 public:
  explicit Collector(std::string& text) : text_(text) {}
  bool begin(const doors::OutputHead&) override { return true; }
  bool text(std::string_view piece) override {
    text_ += piece;
    return true;
  }

 private:
  std::string& text_;
};

}  // namespace

Answer World::ask(std::string_view line, const std::string& file_content, std::string_view ssh) {
  Answer answer;
  doors::Line asked{line};
  asked.ssh_connection = ssh;
  if (!file_content.empty()) asked.files.push_back({"fw.conf", file_content});
  Collector collector(answer.text);
  doors::Answer answered = client_->command(asked, collector).value();
  answer.refusals = std::move(answered.refusals);
  answer.actions = std::move(answered.actions);
  return answer;
}

}  // namespace sluice::test
