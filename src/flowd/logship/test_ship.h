// A LogShip with one ring, driven by hand, and the places its records go to. For tests.
#pragma once

#include <cstdlib>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "flowd/logship/logship.h"
#include "flowd/logship/test_events.h"

namespace sluice::logship::test {

inline constexpr std::uint64_t kSecond = 1'000'000'000;  // ns

class Folder {
 public:
  Folder() {
    std::string made = (std::filesystem::temp_directory_path() / "sluice-logship-XXXXXX").string();
    check(mkdtemp(made.data()) != nullptr, "a test can make a folder");
    path_ = made;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

// The number in a structured record's attribute; 0 when it has none.
inline std::uint64_t number_of(const std::string& record, const std::string& attribute) {
  const std::size_t at = record.find(" " + attribute + "=\"");
  return at == std::string::npos ? 0 : std::stoull(record.substr(at + attribute.size() + 3));
}
inline std::uint64_t sequence_of(const std::string& record) {
  return number_of(record, "log-sequence");
}
// How many records an announcement says were lost; 0 for other records.
inline std::uint64_t lost_of(const std::string& record) {
  return number_of(record, "lost-records");
}

inline LogOptions options(Format format = Format::sd_syslog) {
  LogOptions made;
  made.host_name = "fw1";
  made.utc_timestamp = true;
  made.default_format = format;
  return made;
}

inline Stream stream(const std::string& name, Target target) {
  Stream made;
  made.name = name;
  made.target = std::move(target);
  return made;
}

inline FileTarget file(const std::string& path) {
  return {.path = path, .size_limit = 0, .keep = 10};
}

struct Ship {
  explicit Ship(std::uint32_t capacity = 65536)
      : ring(capacity), ship({&ring}, [this](std::string_view what) { reports.emplace_back(what); }) {}

  // A worker's record; false when its ring was full.
  bool log(const sessionlog::Event& event) {
    sessionlog::Event* slot = ring.reserve();
    if (slot == nullptr) {
      return false;
    }
    const std::uint64_t sequence = slot->sequence;
    const std::uint64_t lost = slot->lost_before;
    *slot = event;
    slot->sequence = sequence;
    slot->lost_before = lost;
    ring.commit();
    return true;
  }
  void log_many(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      check(log(ssh(sessionlog::EventType::closed)), "the test's ring is large enough");
    }
  }
  // Until there is nothing left to do now.
  void drain() {
    while (ship.drain_once(now_ns) != 0) {
    }
  }
  [[nodiscard]] StreamStatistics statistics(const std::string& name) const {
    for (StreamStatistics& found : ship.statistics().streams) {
      if (found.name == name) {
        return found;
      }
    }
    check(false, "a test asks for a stream that exists");
    return {};
  }

  std::vector<std::string> reports;
  sessionlog::EventRing ring;
  LogShip ship;
  std::uint64_t now_ns = 1'000'000'000'000;
};

}  // namespace sluice::logship::test
