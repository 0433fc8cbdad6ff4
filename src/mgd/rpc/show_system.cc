#include <fmt/format.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <fstream>

#include "base/version.h"
#include "mgd/rpc/handlers.h"
#include "mgd/rpc/machine_use.h"

// show version, show system information, show chassis hardware, show chassis routing-engine: what programs
// ask first, to know what they talk to.
namespace sluice::rpc {
namespace {

using render::Document;
using render::Element;
using render::Sink;

constexpr std::string_view kModel = "sluice";
constexpr std::string_view kChassis = "junos-chassis";
constexpr double kLoadUnit = 1 << SI_LOAD_SHIFT;

// Tells one machine from another and stays the same: the machine id, which itself is to be kept to the
// machine, through FNV-1a.
std::string serial_number() {
  std::ifstream in("/etc/machine-id");
  std::string id;
  in >> id;
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : id) hash = (hash ^ c) * 0x100000001b3;
  return fmt::format("{:016X}", hash);
}

// "1 day, 2 hours, 3 minutes, 4 seconds"
std::string duration_words(std::uint64_t seconds) {
  struct Unit {
    std::uint64_t seconds;
    std::string_view word;
  };
  constexpr Unit kUnits[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
  std::string text;
  for (const Unit& unit : kUnits) {
    const std::uint64_t count = seconds / unit.seconds;
    seconds %= unit.seconds;
    if (count == 0 && (text.empty() && unit.seconds > 1)) continue;
    text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", count, unit.word, count == 1 ? "" : "s");
  }
  return text;
}

// "02:30", or "1d 02:30".
std::string time_length(std::int64_t seconds) {
  const std::int64_t days = seconds / 86400, minutes = seconds / 60;
  return fmt::format("{}{:02}:{:02}", days > 0 ? fmt::format("{}d ", days) : "", minutes / 60 % 24,
                     minutes % 60);
}

void moment_elements(Sink& sink, std::int64_t then, std::int64_t now) {
  sink.leaf("date-time", utc_time(then), {{"junos:seconds", fmt::to_string(then)}});
  const std::int64_t past = std::max<std::int64_t>(now - then, 0);
  sink.leaf("time-length", time_length(past), {{"junos:seconds", fmt::to_string(past)}});
}

}  // namespace

Status show_software(const Inputs&, const Context& context, Sink& sink) {
  const Document document(sink, "software-information", "");
  const std::string_view release = forms_of(context.profile).full_name;
  sink.leaf("host-name", context.parts.running.host_name());
  sink.leaf("product-model", kModel);
  sink.leaf("product-name", kModel);
  const auto package = [&sink](std::string_view name, const std::string& comment) {
    const Element element(sink, "package-information");
    sink.leaf("name", name);
    sink.leaf("comment", comment);
  };
  // Until 15.1 the release was known by this package only.
  if (!forms_of(context.profile).junos_version) {
    package("junos", fmt::format("Layouts of Junos [{}]", release));
  } else {
    sink.leaf("junos-version", release);
  }
  package("sluice", fmt::format("Sluice [{}]", version()));
  return {};
}

Status show_system(const Inputs&, const Context& context, Sink& sink) {
  const Document document(sink, "system-information", "");
  sink.leaf("hardware-model", kModel);
  sink.leaf("os-name", "junos-es");
  sink.leaf("os-version", forms_of(context.profile).full_name);
  sink.leaf("serial-number", serial_number());
  sink.leaf("host-name", context.parts.running.host_name());
  return {};
}

Status show_uptime(const Inputs&, const Context& context, Sink& sink) {
  struct sysinfo machine {};
  ::sysinfo(&machine);
  const std::int64_t now = context.parts.now_unix_s();
  const Document document(sink, "system-uptime-information", "");
  {
    const Element element(sink, "current-time");
    sink.leaf("date-time", utc_time(now), {{"junos:seconds", fmt::to_string(now)}});
  }
  {
    const Element element(sink, "system-booted-time");
    moment_elements(sink, now - machine.uptime, now);
  }
  const commit::Committed committed = context.parts.running.committed();
  if (committed.unix_s == 0) return {};
  const Element element(sink, "last-configured-time");
  moment_elements(sink, committed.unix_s, now);
  sink.leaf("user", committed.user);
  return {};
}

Status show_chassis(const Inputs&, const Context&, Sink& sink) {
  const Document document(sink, "chassis-inventory", kChassis);
  const Element chassis(sink, "chassis", {{"junos:style", "inventory"}});
  sink.leaf("name", "Chassis");
  sink.leaf("serial-number", serial_number());
  sink.leaf("description", "SLUICE");
  return {};
}

Status show_route_engine(const Inputs&, const Context& context, Sink& sink) {
  struct sysinfo machine {};
  ::sysinfo(&machine);
  const auto up_s = static_cast<std::uint64_t>(machine.uptime);
  const MemoryUse memory = memory_use();
  const CpuUse cpu = cpu_use();
  const std::int64_t start = context.parts.now_unix_s() - machine.uptime;
  const Document document(sink, "route-engine-information", kChassis);
  const Element engine(sink, "route-engine");
  sink.leaf("slot", 0);
  sink.leaf("mastership-state", "master");
  sink.leaf("status", "OK");
  sink.leaf("memory-system-total", memory.total >> 10);
  sink.leaf("memory-system-total-used", memory.used >> 10);
  sink.leaf("memory-system-total-util", memory.percent());
  sink.leaf("cpu-user", cpu.user);
  sink.leaf("cpu-background", cpu.background);
  sink.leaf("cpu-system", cpu.system);
  sink.leaf("cpu-interrupt", cpu.interrupt);
  sink.leaf("cpu-idle", cpu.idle);
  sink.leaf("model", "SLUICE");
  sink.leaf("start-time", utc_time(start), {{"junos:seconds", fmt::to_string(start)}});
  sink.leaf("up-time", duration_words(up_s), {{"junos:seconds", fmt::to_string(up_s)}});
  constexpr render::Name kLoads[] = {"load-average-one", "load-average-five", "load-average-fifteen"};
  for (std::size_t i = 0; i < std::size(kLoads); ++i) {
    sink.leaf(kLoads[i], fmt::format("{:.2f}", static_cast<double>(machine.loads[i]) / kLoadUnit));
  }
  return {};
}

}  // namespace sluice::rpc
