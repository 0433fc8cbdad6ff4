// Scene: a folder with a configuration and a capture, and the program run on them.
//
// The configuration is an office's:
//   trust    ge-0/0/0.0  10.0.1.1/24     2001:db8:1::1/64
//   untrust  ge-0/0/1.0  203.0.113.1/24  2001:db8:2::1/64, and the default routes
// From trust to untrust, web (HTTP, logged, counted) and names (DNS) are permitted and no-telnet is denied
// with a log record; all else falls to the default policy.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "capture_writer.h"
#include "lab.h"

namespace sluice::path {

struct Ran {
  int status = -1;
  std::string out;
  std::string err;

  // What stands under "--- TITLE ---".
  [[nodiscard]] std::string section(std::string_view title) const;
};

class Scene {
 public:
  Scene();
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  std::string configuration;  // set commands
  CaptureWriter capture;
  CaptureWriter::Form form = CaptureWriter::Form::pcap;
  std::string program = SLUICE_REPLAY;

  [[nodiscard]] std::string file(std::string_view name) const { return folder_ / name; }
  // sluice-replay --config FILE --inside 10.0.1.0/24 2001:db8:1::/64 CAPTURE `more`
  [[nodiscard]] Ran run(const std::string& more = "");
  // With these arguments alone; `as` is what the shell reads before the program.
  [[nodiscard]] Ran run_with(const std::string& arguments, const std::string& as = "");
  void save();
  // What jq makes of some JSON.
  [[nodiscard]] std::string jq(const std::string& json, const std::string& filter) const;

 private:
  [[nodiscard]] Ran shell(const std::string& command) const;
  std::filesystem::path folder_;
};

[[nodiscard]] std::string read_file(const std::string& path);

inline Endpoint client(std::uint16_t port = 40000) {
  return {address("10.0.1.10"), port};
}
inline Endpoint server(std::uint16_t port = 80) {
  return {address("198.51.100.20"), port};
}
inline Endpoint client6(std::uint16_t port = 40000) {
  return {address("2001:db8:1::10"), port};
}
inline Endpoint server6(std::uint16_t port = 80) {
  return {address("2001:db8:77::20"), port};
}

// A connection from SYN to the last ACK, a tenth of a second per segment.
void add_closed_connection(CaptureWriter& capture, double second, const Endpoint& from, const Endpoint& to);

}  // namespace sluice::path
