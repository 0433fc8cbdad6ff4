// What a log record costs: formatting alone, and all the way to a file through LogShip.
//
// Events are those of a worker that opens and closes TCP sessions: a create and a close record each,
// random addresses, a thousand policies. All figures are processor time of the one thread, the
// kernel's part included. The file is made in each folder named on the command line, or in /tmp and
// /dev/shm.
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>
#include <algorithm>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "flowd/logship/formatter.h"
#include "flowd/logship/logship.h"
#include "kit/timing.h"

namespace sluice::bench {
namespace {

using logship::Format;
using sessionlog::Event;
using sessionlog::EventType;

constexpr std::size_t kEvents = 1U << 14U;
constexpr std::size_t kBlock = 256U << 10U;

std::shared_ptr<const snapshot::Names> names() {
  auto made = std::make_shared<snapshot::Names>();
  for (int i = 0; i < 1004; ++i) {
    made->policy.push_back("allow-web-" + std::to_string(i));
  }
  made->zone = {"", "null", "junos-host", "", "", "", "", "", "trust", "untrust"};
  made->interface = {"", ".local..0", "ge-0/0/0.0", "ge-0/0/1.0"};
  made->application = {"", "junos-ftp", "junos-ssh", "junos-http", "junos-https"};
  return made;
}

std::vector<Event> events(packet::Family family) {
  std::mt19937_64 random(1);
  std::vector<Event> made(kEvents);
  for (std::size_t i = 0; i < kEvents; ++i) {
    Event& event = made[i];
    const bool close = i % 2 == 1;
    if (close) {
      event = made[i - 1];
      event.packets[0] = 5 + random() % 20;
      event.packets[1] = 5 + random() % 20;
      event.bytes[0] = random() % 5'000;
      event.bytes[1] = random() % 100'000;
      event.elapsed_s = static_cast<std::uint32_t>(random() % 100);
      event.reason = session::CloseReason::tcp_fin;
    } else {
      for (std::size_t byte = 0; byte < (family == packet::Family::inet ? 4U : 16U); ++byte) {
        event.source[byte] = static_cast<std::uint8_t>(random());
        event.destination[byte] = static_cast<std::uint8_t>(random());
      }
      event.nat_source = event.source;
      event.nat_destination = event.destination;
      event.source_port = event.nat_source_port = static_cast<std::uint16_t>(1024 + random() % 60'000);
      event.destination_port = event.nat_destination_port = 443;
      event.policy = PolicyId{static_cast<std::uint16_t>(4 + random() % 1000)};
      event.application = AppId{4};
      event.session_id_32 = static_cast<std::uint32_t>(random() % 10'000'000);
      event.session_id_64 = (random() % 1000 << 32U) | event.session_id_32;
    }
    event.type = close ? EventType::closed : EventType::created;
    event.family = family;
    event.protocol = 6;
    event.from_zone = ZoneId{8};
    event.to_zone = ZoneId{9};
    event.ingress = IflId{2};
    event.egress = IflId{3};
    event.unix_ns = 1'780'000'000'000'000'000 + i * 700;
    event.sequence = i + 1;
  }
  return made;
}

constexpr int kRuns = 7;

double cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

struct Case {
  const char* name;
  Format format;
  packet::Family family;
};

void formats(const Case& which) {
  logship::FormatOptions how;
  how.format = which.format;
  how.host_name = "fw1";
  how.sd_id = logship::LogOptions().sd_id;
  logship::Formatter formatter(how, *names());
  const std::vector<Event> all = events(which.family);
  std::vector<char> out(formatter.max_size() + kBlock);
  constexpr std::size_t kRecords = 64 * kEvents;
  std::vector<double> runs;
  std::size_t bytes = 0;
  for (int run = 0; run < kRuns; ++run) {
    char* at = out.data();
    bytes = 0;
    const double start = cpu_ns();
    for (std::size_t i = 0; i < kRecords; ++i) {
      const Event& event = all[i % kEvents];
      const bool close = event.type == EventType::closed;
      char* const end =
          formatter.format(close ? logship::Message::closed : logship::Message::created, event, at);
      bytes += static_cast<std::size_t>(end - at);
      at = static_cast<std::size_t>(end - out.data()) > kBlock ? out.data() : end;
    }
    runs.push_back((cpu_ns() - start) / static_cast<double>(kRecords));
  }
  const auto mean = static_cast<double>(bytes) / static_cast<double>(kRecords);
  report({.name = fmt::format("log_format_{}_ns", which.name),
          .unit = "ns",
          .conditions = fmt::format("create and close records, {:.0f} bytes each on average", mean),
          .runs = runs});
}

// Through ring, formatter and write().
class FileRun {
 public:
  FileRun(Format format, const std::string& folder)
      : path_(fmt::format("{}/sluice-logship-bench-{}", folder, getpid())),
        ring_(kEvents),
        ship_({&ring_}, {}),
        events_(events(packet::Family::inet)) {
    logship::LogOptions how;
    how.host_name = "fw1";
    how.default_format = format;
    how.default_file = {.path = path_, .size_limit = 256U << 20U, .keep = 1};
    ship_.publish(how, names());
  }
  ~FileRun() {
    unlink(path_.c_str());
    unlink((path_ + ".0").c_str());
  }

  // Nanoseconds for a record over `rounds` fillings of the ring.
  double run(int rounds) {
    double spent = 0;
    for (int round = 0; round < rounds; ++round) {
      fill();
      const double start = cpu_ns();
      while (ship_.drain_once(1) != 0) {
      }
      spent += cpu_ns() - start;
    }
    return spent / (static_cast<double>(rounds) * static_cast<double>(kEvents));
  }
  [[nodiscard]] std::uint64_t lost() const {
    const logship::Statistics statistics = ship_.statistics();
    return statistics.lost_in_rings + statistics.streams.at(0).lost;
  }

 private:
  void fill() {
    for (const Event& event : events_) {
      Event* slot = ring_.reserve();
      const std::uint64_t sequence = slot->sequence;
      *slot = event;
      slot->sequence = sequence;
      ring_.commit();
    }
  }

  std::string path_;
  sessionlog::EventRing ring_;
  logship::LogShip ship_;
  std::vector<Event> events_;
};

void ships(const Case& which, const std::string& folder) {
  FileRun file(which.format, folder);
  file.run(64);
  std::vector<double> runs;
  runs.reserve(kRuns);
  for (int run = 0; run < kRuns; ++run) {
    runs.push_back(file.run(64));
  }
  std::string label = folder;
  std::ranges::replace(label, '/', '_');
  report({.name = fmt::format("log_ship_{}{}_ns", which.name, label),
          .unit = "ns",
          .conditions = fmt::format("1 M records a run to a file in {}, rotated at 256 MiB, {} lost", folder,
                                    file.lost()),
          .runs = runs,
          .target = which.format == Format::syslog ? 333.0 : 0.0});
}

int run(int argc, char** argv) {
  const Case syslog{.name = "syslog", .format = Format::syslog, .family = packet::Family::inet};
  const Case structured{.name = "sd_syslog", .format = Format::sd_syslog, .family = packet::Family::inet};
  formats(syslog);
  formats({.name = "syslog_v6", .format = Format::syslog, .family = packet::Family::inet6});
  formats(structured);
  formats({.name = "json", .format = Format::json, .family = packet::Family::inet});
  std::vector<std::string> folders(argv + 1, argv + argc);
  if (folders.empty()) {
    folders = {"/tmp", "/dev/shm"};
  }
  for (const std::string& folder : folders) {
    ships(syslog, folder);
    ships(structured, folder);
  }
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run(argc, argv);
}
