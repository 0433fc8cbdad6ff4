#include "wire.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace sluice::path {
namespace {

void put16(Bytes& to, std::size_t at, std::uint32_t value) {
  to[at] = static_cast<std::uint8_t>(value >> 8);
  to[at + 1] = static_cast<std::uint8_t>(value);
}
void put32(Bytes& to, std::size_t at, std::uint32_t value) {
  put16(to, at, value >> 16);
  put16(to, at + 2, value & 0xffff);
}
std::uint16_t get16(const Bytes& from, std::size_t at) {
  return static_cast<std::uint16_t>(from.at(at) << 8 | from.at(at + 1));
}
std::uint32_t get32(const Bytes& from, std::size_t at) {
  return std::uint32_t{get16(from, at)} << 16 | get16(from, at + 2);
}
void append(Bytes& to, const Bytes& more) {
  to.insert(to.end(), more.begin(), more.end());
}
Bytes slice(const Bytes& from, std::size_t at, std::size_t count = SIZE_MAX) {
  at = std::min(at, from.size());
  const auto begin = from.begin() + static_cast<std::ptrdiff_t>(at);
  return {begin, begin + static_cast<std::ptrdiff_t>(std::min(count, from.size() - at))};
}

std::size_t address_bytes(Family family) {
  return family == Family::inet ? 4 : 16;
}

// RFC 1071, a word at a time.
std::uint16_t internet_sum(const Bytes& data) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < data.size(); i += 2) {
    sum += static_cast<std::uint32_t>(data[i] << 8) + (i + 1 < data.size() ? data[i + 1] : 0);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

// Where a protocol keeps its checksum; 0: it has none of this kind.
std::size_t checksum_offset(std::uint8_t protocol) {
  switch (protocol) {
    case kTcp:
      return 16;
    case kUdp:
      return 6;
    case kIcmp:
    case kIcmp6:
      return 2;
    default:
      return 0;
  }
}

std::uint16_t transport_sum(const Datagram& packet) {
  Bytes covered;
  if (packet.protocol != kIcmp) {
    const std::size_t size = address_bytes(packet.family());
    covered.insert(covered.end(), packet.source.bytes.begin(), packet.source.bytes.begin() + size);
    covered.insert(covered.end(), packet.destination.bytes.begin(), packet.destination.bytes.begin() + size);
    append(covered, {0, packet.protocol});
    const auto length = static_cast<std::uint32_t>(packet.transport.size());
    append(covered, {static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)});
  }
  append(covered, packet.transport);
  return internet_sum(covered);
}

Bytes payload_of(std::size_t size) {
  Bytes payload(size);
  for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<std::uint8_t>('a' + i % 26);
  return payload;
}

Datagram between(const Endpoint& from, const Endpoint& to, std::uint8_t protocol) {
  Datagram packet;
  packet.source = from.address;
  packet.destination = to.address;
  packet.protocol = protocol;
  return packet;
}

std::uint8_t icmp_of(Family family) {
  return family == Family::inet ? kIcmp : kIcmp6;
}

struct IcmpWords {
  std::uint8_t type;
  std::uint8_t code;
};
IcmpWords words_of(Complaint what, Family family) {
  const bool v4 = family == Family::inet;
  switch (what) {
    case Complaint::no_route:
      return v4 ? IcmpWords{3, 0} : IcmpWords{1, 0};
    case Complaint::prohibited:
      return v4 ? IcmpWords{3, 13} : IcmpWords{1, 1};
    case Complaint::time_exceeded:
      return v4 ? IcmpWords{11, 0} : IcmpWords{3, 0};
    case Complaint::too_big:
      return v4 ? IcmpWords{3, 4} : IcmpWords{2, 0};
    case Complaint::port_unreachable:
      return v4 ? IcmpWords{3, 3} : IcmpWords{1, 4};
  }
  return {};
}

Bytes ip4(const Datagram& packet) {
  Bytes options = packet.options;
  options.resize((options.size() + 3) / 4 * 4);
  const std::size_t header = 20 + options.size();
  Bytes bytes(20);
  bytes[0] = static_cast<std::uint8_t>(0x40 | header / 4);
  put16(bytes, 2, static_cast<std::uint32_t>(header + packet.transport.size()));
  put16(bytes, 4, packet.identification);
  put16(bytes, 6,
        (packet.dont_fragment ? 0x4000U : 0U) | (packet.more_fragments ? 0x2000U : 0U) | packet.offset / 8);
  bytes[8] = packet.hops;
  bytes[9] = packet.protocol;
  std::copy_n(packet.source.bytes.begin(), 4, bytes.begin() + 12);
  std::copy_n(packet.destination.bytes.begin(), 4, bytes.begin() + 16);
  append(bytes, options);
  put16(bytes, 10, static_cast<std::uint16_t>(~internet_sum(bytes)));
  append(bytes, packet.transport);
  return bytes;
}

constexpr std::uint8_t kFragmentHeader = 44;

Bytes ip6(const Datagram& packet) {
  Bytes extensions = packet.options;
  std::uint8_t next = packet.options.empty() ? packet.protocol : packet.first_next;
  if (packet.is_fragment()) {
    check(packet.options.empty(), "the tests' fragments have no other extension headers");
    next = kFragmentHeader;
    extensions.assign(8, 0);
    extensions[0] = packet.protocol;
    put16(extensions, 2, packet.offset | (packet.more_fragments ? 1U : 0U));
    put32(extensions, 4, packet.identification);
  }
  Bytes bytes(40);
  bytes[0] = 0x60;
  put16(bytes, 4, static_cast<std::uint32_t>(extensions.size() + packet.transport.size()));
  bytes[6] = next;
  bytes[7] = packet.hops;
  std::copy_n(packet.source.bytes.begin(), 16, bytes.begin() + 8);
  std::copy_n(packet.destination.bytes.begin(), 16, bytes.begin() + 24);
  append(bytes, extensions);
  append(bytes, packet.transport);
  return bytes;
}

IpAddress read_address(const Bytes& bytes, std::size_t at, Family family) {
  IpAddress address;
  address.family = family;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), address_bytes(family), address.bytes.begin());
  return address;
}

Datagram read_ip4(const Bytes& bytes, std::string& wrong) {
  Datagram packet;
  const std::size_t header = (bytes[0] & 0x0fU) * 4;
  if (header < 20 || bytes.size() < header || get16(bytes, 2) < header) {
    wrong = "the IPv4 header's lengths are wrong";
    return packet;
  }
  if (internet_sum(slice(bytes, 0, header)) != 0xffff) wrong = "the IPv4 header checksum is wrong";
  const std::uint16_t flags = get16(bytes, 6);
  packet.source = read_address(bytes, 12, Family::inet);
  packet.destination = read_address(bytes, 16, Family::inet);
  packet.hops = bytes[8];
  packet.protocol = bytes[9];
  packet.identification = get16(bytes, 4);
  packet.offset = (flags & 0x1fffU) * 8;
  packet.more_fragments = (flags & 0x2000) != 0;
  packet.dont_fragment = (flags & 0x4000) != 0;
  packet.options = slice(bytes, 20, header - 20);
  packet.transport = slice(bytes, header, get16(bytes, 2) - header);
  return packet;
}

bool is_extension(std::uint8_t next) {
  return next == 0 || next == 43 || next == 60;
}

Datagram read_ip6(const Bytes& bytes, std::string& wrong) {
  Datagram packet;
  packet.source = read_address(bytes, 8, Family::inet6);
  packet.destination = read_address(bytes, 24, Family::inet6);
  packet.hops = bytes[7];
  const std::size_t end = std::min<std::size_t>(bytes.size(), 40U + get16(bytes, 4));
  std::size_t at = 40;
  std::uint8_t next = bytes[6];
  while (is_extension(next) && at + 8 <= end) {
    packet.first_next = packet.options.empty() ? next : packet.first_next;
    const std::size_t length = (bytes[at + 1] + 1U) * 8;
    next = bytes[at];
    append(packet.options, slice(bytes, at, length));
    at += length;
  }
  if (next == kFragmentHeader && at + 8 <= end) {
    next = bytes[at];
    packet.offset = get16(bytes, at + 2) & 0xfff8U;
    packet.more_fragments = (get16(bytes, at + 2) & 1) != 0;
    packet.identification = get32(bytes, at + 4);
    at += 8;
  }
  if (at > end) wrong = "the IPv6 extension headers are cut off";
  packet.protocol = next;
  packet.transport = slice(bytes, at, end - std::min(at, end));
  return packet;
}

}  // namespace

IpAddress address(std::string_view text) {
  const auto parsed = packet::parse_address(text);
  check(parsed.has_value(), "a test's address is an address");
  return *parsed;
}

std::string to_text(const Mac& mac) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2], mac[3], mac[4],
                     mac[5]);
}

std::uint16_t ether_type(Family family) {
  return family == Family::inet ? 0x0800 : 0x86dd;
}

Bytes Datagram::ip() const {
  return family() == Family::inet ? ip4(*this) : ip6(*this);
}

std::uint16_t Datagram::source_port() const {
  return transport.size() < 4 ? std::uint16_t{0} : get16(transport, 0);
}
std::uint16_t Datagram::destination_port() const {
  return transport.size() < 4 ? std::uint16_t{0} : get16(transport, 2);
}

Datagram& Datagram::seal() {
  const std::size_t at = checksum_offset(protocol);
  if (at != 0 && transport.size() >= at + 2) {
    put16(transport, at, 0);
    const auto checksum = static_cast<std::uint16_t>(~transport_sum(*this));
    put16(transport, at, protocol == kUdp && checksum == 0 ? 0xffffU : checksum);
  }
  return *this;
}

std::string Datagram::text() const {
  return fmt::format(
      "protocol {} {}/{} > {}/{} ttl {}{}, {} bytes{}", protocol, packet::to_string(source), source_port(),
      packet::to_string(destination), destination_port(), hops, dont_fragment ? " DF" : "", ip().size(),
      is_fragment() ? fmt::format(", fragment at {}{}", offset, more_fragments ? "+" : "") : "");
}

Datagram tcp(const Endpoint& from, const Endpoint& to, const TcpFields& fields) {
  static constexpr std::string_view kFlags = "FSRPAU";
  Datagram packet = between(from, to, kTcp);
  Bytes options = fields.options;
  options.resize((options.size() + 3) / 4 * 4);
  Bytes& header = packet.transport;
  header.resize(20);
  put16(header, 0, from.port);
  put16(header, 2, to.port);
  put32(header, 4, fields.sequence);
  put32(header, 8, fields.acknowledgement);
  header[12] = static_cast<std::uint8_t>((20 + options.size()) / 4 << 4);
  for (const char letter : fields.flags) {
    const auto bit = kFlags.find(letter);
    check(bit != std::string_view::npos, "TCP flags are letters of FSRPAU");
    header[13] |= static_cast<std::uint8_t>(1U << bit);
  }
  put16(header, 14, fields.window);
  append(header, options);
  append(header, payload_of(fields.payload));
  return packet.seal();
}

Datagram udp(const Endpoint& from, const Endpoint& to, std::size_t payload) {
  return udp(from, to, payload_of(payload));
}

Datagram udp(const Endpoint& from, const Endpoint& to, const Bytes& payload) {
  Datagram packet = between(from, to, kUdp);
  packet.transport.resize(8);
  put16(packet.transport, 0, from.port);
  put16(packet.transport, 2, to.port);
  put16(packet.transport, 4, static_cast<std::uint32_t>(8 + payload.size()));
  append(packet.transport, payload);
  return packet.seal();
}

Datagram icmp(const Endpoint& from, const Endpoint& to, std::uint8_t type, std::uint8_t code,
              std::uint32_t parameter, const Bytes& body) {
  Datagram packet = between(from, to, icmp_of(from.address.family));
  packet.transport.resize(8);
  packet.transport[0] = type;
  packet.transport[1] = code;
  put32(packet.transport, 4, parameter);
  append(packet.transport, body);
  return packet.seal();
}

Datagram echo_request(const Endpoint& from, const Endpoint& to, std::uint16_t identifier,
                      std::uint16_t sequence, std::size_t payload) {
  const std::uint8_t type = from.address.family == Family::inet ? 8 : 128;
  return icmp(from, to, type, 0, std::uint32_t{identifier} << 16 | sequence, payload_of(payload));
}

Datagram echo_reply(const Endpoint& from, const Endpoint& to, std::uint16_t identifier,
                    std::uint16_t sequence, std::size_t payload) {
  const std::uint8_t type = from.address.family == Family::inet ? 0 : 129;
  return icmp(from, to, type, 0, std::uint32_t{identifier} << 16 | sequence, payload_of(payload));
}

Datagram other(std::uint8_t protocol, const Endpoint& from, const Endpoint& to, const Bytes& bytes) {
  Datagram packet = between(from, to, protocol);
  packet.transport = bytes;
  return packet;
}

Datagram complain(const IpAddress& from, const Datagram& about, Complaint what, std::uint32_t mtu) {
  const IcmpWords words = words_of(what, about.family());
  const std::size_t limit = about.family() == Family::inet ? 576 - 28 : 1280 - 48;
  return icmp({from, 0}, {about.source, 0}, words.type, words.code, mtu, slice(about.ip(), 0, limit));
}

bool is_complaint(const Datagram& error, const Datagram& about, Complaint what, std::uint32_t mtu) {
  Datagram expected = complain(error.source, about, what, mtu);
  expected.hops = error.hops;
  expected.identification = error.identification;
  return error == expected;
}

std::vector<Datagram> fragments(const Datagram& whole, std::size_t piece, std::uint32_t identification) {
  check(piece % 8 == 0, "pieces of a datagram are multiples of 8 bytes");
  std::vector<Datagram> pieces;
  for (std::size_t at = 0; at < whole.transport.size(); at += piece) {
    Datagram part = whole;
    part.identification = identification;
    part.offset = static_cast<std::uint32_t>(at);
    part.more_fragments = at + piece < whole.transport.size();
    part.transport = slice(whole.transport, at, piece);
    pieces.push_back(part);
  }
  return pieces;
}

Datagram reassemble(std::vector<Datagram> pieces) {
  std::sort(pieces.begin(), pieces.end(),
            [](const Datagram& a, const Datagram& b) { return a.offset < b.offset; });
  check(!pieces.empty() && !pieces.back().more_fragments, "all pieces of a datagram are there");
  Datagram whole = pieces.front();
  whole.transport.clear();
  for (const Datagram& part : pieces) {
    check(part.offset == whole.transport.size(), "all pieces of a datagram are there");
    check(part.identification == whole.identification, "pieces of one datagram have one identification");
    append(whole.transport, part.transport);
  }
  whole.more_fragments = false;
  whole.offset = 0;
  return whole;
}

Bytes frame(const FrameHeader& header, const Bytes& content) {
  Bytes bytes;
  bytes.insert(bytes.end(), header.destination.begin(), header.destination.end());
  bytes.insert(bytes.end(), header.source.begin(), header.source.end());
  if (header.vlan != 0) {
    append(bytes,
           {0x81, 0x00, static_cast<std::uint8_t>(header.vlan >> 8), static_cast<std::uint8_t>(header.vlan)});
  }
  append(bytes,
         {static_cast<std::uint8_t>(header.ether_type >> 8), static_cast<std::uint8_t>(header.ether_type)});
  append(bytes, content);
  return bytes;
}

Datagram read_ip(const Bytes& bytes, std::string& wrong) {
  const std::size_t least = bytes.empty() || bytes[0] >> 4 == 4 ? 20 : 40;
  if (bytes.size() < least) {
    wrong = "an IP header is cut off";
    return {};
  }
  const bool v4 = bytes[0] >> 4 == 4;
  Datagram packet = v4 ? read_ip4(bytes, wrong) : read_ip6(bytes, wrong);
  const std::size_t stated = v4 ? get16(bytes, 2) : 40U + get16(bytes, 4);
  if (stated != bytes.size()) {
    wrong = fmt::format("the IP length is {} and the frame has {} bytes", stated, bytes.size());
  }
  const std::size_t at = checksum_offset(packet.protocol);
  const bool whole = !packet.is_fragment() && at != 0 && packet.transport.size() >= at + 2;
  const bool computed = packet.protocol != kUdp || (whole && get16(packet.transport, at) != 0);
  if (wrong.empty() && whole && computed && transport_sum(packet) != 0xffff) {
    wrong = "the transport checksum is wrong: " + packet.text();
  }
  return packet;
}

ReadFrame read_frame(const Bytes& bytes) {
  ReadFrame read;
  if (bytes.size() < 18) {
    read.wrong = "the frame is too short";
    return read;
  }
  std::copy_n(bytes.begin(), 6, read.header.destination.begin());
  std::copy_n(bytes.begin() + 6, 6, read.header.source.begin());
  std::size_t at = 12;
  if (get16(bytes, at) == 0x8100) {
    read.header.vlan = get16(bytes, 14) & 0x0fff;
    at = 16;
  }
  read.header.ether_type = get16(bytes, at);
  read.content = slice(bytes, at + 2);
  read.is_ip = read.header.ether_type == 0x0800 || read.header.ether_type == 0x86dd;
  if (read.is_ip) {
    read.datagram = read_ip(read.content, read.wrong);
    const bool fits =
        read.wrong.empty() ? read.header.ether_type == ether_type(read.datagram.family()) : true;
    if (!fits) read.wrong = "the EtherType is not that of the packet";
  }
  return read;
}

}  // namespace sluice::path
