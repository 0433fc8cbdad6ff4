// What a Lab says of the frames that leave: what packets are expected to become, where, or why they do not.
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "lab.h"

namespace sluice::path {

std::string describe(const std::vector<Left>& left) {
  if (left.empty()) return "nothing";
  std::string text;
  for (const Left& frame : left) {
    text += fmt::format(
        "{}{}{} to {}: {}", text.empty() ? "" : "; ", frame.port,
        frame.header.vlan == 0 ? "" : fmt::format(" vlan {}", frame.header.vlan),
        to_text(frame.header.destination),
        frame.is_ip ? frame.datagram.text() : fmt::format("EtherType {:04x}", frame.header.ether_type));
  }
  return text;
}

std::vector<std::uint64_t> Lab::all_drops() const {
  std::vector<std::uint64_t> all(packet::kDropReasons);
  for (const auto& worker : workers_) {
    for (std::size_t i = 0; i < all.size(); ++i) all[i] += session::get(worker->counters().drops[i]);
  }
  return all;
}

std::string Lab::drops_since(const std::vector<std::uint64_t>& before) const {
  std::string text;
  const std::vector<std::uint64_t> after = all_drops();
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (after[i] == before[i]) continue;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", packet::name(static_cast<DropReason>(i)));
    if (after[i] - before[i] != 1) text += fmt::format(" x {}", after[i] - before[i]);
  }
  return text;
}

testing::AssertionResult Lab::left_towards_destination(const std::vector<Left>& left, const Datagram& packet,
                                                       std::uint8_t hops_taken) const {
  if (left.size() != 1) {
    return testing::AssertionFailure()
           << packet.text() << ": one frame should have left, but " << describe(left);
  }
  const Host* host = host_with(packet.destination);
  check(host != nullptr, "a host has the packet's destination address");
  const auto unit = std::find_if(network_.units.begin(), network_.units.end(),
                                 [&](const Unit& x) { return x.name == host->unit; });
  Datagram expected = packet;
  expected.hops = static_cast<std::uint8_t>(expected.hops - hops_taken);
  const std::string port = port_of(host->unit);
  const FrameHeader header{host_mac(network_, host->name), port_mac(wire_of(port)), unit->vlan,
                           ether_type(packet.family())};
  const Left& frame = left.front();
  if (frame.port != port || frame.header != header) {
    return testing::AssertionFailure()
           << packet.text() << " left as " << describe(left) << ", not at " << port << " vlan " << unit->vlan
           << " to " << to_text(header.destination);
  }
  if (!(frame.datagram == expected)) {
    return testing::AssertionFailure() << "expected " << expected.text() << " but " << describe(left);
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult Lab::becomes_from(const std::string& host, const Datagram& packet,
                                           const Datagram& translated) {
  const auto before = all_drops();
  const auto left = send_from(host, packet);
  if (const std::string drops = drops_since(before); !drops.empty()) {
    return testing::AssertionFailure() << packet.text() << " was dropped: " << drops;
  }
  return left_towards_destination(left, translated);
}

testing::AssertionResult Lab::becomes(const Datagram& packet, const Datagram& translated) {
  const Host* host = host_with(packet.source);
  check(host != nullptr, "a host has the packet's source address");
  return becomes_from(host->name, packet, translated);
}

Datagram Lab::translated(const Datagram& packet) {
  const auto before = all_drops();
  const auto left = send(packet);
  EXPECT_EQ(drops_since(before), "") << packet.text();
  EXPECT_EQ(left.size(), 1U) << packet.text() << " left as " << describe(left);
  if (left.size() != 1) return {};
  Datagram made = left.front().datagram;
  ++made.hops;
  return made;
}

testing::AssertionResult Lab::passes_from(const std::string& host, const Datagram& packet) {
  return becomes_from(host, packet, packet);
}

testing::AssertionResult Lab::passes(const Datagram& packet) {
  const Host* host = host_with(packet.source);
  check(host != nullptr, "a host has the packet's source address");
  return passes_from(host->name, packet);
}

testing::AssertionResult Lab::reaches_kernel(const std::string& port, const Datagram& packet) {
  const auto before = all_drops();
  const auto left = send(packet);
  if (const std::string drops = drops_since(before); !drops.empty()) {
    return testing::AssertionFailure() << packet.text() << " was dropped: " << drops;
  }
  if (left.size() == 1 && left.front().port == port + " host" && left.front().datagram == packet) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << packet.text() << " should have reached the kernel, but "
                                     << describe(left);
}

testing::AssertionResult Lab::kernel_sends(const std::string& port, const Datagram& packet) {
  const auto before = all_drops();
  const auto left = send_from_kernel(port, packet);
  if (const std::string drops = drops_since(before); !drops.empty()) {
    return testing::AssertionFailure() << packet.text() << " was dropped: " << drops;
  }
  return left_towards_destination(left, packet, 0);
}

testing::AssertionResult Lab::drops_frame(const std::string& port, const Bytes& bytes, DropReason reason) {
  const auto before = all_drops();
  const std::uint64_t dropped_before = counted(&flow::Counters::dropped);
  const auto left = send_frame(port, bytes);
  if (!left.empty()) return testing::AssertionFailure() << "it passed: " << describe(left);
  const std::string drops = drops_since(before);
  if (drops != packet::name(reason) || counted(&flow::Counters::dropped) != dropped_before + 1) {
    return testing::AssertionFailure() << "it should be counted as " << packet::name(reason)
                                       << ", but moved: " << (drops.empty() ? "nothing" : drops);
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult Lab::drops_from(const std::string& host, const Datagram& packet, DropReason reason) {
  const std::string port = port_of(network_.host(host).unit);
  testing::AssertionResult dropped = drops_frame(port, frame_of(host, packet), reason);
  return dropped ? dropped : dropped << ": " << packet.text();
}

testing::AssertionResult Lab::drops(const Datagram& packet, DropReason reason) {
  const Host* host = host_with(packet.source);
  check(host != nullptr, "a host has the packet's source address");
  return drops_from(host->name, packet, reason);
}

Datagram Lab::answer_to_dropped(const Datagram& packet, DropReason reason) {
  const auto before = all_drops();
  const auto left = send(packet);
  EXPECT_EQ(drops_since(before), packet::name(reason)) << packet.text();
  EXPECT_EQ(left.size(), 1U) << describe(left);
  if (left.size() != 1) return {};
  const Datagram& answer = left.front().datagram;
  Datagram towards_sender = answer;
  towards_sender.hops = static_cast<std::uint8_t>(answer.hops + 1);
  EXPECT_TRUE(left_towards_destination(left, towards_sender));
  EXPECT_EQ(answer.destination, packet.source);
  return answer;
}

}  // namespace sluice::path
