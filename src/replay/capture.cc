#include "replay/capture.h"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>

#include "base/clock.h"
#include "base/wire.h"
#include "dataplane/packet/packet.h"
#include "replay/link_layer.h"

namespace sluice::replay {
namespace {

using packet::Family;
using packet::IpAddress;

Error bad_file(const std::string& path, std::string message) {
  return Error{"invalid-value", path, std::move(message)};
}

std::uint64_t unix_ns_of(const timeval& stamp) {
  // Sessions count seconds in 32 bits; a time outside them is a damaged one.
  const auto seconds =
      std::clamp<std::int64_t>(stamp.tv_sec, 0, std::numeric_limits<std::uint32_t>::max() - 1);
  return static_cast<std::uint64_t>(seconds) * kNsPerSecond +
         static_cast<std::uint64_t>(std::clamp<std::int64_t>(stamp.tv_usec, 0, kNsPerSecond - 1));
}

std::size_t address_offset(Family family, bool destination) {
  if (family == Family::inet) return destination ? 16 : 12;
  return destination ? 24 : 8;
}

IpAddress address_in(const Captured& captured, bool destination) {
  IpAddress address{.family = captured.family, .bytes = {}};
  const auto size = static_cast<std::size_t>(address.bits()) / 8;
  std::copy_n(
      captured.packet.begin() + static_cast<std::ptrdiff_t>(address_offset(captured.family, destination)),
      size, address.bytes.begin());
  return address;
}

std::size_t header_size(Family family) {
  return family == Family::inet ? 20 : 40;
}

// How many bytes from the IP header on must be there for the packet to be judged. What is malformed is so in
// its headers, as long as these are there.
std::size_t needed(packet::Packet& parsed, std::uint16_t available) {
  constexpr std::size_t kErrorHeader = 8;  // of ICMP, before what it quotes
  constexpr std::size_t kPortsOrWords = 8;
  const packet::Kind kind = packet::parse_ip(parsed, available);
  const std::size_t shortest = packet::kProtocolTraits[parsed.protocol].minimum;
  switch (kind) {
    case packet::Kind::tcp:
      return parsed.l4 + std::max(shortest, std::size_t{parsed.transport()[12]} / 16 * 4);
    case packet::Kind::icmp_error:
      return parsed.l4 + kErrorHeader + header_size(parsed.family) + kPortsOrWords;
    default:
      return parsed.l4 + shortest;
  }
}

// The packet as it was: what the capture left out is zeros. False when too little is left to judge it.
bool fill_up(Captured& captured, std::size_t length) {
  const std::size_t there = captured.packet.size();
  captured.packet.resize(length);
  captured.filled_up = true;
  packet::Packet parsed;
  parsed.l3 = captured.packet.data();
  parsed.contiguous = static_cast<std::uint16_t>(length);
  parsed.family = captured.family;
  return there >= needed(parsed, parsed.contiguous);
}

// What the frame holds, of which `whole` bytes went over the wire and `bytes` were captured.
void take_apart(int link_type, std::span<const std::uint8_t> bytes, std::size_t whole, Captured& captured) {
  const auto link = read_link_header(link_type, bytes);
  if (!link) {
    captured.kind = Captured::Kind::too_short;
    return;
  }
  captured.vlan = link->vlan;
  captured.group = link->group;
  captured.sender = link->sender;
  if (link->ether_type != packet::kEtherIpv4 && link->ether_type != packet::kEtherIpv6) {
    captured.kind = Captured::Kind::other;
    return;
  }
  captured.family = link->ether_type == packet::kEtherIpv4 ? Family::inet : Family::inet6;
  const auto packet = bytes.subspan(link->length);
  const std::size_t length = std::max(whole, bytes.size()) - link->length;
  if (length > Capture::kLargestPacket) {
    captured.kind = Captured::Kind::too_large;
    return;
  }
  captured.packet.assign(packet.begin(), packet.end());
  const bool judgeable =
      packet.size() >= header_size(captured.family) && (packet.size() == length || fill_up(captured, length));
  captured.kind = judgeable ? Captured::Kind::ip : Captured::Kind::too_short;
}

}  // namespace

IpAddress Captured::source() const {
  return address_in(*this, false);
}
IpAddress Captured::destination() const {
  return address_in(*this, true);
}

void Capture::Close::operator()(pcap* handle) const {
  pcap_close(handle);
}

Capture::Capture(std::string path, std::unique_ptr<pcap, Close> handle, int link_type, std::string link)
    : path_(std::move(path)), handle_(std::move(handle)), link_type_(link_type), link_(std::move(link)) {}

Result<Capture> Capture::open(const std::string& path) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  struct stat status {};
  if (file == nullptr || fstat(fileno(file), &status) != 0) {
    return bad_file(path, fmt::format("the capture cannot be read: {}", std::strerror(errno)));
  }
  if (S_ISDIR(status.st_mode)) {
    std::fclose(file);
    return bad_file(path, "this is a folder; a capture is a file of pcap or pcapng form");
  }
  char why[PCAP_ERRBUF_SIZE] = "";
  std::unique_ptr<pcap, Close> handle(
      pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why));
  if (handle == nullptr) {
    if (file != stdin) std::fclose(file);
    return bad_file(path, fmt::format("this is no capture of pcap or pcapng form: {}", why));
  }
  const int link_type = pcap_datalink(handle.get());
  const std::string link(link_name(link_type));
  if (link.empty()) {
    const char* its = pcap_datalink_val_to_name(link_type);
    return bad_file(path,
                    fmt::format("frames of link type {} are not read; Ethernet, Linux cooked, raw IP and "
                                "loopback are",
                                its != nullptr ? std::string(its) : std::to_string(link_type)));
  }
  return Capture(path, std::move(handle), link_type, link);
}

Result<bool> Capture::next(Captured& captured) {
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  const int read = pcap_next_ex(handle_.get(), &header, &data);
  if (read == PCAP_ERROR_BREAK) return false;
  if (read != 1) {
    return bad_file(path_, fmt::format("the capture cannot be read past frame {}: {}", frames_,
                                       pcap_geterr(handle_.get())));
  }
  ++frames_;
  std::vector<std::uint8_t> room = std::move(captured.packet);
  captured = {};
  captured.packet = std::move(room);
  captured.unix_ns = unix_ns_of(header->ts);
  take_apart(link_type_, {data, header->caplen}, header->len, captured);
  return true;
}

}  // namespace sluice::replay
