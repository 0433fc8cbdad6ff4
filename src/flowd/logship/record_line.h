// A line of a session log read back: what the formatter wrote, in whatever format and release.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::logship {

// What a record of a session that was made or ended says of it. Of ICMP sessions the first port is the
// identifier and the second the sequence, whatever the release.
struct RecordLine {
  bool ended = false;
  std::int64_t unix_s = 0;  // when it was written
  std::uint64_t elapsed_s = 0;
  std::string_view source, destination, nat_source, nat_destination;
  std::uint16_t source_port = 0, destination_port = 0, nat_source_port = 0, nat_destination_port = 0;
  std::uint8_t protocol = 0;
  std::string_view policy;
  std::uint64_t session_id = 0;  // the 32-bit one
};

[[nodiscard]] constexpr bool is_icmp(std::uint8_t protocol) noexcept {
  return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

// Whether the session reached another address or port than its first packet was sent to.
[[nodiscard]] inline bool translates_destination(const RecordLine& record) {
  return record.nat_destination != record.destination ||
         record.nat_destination_port != record.destination_port;
}

// How times that do not say it themselves are meant: a line has neither its year nor its zone in it unless it
// was configured so.
struct LineTimes {
  std::int64_t latest_unix_s = 0;  // a time without a year is the last one up to here, and a day of slack
  bool utc = false;                // otherwise of this machine's zone
};

// What a record of a block of ports says of it, whether it was allocated, is still there or was released.
struct BlockLine {
  bool released = false;
  std::int64_t unix_s = 0;   // when it was written
  std::uint64_t made_s = 0;  // when the host got the block
  std::string_view host, address, pool;
  std::uint16_t low = 0, high = 0;
};
inline constexpr std::string_view kBlockMessages = "RT_SRC_NAT_PBA_";

// Nothing for other lines, for what is no record and for what was cut in the middle of what is read of it.
[[nodiscard]] std::optional<RecordLine> read_record(std::string_view line, const LineTimes& times);
[[nodiscard]] std::optional<BlockLine> read_block(std::string_view line, const LineTimes& times);

}  // namespace sluice::logship
