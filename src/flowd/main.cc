// sluice-flowd: the data plane's process. Ties the parts together and does the chores of the control
// thread until it is told to end.
#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/version.h"
#include "config/config.h"
#include "dataplane/port/eal.h"
#include "flowd/control.h"
#include "flowd/linux_machine.h"
#include "flowd/logship/logship.h"
#include "flowd/service/service.h"

namespace sluice::flowd {
namespace {

constexpr long kChoresEveryNs = 5'000'000;
constexpr long kWaitNs = 20'000;

struct Flags {
  std::string socket = "/run/sluice/flowd.sock";
  std::string yang = config::Schema::default_directory();
  std::string log_folder = "/var/log/sluice";
  std::uint32_t heap_mib = 1024;
  bool pci = false;
};

void say(std::string_view sentence) {
  fmt::print(stderr, "sluice-flowd: {}\n", sentence);
}

// Signals are taken by the main loop, so every thread has them blocked from the start.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Everything that lives as long as the process does, in the order in which it depends on each other.
class Flowd {
 public:
  Flowd(const Flags& flags, config::Schema schema)
      : flags_(flags), schema_(std::move(schema)), control_(machine_, parts()) {}

  Status serve() {
    auto server =
        service::Server::start(control_, {.socket_path = flags_.socket, .version = std::string(version())});
    if (!server) {
      return server.error();
    }
    server_ = std::move(*server);
    return {};
  }

  // Until SIGTERM or SIGINT. SIGHUP opens log files again.
  void run(const sigset_t& signals) {
    const timespec turn{.tv_sec = 0, .tv_nsec = kChoresEveryNs};
    for (;;) {
      const int signal = sigtimedwait(&signals, nullptr, &turn);
      if (signal == SIGTERM || signal == SIGINT) {
        return;
      }
      if (signal == SIGHUP && logship_ != nullptr) {
        logship_->reopen();
      }
      control_.chores(read_clock());
    }
  }

  // No more questions, then no more packets, then the last records; twins go with the machine.
  void end() {
    server_.reset();
    control_.stop();
    if (logship_ != nullptr) {
      logship_->stop();
    }
  }

 private:
  ControlParts parts() {
    ControlParts parts;
    parts.compile = [this](const std::string& json, const compile::IdRegistry& ids) {
      return compile_configuration(json, ids);
    };
    parts.made = [this](const Fleet& fleet) {
      workers_ = static_cast<std::uint16_t>(fleet.workers().size());
      make_logship(fleet);
    };
    parts.before_publish = [this](const compile::Compiled& next) {
      running_nat_ = next.snapshot.nat;
      logship_->publish(next.log, next.snapshot.names);
    };
    parts.wait = [] {
      const timespec pause{.tv_sec = 0, .tv_nsec = kWaitNs};
      nanosleep(&pause, nullptr);
    };
    return parts;
  }

  Result<compile::Compiled> compile_configuration(const std::string& json, const compile::IdRegistry& ids) {
    auto tree = config::from_json(schema_, json);
    if (!tree) {
      return tree.error();
    }
    auto compiled = compile::compile(*tree, ids,
                                     {.log_folder = flags_.log_folder,
                                      .policies = last_policies_,
                                      .nat = running_nat_,
                                      .workers = workers_});
    if (compiled) last_policies_ = compiled->snapshot.policies;
    return compiled;
  }

  void make_logship(const Fleet& fleet) {
    std::vector<sessionlog::EventRing*> rings;
    for (const auto& worker : fleet.workers()) {
      rings.push_back(&worker->events());
    }
    logship_ = std::make_unique<logship::LogShip>(std::move(rings), say);
    logship_->start();
  }

  const Flags flags_;
  const config::Schema schema_;
  // What was compiled last: policies that stay the same are not compiled again. Under the control's lock.
  std::shared_ptr<const policy::Table> last_policies_;
  // What was published last: its ports stay taken. Under the control's lock.
  std::shared_ptr<const nat::Table> running_nat_;
  std::uint16_t workers_ = 0;  // that run
  LinuxMachine machine_;
  Control control_;
  std::unique_ptr<logship::LogShip> logship_;
  std::unique_ptr<service::Server> server_;
};

Status run(const Flags& flags) {
  const sigset_t signals = block_signals();
  prctl(PR_SET_TIMERSLACK, 1000UL);
  const auto pci = flags.pci ? port::EalOptions::Pci::scan : port::EalOptions::Pci::none;
  if (Status started = port::start_eal({.heap_mib = flags.heap_mib, .pci = pci}); !started) {
    return started;
  }
  auto schema = config::Schema::load(flags.yang);
  if (!schema) {
    return schema.error();
  }
  Flowd flowd(flags, std::move(*schema));
  if (Status serving = flowd.serve(); !serving) {
    return serving;
  }
  say("serving on " + flags.socket);
  flowd.run(signals);
  flowd.end();
  return {};
}

}  // namespace
}  // namespace sluice::flowd

int main(int argc, char** argv) {
  sluice::flowd::Flags flags;
  CLI::App app("sluice-flowd: the data plane of the Sluice firewall");
  app.add_option("--socket", flags.socket, "Unix socket of the service")->capture_default_str();
  app.add_option("--yang", flags.yang, "folder of the YANG modules")->capture_default_str();
  app.add_option("--log-dir", flags.log_folder, "folder of session log files")->capture_default_str();
  app.add_option("--heap-mib", flags.heap_mib, "most memory of DPDK's own without huge pages, MiB")
      ->capture_default_str()
      ->check(CLI::Range(128, 65536));
  app.add_flag("--pci", flags.pci, "look for network cards on the PCI bus");
  app.set_version_flag("--version", sluice::version_of("sluice-flowd"));
  CLI11_PARSE(app, argc, argv);
  const sluice::Status ended = sluice::flowd::run(flags);
  if (!ended) {
    fmt::print(stderr, "sluice-flowd: {}\n", ended.error().text());
    return 1;
  }
  return 0;
}
