#include "scene.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/check.h"

namespace sluice::path {
namespace {

constexpr std::string_view kOffice = R"(
set system host-name office
set system ports ge-0/0/0 device inside
set system ports ge-0/0/1 device outside
set interfaces ge-0/0/0 unit 0 family inet address 10.0.1.1/24
set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64
set interfaces ge-0/0/1 unit 0 family inet address 203.0.113.1/24
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:2::1/64
set routing-options static route 0.0.0.0/0 next-hop 203.0.113.254
set routing-options static route ::/0 next-hop 2001:db8:2::fe
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone trust host-inbound-traffic system-services ping
set security zones security-zone untrust interfaces ge-0/0/1.0
set security policies from-zone trust to-zone untrust policy web match source-address any
set security policies from-zone trust to-zone untrust policy web match destination-address any
set security policies from-zone trust to-zone untrust policy web match application junos-http
set security policies from-zone trust to-zone untrust policy web then permit
set security policies from-zone trust to-zone untrust policy web then log session-init session-close
set security policies from-zone trust to-zone untrust policy web then count
set security policies from-zone trust to-zone untrust policy names match source-address any
set security policies from-zone trust to-zone untrust policy names match destination-address any
set security policies from-zone trust to-zone untrust policy names match application junos-dns-udp
set security policies from-zone trust to-zone untrust policy names then permit
set security policies from-zone trust to-zone untrust policy no-telnet match source-address any
set security policies from-zone trust to-zone untrust policy no-telnet match destination-address any
set security policies from-zone trust to-zone untrust policy no-telnet match application junos-telnet
set security policies from-zone trust to-zone untrust policy no-telnet then deny
set security policies from-zone trust to-zone untrust policy no-telnet then log session-init
)";

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(text).str();
}

std::string Ran::section(std::string_view title) const {
  const std::string heading = fmt::format("--- {} ---\n", title);
  const std::size_t begin = out.find(heading);
  if (begin == std::string::npos) return "there is no section " + std::string(title);
  const std::size_t from = begin + heading.size();
  const std::size_t end = out.find("\n--- ", from);
  return out.substr(from, end == std::string::npos ? end : end - from);
}

Scene::Scene() : configuration(kOffice) {
  char name[] = "/tmp/sluice-replay-XXXXXX";
  check(mkdtemp(name) != nullptr, "no folder for the test");
  folder_ = name;
}

Scene::~Scene() {
  std::filesystem::remove_all(folder_);
}

void Scene::save() {
  write_file(file("office.conf"), configuration);
  capture.save(file("capture"), form);
}

Ran Scene::shell(const std::string& command) const {
  const int status =
      std::system(fmt::format("{} > '{}' 2> '{}'", command, file("stdout"), file("stderr")).c_str());
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .out = read_file(file("stdout")),
          .err = read_file(file("stderr"))};
}

Ran Scene::run_with(const std::string& arguments, const std::string& as) {
  return shell(fmt::format("{} '{}' {}", as, program, arguments));
}

Ran Scene::run(const std::string& more) {
  save();
  return run_with(fmt::format("--config '{}' --inside 10.0.1.0/24 2001:db8:1::/64 '{}' {}",
                              file("office.conf"), file("capture"), more));
}

std::string Scene::jq(const std::string& json, const std::string& filter) const {
  write_file(file("json"), json);
  write_file(file("filter"), filter);
  const Ran ran = shell(fmt::format("jq -r -f '{}' '{}'", file("filter"), file("json")));
  return ran.status == 0 ? ran.out : "jq: " + ran.err;
}

void add_closed_connection(CaptureWriter& capture, double second, const Endpoint& from, const Endpoint& to) {
  Connection connection(from, to);
  const std::vector<Datagram> segments = {connection.client("S"),        connection.server("SA"),
                                          connection.client("A"),        connection.client("PA", 100),
                                          connection.server("PA", 1000), connection.client("FA"),
                                          connection.server("FA"),       connection.client("A")};
  for (const Datagram& segment : segments) {
    capture.add(second, segment);
    second += 0.1;
  }
}

}  // namespace sluice::path
