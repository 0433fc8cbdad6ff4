// `security log`, in effective values.
#include <fmt/format.h>

#include <algorithm>

#include "flowd/compile/parts.h"
#include "flowd/compile/statement.h"

namespace sluice::compile {
namespace {

using config::Node;
using logship::Categories;
using logship::Facility;
using logship::FileTarget;
using logship::Format;
using logship::Severity;
using logship::Stream;
using packet::IpAddress;

constexpr std::uint64_t kMegabyte = 1U << 20U;
constexpr std::string_view kDefaultFile = "traffic";

template <class Value>
struct Word {
  std::string_view word;
  Value value;
};

constexpr Word<Format> kFormats[] = {
    {"syslog", Format::syslog}, {"sd-syslog", Format::sd_syslog}, {"json", Format::json}};

constexpr Word<Severity> kSeverities[] = {{"emergency", Severity::emergency}, {"alert", Severity::alert},
                                          {"critical", Severity::critical},   {"error", Severity::error},
                                          {"warning", Severity::warning},     {"notice", Severity::notice},
                                          {"info", Severity::info},           {"debug", Severity::debug}};

constexpr Word<Facility> kFacilities[] = {{"authorization", Facility::authorization},
                                          {"daemon", Facility::daemon},
                                          {"ftp", Facility::ftp},
                                          {"kernel", Facility::kernel},
                                          {"user", Facility::user},
                                          {"local0", Facility::local0},
                                          {"local1", Facility::local1},
                                          {"local2", Facility::local2},
                                          {"local3", Facility::local3},
                                          {"local4", Facility::local4},
                                          {"local5", Facility::local5},
                                          {"local6", Facility::local6},
                                          {"local7", Facility::local7}};

// Categories that have no row are of records that do not exist here (screens, ALGs).
constexpr Word<Categories> kCategories[] = {{"all", logship::kAllCategories},
                                            {"nat", logship::kNat},
                                            {"session", logship::kSessions},
                                            {"session-open", logship::kSessionOpen},
                                            {"session-close", logship::kSessionClose}};

// Where the records of `mode` go. Unset: to the streams, or to the file when there are none.
enum class Mode { unset, stream, event, stream_event };
constexpr Word<Mode> kModes[] = {
    {"stream", Mode::stream}, {"event", Mode::event}, {"stream-event", Mode::stream_event}};

template <class Value, std::size_t N>
Value value_of(const Word<Value> (&table)[N], std::optional<std::string_view> word, Value otherwise) {
  const auto* row =
      std::find_if(std::begin(table), std::end(table), [&](const auto& entry) { return entry.word == word; });
  return row == std::end(table) ? otherwise : row->value;
}

logship::TimeFormat read_time_format(const Node& node) {
  return {.year = node.has("year"), .millisecond = node.has("millisecond")};
}

std::string path_in(const std::string& folder, std::string_view name) {
  return name.starts_with('/') ? std::string(name) : fmt::format("{}/{}", folder, name);
}

// `security log file`.
FileTarget read_file(const Node& file, const std::string& log_folder) {
  const logship::LogOptions defaults;
  FileTarget out = defaults.default_file;
  out.path = path_in(std::string(file.text("path").value_or(log_folder)),
                     file.text("filename").value_or(kDefaultFile));
  if (const auto megabytes = file.number("size")) out.size_limit = *megabytes * kMegabyte;
  out.keep = static_cast<std::uint32_t>(file.number("files").value_or(out.keep));
  return out;
}

// `security log stream NAME file`.
FileTarget read_stream_file(const Node& file, const std::string& log_folder) {
  const logship::LogOptions defaults;
  FileTarget out = defaults.default_file;
  out.path = path_in(log_folder, file.text("localfilename").value_or(""));
  if (const auto megabytes = file.number("size")) out.size_limit = *megabytes * kMegabyte;
  out.keep = static_cast<std::uint32_t>(file.number("rotation").value_or(out.keep));
  return out;
}

// The stream's own address, else that of the log when it is of the collector's family.
Result<std::optional<IpAddress>> read_source(const Node& log, const Node& stream,
                                             const IpAddress& collector) {
  for (const Node& node : {stream, log}) {
    const auto text = node.text("source-address");
    if (!text) continue;
    const auto address = packet::parse_address(*text);
    if (address && address->family == collector.family) return std::optional(*address);
    if (node.raw() == stream.raw()) {
      return wrong(stream, fmt::format("source-address {}", *text),
                   "the source is of the collector's family, IPv4 or IPv6");
    }
  }
  return std::optional<IpAddress>();
}

Result<logship::Target> read_collector(const Node& log, const Node& stream) {
  const Node host = stream.child("host");
  const std::string_view text = host.text("ipaddr").value_or("");
  const auto address = packet::parse_address(text);
  if (!address) return wrong(stream, fmt::format("host {}", text), "a collector is given by its address");
  const auto source = read_source(log, stream, *address);
  if (!source) return source.error();
  const auto port = static_cast<std::uint16_t>(host.number("port").value_or(logship::UdpTarget{}.port));
  const auto protocol = stream.child("transport").text("protocol");
  if (protocol.value_or(log.child("transport").text("protocol").value_or("udp")) == "tcp") {
    return logship::Target(logship::TcpTarget{.address = *address, .port = port, .source = *source});
  }
  return logship::Target(logship::UdpTarget{.address = *address, .port = port, .source = *source});
}

Categories read_categories(const Node& stream, std::vector<std::string>& warnings) {
  const auto words = stream.values("category");
  if (words.empty()) return logship::kAllCategories;
  Categories out = 0;
  for (const std::string_view word : words) out |= value_of(kCategories, word, Categories{0});
  if (out == 0) {
    warn(warnings, path_below(stream, "category"),
         "no records of these categories exist yet, so the stream stays empty");
  }
  return out;
}

Result<Stream> read_stream(const Node& log, const Node& node, const std::string& log_folder, Compiled& out) {
  Stream stream;
  stream.name = node.key();
  if (const auto format = node.text("format")) stream.format = value_of(kFormats, format, Format::syslog);
  if (node.has("time-format")) stream.time_format = read_time_format(node.child("time-format"));
  stream.severity = value_of(kSeverities, node.text("severity"), stream.severity);
  stream.categories = read_categories(node, out.warnings);
  if (node.has("host") && node.has("file")) {
    return wrong(node, "file", "a stream has a 'host' or a 'file', not both; make another stream");
  }
  if (node.has("file")) {
    stream.target = read_stream_file(node.child("file"), log_folder);
    return stream;
  }
  auto collector = read_collector(log, node);
  if (!collector) return collector.error();
  stream.target = std::move(*collector);
  return stream;
}

// Two writers of one file would rotate it under each other.
Status check_files(const Node& log, const logship::LogOptions& options) {
  std::vector<std::string> paths;
  for (const Stream& stream : options.streams) {
    const auto* file = std::get_if<FileTarget>(&stream.target);
    if (!file) continue;
    if (std::find(paths.begin(), paths.end(), file->path) != paths.end()) {
      return wrong(log, fmt::format("stream {}", stream.name),
                   fmt::format("another stream writes the file {} already", file->path));
    }
    paths.push_back(file->path);
  }
  return {};
}

// Before the mode says which of them are written: each once, with as many older ones as any of them keeps.
std::vector<FileTarget> configured_files(const logship::LogOptions& options) {
  std::vector<FileTarget> files{options.default_file};
  for (const Stream& stream : options.streams) {
    const auto* file = std::get_if<FileTarget>(&stream.target);
    if (file == nullptr) continue;
    const auto known = std::ranges::find(files, file->path, &FileTarget::path);
    if (known == files.end()) {
      files.push_back(*file);
    } else {
      known->keep = std::max(known->keep, file->keep);
    }
  }
  return files;
}

// The local file beside the streams, or instead of them.
void apply_mode(const Node& log, Mode mode, Compiled& out) {
  logship::LogOptions& options = out.log;
  if (mode == Mode::event) options.streams.clear();
  if (mode == Mode::stream_event && !options.streams.empty()) {
    Stream local;
    local.name = "local file";  // no operator can name a stream so
    local.target = options.default_file;
    options.streams.push_back(std::move(local));
  }
  if (mode == Mode::stream && options.streams.empty()) {
    options.default_file.path.clear();
    warn(out.warnings, path_below(log, "mode stream"), "no stream is configured, so records go nowhere");
  }
  if (mode == Mode::event && !log.list("stream").empty()) {
    warn(out.warnings, path_below(log, "mode event"),
         "in this mode streams are not used, only the local file");
  }
  const bool unused = mode == Mode::stream || (mode == Mode::unset && !options.streams.empty());
  if (unused && log.has("file")) {
    warn(out.warnings, path_below(log, "file"),
         "the file is written in mode 'event' and 'stream-event' only");
  }
}

}  // namespace

Status compile_log(const Node& root, const CompileOptions& options, Compiled& out) {
  const Node log = root.child("security").child("log");
  logship::LogOptions& effective = out.log;
  effective.enabled = !log.has("disable");
  effective.host_name = out.snapshot.host_name;
  effective.default_format = value_of(kFormats, log.text("format"), effective.default_format);
  const auto release = root.child("system").text("junos-release");
  effective.profile = release_named(release.value_or("")).value_or(kDefaultRelease);
  effective.time_format = read_time_format(log.child("time-format"));
  effective.utc_timestamp = log.has("utc-timestamp");
  effective.escape = log.has("escape");
  effective.facility = value_of(kFacilities, log.text("facility-override"), effective.facility);
  effective.default_file = read_file(log.child("file"), options.log_folder);
  for (const Node& node : log.list("stream")) {
    auto stream = read_stream(log, node, options.log_folder, out);
    if (!stream) return stream.error();
    effective.streams.push_back(std::move(*stream));
  }
  effective.files = configured_files(effective);
  apply_mode(log, value_of(kModes, log.text("mode"), Mode::unset), out);
  return check_files(log, effective);
}

}  // namespace sluice::compile
