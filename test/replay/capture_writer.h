// Captures as the tests write them: frames with times, saved as pcap (by libpcap) or pcapng (byte by byte).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire.h"

namespace sluice::path {

class CaptureWriter {
 public:
  enum class Link { ethernet, cooked, cooked2, raw, loopback };
  enum class Form { pcap, pcapng };

  explicit CaptureWriter(Link link = Link::ethernet) : link_(link) {}

  // 2026-06-07 16:49:31 UTC: what seconds are counted from.
  static constexpr std::uint64_t kStart = 1'780'850'971;

  // Bytes of a frame beyond `snap` are not captured.
  void set_snap(std::size_t snap) { snap_ = snap; }
  // The frames that follow are tagged; 0: no more.
  void set_vlan(std::uint16_t vlan) { vlan_ = vlan; }
  void add(double second, const Datagram& packet);
  // As it is, whatever the link.
  void add_frame(double second, const Bytes& frame);

  void save(const std::string& path, Form form = Form::pcap) const;

 private:
  struct Frame {
    std::uint64_t unix_ns = 0;
    Bytes bytes;
    std::size_t whole = 0;  // bytes that it had on the wire
  };
  [[nodiscard]] Bytes link_header(const Datagram& packet) const;
  [[nodiscard]] int link_type() const;
  void save_pcap(const std::string& path) const;
  void save_pcapng(const std::string& path) const;

  Link link_;
  std::size_t snap_ = 262144;
  std::uint16_t vlan_ = 0;
  std::vector<Frame> frames_;
};

}  // namespace sluice::path
