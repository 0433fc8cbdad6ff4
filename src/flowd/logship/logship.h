// Log shipping: turns the workers' event records into log messages and brings them to files and
// collectors.
//
// What: LogShip drains the workers' event rings (dataplane/sessionlog), hands every event to each
// stream, and a stream formats and ships: RT_FLOW_SESSION_CREATE, _CLOSE and _DENY, and what RT_NAT says of
// port blocks and pools, in the forms of `security log format` (Junos reference 7). Three parts that know
// nothing of each other:
//   catalog    what messages say: declarative tables of attributes, messages and release profiles
//   formatter  a catalog entry compiled into a plan of literals and values; nothing in it allocates
//   transport  where bytes go: file, UDP, TCP. None waits for a peer.
// A stream joins one formatter and one transport with an outbox of bounded size between them.
//
// Why so: at 3 million records a second one thread has about 330 ns for a record, half of which
// the kernel needs for write().
//
// Nothing is lost silently. Records that a worker lost because its ring was full, and records that
// a stream lost because its collector was slow or away, are announced before the next record that
// gets through (RTLOG_RECORDS_LOST), with their number. In structured records log-worker and
// log-sequence, our last attributes, show every gap.
//
// Order: the records of one worker stay in order; those of several workers interleave.
//
// Who owns it: flowd's main, and sluice-replay. Threads: start() makes the log thread, the only
// one that formats and ships; publish(), reopen() and statistics() may be called from any other.
// Without start(), the owner calls drain_once() and finish() itself and gets the same records.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "base/release.h"
#include "dataplane/packet/address.h"
#include "dataplane/sessionlog/sessionlog.h"
#include "dataplane/snapshot/snapshot.h"

namespace sluice::logship {

// `format`. json is ours: one object a line, the attributes of sd-syslog.
enum class Format : std::uint8_t { syslog, sd_syslog, json };

// The release whose messages are spoken (Junos reference 9.1): generation C, H or I.
using Profile = Release;  // whose generation of records

// Numbers as of RFC 5424 table 2; authorization is Junos's word for auth.
enum class Severity : std::uint8_t { emergency, alert, critical, error, warning, notice, info, debug };
enum class Facility : std::uint8_t {
  kernel = 0,
  user = 1,
  daemon = 3,
  authorization = 4,
  ftp = 11,
  local0 = 16,
  local1,
  local2,
  local3,
  local4,
  local5,
  local6,
  local7
};

// Which records a stream takes, as a set of bits. `session` is the first three; denials have no category
// of their own in Junos and belong to `session` and `all`.
using Categories = std::uint8_t;
inline constexpr Categories kSessionOpen = 1;
inline constexpr Categories kSessionClose = 2;
inline constexpr Categories kSessionDeny = 4;
inline constexpr Categories kNat = 8;
inline constexpr Categories kSessions = kSessionOpen | kSessionClose | kSessionDeny;
inline constexpr Categories kAllCategories = kSessions | kNat;

struct TimeFormat {
  bool year = false;         // "Jun  7 16:49:31 2026"
  bool millisecond = false;  // "Jun  7 16:49:31.401"; structured records always have it
  friend bool operator==(const TimeFormat&, const TimeFormat&) = default;
};

struct FileTarget {
  std::string path;
  std::uint64_t size_limit = 0;  // bytes; 0: it grows for ever
  std::uint32_t keep = 10;       // rotated files beside it: path.0 is the newest
  friend bool operator==(const FileTarget&, const FileTarget&) = default;
};

struct UdpTarget {
  packet::IpAddress address;
  std::uint16_t port = 514;
  std::optional<packet::IpAddress> source;
  friend bool operator==(const UdpTarget&, const UdpTarget&) = default;
};

// RFC 6587: SRX counts octets over TCP (section 3.4.1); `newline` (3.4.2) for collectors that
// cannot.
enum class TcpFraming : std::uint8_t { octet_counting, newline };

struct TcpTarget {
  packet::IpAddress address;
  std::uint16_t port = 514;
  std::optional<packet::IpAddress> source;
  TcpFraming framing = TcpFraming::octet_counting;
  friend bool operator==(const TcpTarget&, const TcpTarget&) = default;
};

using Target = std::variant<FileTarget, UdpTarget, TcpTarget>;

// `security log stream NAME`.
struct Stream {
  std::string name;
  std::optional<Format> format;  // else LogOptions::default_format
  std::optional<TimeFormat> time_format;
  Severity severity = Severity::debug;  // records less severe than this are not sent; RT_FLOW is info
  Categories categories = kAllCategories;
  Target target;
  std::size_t buffer_bytes = 4U << 20U;  // network: what may wait for a slow or absent collector
};

// `security log`, in effective values.
struct LogOptions {
  bool enabled = true;  // `disable`
  std::string host_name;
  Format default_format = Format::syslog;
  Profile profile = kDefaultRelease;
  TimeFormat time_format;
  bool utc_timestamp = false;
  bool escape = false;  // RFC 5424 section 6.3.3 escapes; off as in Junos
  Facility facility = Facility::user;
  std::string sd_id = "junos@2636.1.1.1.2.129";
  std::vector<Stream> streams;
  // Where records go when there is no stream; an empty path: nowhere.
  FileTarget default_file{.path = "", .size_limit = 256U << 20U, .keep = 10};
  // All files that the configuration has, each once: those, too, that are not written in the mode of now and
  // may have been before.
  std::vector<FileTarget> files;
};

// What became of the records of one stream since it was first configured.
struct StreamStatistics {
  std::string name;
  std::uint64_t records = 0;  // handed to the file or the network
  std::uint64_t bytes = 0;
  std::uint64_t lost = 0;      // the outbox was full, or the file could not be written
  std::uint64_t errors = 0;    // failed opens, writes, sends and connections
  std::uint64_t connects = 0;  // TCP connections made, files opened
  bool up = false;             // the file is open, the collector connected
};

struct Statistics {
  std::uint64_t events = 0;         // taken from the rings
  std::uint64_t lost_in_rings = 0;  // lost by workers
  std::vector<StreamStatistics> streams;
};

class StreamRunner;
struct StreamCounters;

class LogShip {
 public:
  using Names = std::shared_ptr<const snapshot::Names>;
  // Hears one sentence when a stream fails and when it works again. Called by the log thread.
  using Report = std::function<void(std::string_view)>;

  // The rings must outlive it.
  LogShip(const std::vector<sessionlog::EventRing*>& rings, Report report);
  ~LogShip();
  LogShip(const LogShip&) = delete;
  LogShip& operator=(const LogShip&) = delete;

  // From the next event on, these options and names. To be called before workers move to the
  // generation that the names belong to. Streams whose options did not change keep their file or
  // connection. Any thread.
  void publish(LogOptions options, Names names);
  // Files are closed and opened again by name: for whoever renames them. Any thread.
  void reopen();

  // The log thread. stop() ships what the rings and outboxes hold, for at most two seconds, and is
  // implied by the destructor.
  void start();
  void stop();

  // One round without a thread: at most kBatch events of each ring. Returns their number.
  // `now_ns` is a monotonic time, which reconnecting goes by.
  std::size_t drain_once(std::uint64_t now_ns);
  // All that is left, and the announcement of losses that no later record can announce.
  void finish(std::uint64_t now_ns);

  [[nodiscard]] Statistics statistics() const;

  static constexpr std::size_t kBatch = 512;

 private:
  // A worker's ring, and what is known of the events it had.
  struct Source {
    sessionlog::EventRing* ring = nullptr;
    std::uint64_t losses_announced = 0;
    std::uint64_t last_unix_ns = 0;
  };
  struct Published {
    LogOptions options;
    Names names;
  };
  // What other threads ask of the log thread.
  struct Mail {
    std::optional<Published> published;
    bool reopen = false;
    bool stop = false;
  };

  void run();
  void take_mail(std::uint64_t now_ns);
  void apply(const Published& published, std::uint64_t now_ns);
  std::size_t drain(Source& source, std::uint64_t now_ns);
  void announce_trailing_losses(std::uint64_t now_ns);
  bool flush(std::uint64_t now_ns);

  // The log thread's own.
  std::vector<Source> sources_;  // the rings are fixed, and read by statistics()
  const Report report_;
  std::vector<std::unique_ptr<StreamRunner>> streams_;
  std::thread thread_;
  // Shared; guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Mail mail_;
  std::vector<std::shared_ptr<StreamCounters>> counters_;
  // Shared; lock-free.
  std::atomic<bool> has_mail_{false};
  std::atomic<std::uint64_t> events_{0};
};

}  // namespace sluice::logship
