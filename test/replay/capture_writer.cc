#include "capture_writer.h"

#include <pcap/pcap.h>

#include <cmath>
#include <fstream>

#include "base/check.h"
#include "base/clock.h"

namespace sluice::path {
namespace {

constexpr Mac kSomebody = {0x52, 0x54, 0, 0, 0, 7};  // nobody of the firewall's
constexpr Mac kSomebodyElse = {0x52, 0x54, 0, 0, 0, 8};

void put16(Bytes& to, unsigned value) {
  to.push_back(static_cast<std::uint8_t>(value >> 8));
  to.push_back(static_cast<std::uint8_t>(value));
}

// pcapng in little-endian.
void put32le(Bytes& to, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<std::uint8_t>(value >> shift));
}

void put_block(Bytes& file, std::uint32_t type, Bytes body) {
  body.resize((body.size() + 3) / 4 * 4);
  const auto length = static_cast<std::uint32_t>(body.size() + 12);
  put32le(file, type);
  put32le(file, length);
  file.insert(file.end(), body.begin(), body.end());
  put32le(file, length);
}

}  // namespace

int CaptureWriter::link_type() const {
  switch (link_) {
    case Link::ethernet:
      return DLT_EN10MB;
    case Link::cooked:
      return DLT_LINUX_SLL;
    case Link::cooked2:
      return DLT_LINUX_SLL2;
    case Link::raw:
      return DLT_RAW;
    case Link::loopback:
      return DLT_NULL;
  }
  return DLT_EN10MB;
}

Bytes CaptureWriter::link_header(const Datagram& packet) const {
  const std::uint16_t type = ether_type(packet.family());
  Bytes header;
  switch (link_) {
    case Link::ethernet:
      return frame({kSomebody, kSomebodyElse, vlan_, type}, {});
    case Link::cooked:
      header.assign(14, 0);
      put16(header, type);
      return header;
    case Link::cooked2:
      put16(header, type);
      header.resize(20);
      return header;
    case Link::loopback:
      put32le(header, packet.family() == Family::inet ? 2 : 30);
      return header;
    case Link::raw:
      break;
  }
  return header;
}

void CaptureWriter::add(double second, const Datagram& packet) {
  Bytes bytes = link_header(packet);
  const Bytes ip = packet.ip();
  bytes.insert(bytes.end(), ip.begin(), ip.end());
  add_frame(second, bytes);
}

void CaptureWriter::add_frame(double second, const Bytes& frame) {
  Frame made{.unix_ns = kStart * kNsPerSecond + static_cast<std::uint64_t>(std::llround(second * 1e9)),
             .bytes = frame,
             .whole = frame.size()};
  if (made.bytes.size() > snap_) made.bytes.resize(snap_);
  frames_.push_back(std::move(made));
}

void CaptureWriter::save(const std::string& path, Form form) const {
  form == Form::pcap ? save_pcap(path) : save_pcapng(path);
}

void CaptureWriter::save_pcap(const std::string& path) const {
  pcap_t* handle = pcap_open_dead_with_tstamp_precision(link_type(), 262144, PCAP_TSTAMP_PRECISION_NANO);
  pcap_dumper_t* file = pcap_dump_open(handle, path.c_str());
  check(file != nullptr, "a test writes a capture");
  for (const Frame& frame : frames_) {
    pcap_pkthdr header{};
    header.ts.tv_sec = static_cast<time_t>(frame.unix_ns / kNsPerSecond);
    header.ts.tv_usec = static_cast<suseconds_t>(frame.unix_ns % kNsPerSecond);
    header.caplen = static_cast<bpf_u_int32>(frame.bytes.size());
    header.len = static_cast<bpf_u_int32>(frame.whole);
    pcap_dump(reinterpret_cast<u_char*>(file), &header, frame.bytes.data());
  }
  pcap_dump_close(file);
  pcap_close(handle);
}

void CaptureWriter::save_pcapng(const std::string& path) const {
  constexpr std::uint32_t kSection = 0x0a0d0d0a;
  constexpr std::uint32_t kInterface = 1;
  constexpr std::uint32_t kPacket = 6;
  check(link_ == Link::ethernet, "the tests' pcapng files hold Ethernet");
  Bytes file;
  Bytes section;
  put32le(section, 0x1a2b3c4d);
  put32le(section, 1);                     // version 1.0
  section.insert(section.end(), 8, 0xff);  // of unknown length
  put_block(file, kSection, section);
  Bytes interface;
  put32le(interface, 1);             // LINKTYPE_ETHERNET
  put32le(interface, 0);             // no snap length
  put32le(interface, 9 | 1U << 16);  // if_tsresol, one byte:
  put32le(interface, 9);             // nanoseconds
  put32le(interface, 0);
  put_block(file, kInterface, interface);
  for (const Frame& frame : frames_) {
    Bytes packet;
    put32le(packet, 0);
    put32le(packet, static_cast<std::uint32_t>(frame.unix_ns >> 32));
    put32le(packet, static_cast<std::uint32_t>(frame.unix_ns));
    put32le(packet, static_cast<std::uint32_t>(frame.bytes.size()));
    put32le(packet, static_cast<std::uint32_t>(frame.whole));
    packet.insert(packet.end(), frame.bytes.begin(), frame.bytes.end());
    put_block(file, kPacket, packet);
  }
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
}

}  // namespace sluice::path
