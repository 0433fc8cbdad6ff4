// Sessions made without packets, for the tests and benchmarks of queries: every field that a filter
// asks for, chosen at random from few values, so that filters match some and miss some.
#pragma once

#include <memory>
#include <random>
#include <vector>

#include "flowd/query/query.h"

namespace sluice::query {

// What was made, to be compared with what a query says.
struct Made {
  packet::Family family = packet::Family::inet;
  packet::IpAddress source;
  packet::IpAddress destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;
  ZoneId zone[2];
  IflId interface[2];
  std::uint16_t flags = 0;
  // What a session with kNat is translated into.
  packet::IpAddress nat_source;
  packet::IpAddress nat_destination;
  std::uint16_t nat_source_port = 0;
  std::uint16_t nat_destination_port = 0;
  std::uint16_t nat_pool = 0;
  std::uint16_t policy = 0;
  std::uint16_t application = 0;
  std::uint32_t timeout_s = 0;
  session::TimeoutClass timeout_class = session::TimeoutClass::service;
  std::uint8_t tcp_state = 0;  // session::tcp::State
  std::uint32_t start_s = 0;
  std::uint32_t last_seen_s = 0;
  std::uint64_t packets[2] = {0, 0};
  std::uint64_t bytes[2] = {0, 0};
  std::uint64_t identifier = 0;
  std::uint64_t identifier_64 = 0;
};

inline const packet::HashSecret kMadeSecret{{0x9e3779b97f4a7c15, 0xd1b54a32d192ed03, 0x8cb92ba72f3d8dd7}};

inline std::uint32_t address_of(const packet::IpAddress& address, std::uint32_t*) {
  return load<std::uint32_t>(address.bytes.data());
}
inline std::array<std::uint8_t, 16> address_of(const packet::IpAddress& address,
                                               std::array<std::uint8_t, 16>*) {
  return address.bytes;
}

template <class F>
session::NewSession<F> new_session(const session::Table<F>& table, const Made& made) {
  using Address = typename F::Address;
  session::NewSession<F> session;
  typename F::Key& key = session.key;
  key.source = address_of(made.source, static_cast<Address*>(nullptr));
  key.destination = address_of(made.destination, static_cast<Address*>(nullptr));
  key.source_port = byte_swap(made.source_port);
  key.destination_port = byte_swap(made.destination_port);
  key.protocol = made.protocol;
  key.zone = made.zone[0].value;
  session.hash = table.hash_of(key);
  session.far_zone = made.zone[1];
  session.flags = made.flags;
  session.cold.far = packet::mirror(key, made.zone[1]);
  if ((made.flags & session::flag::kNat) != 0) {
    session.cold.far.destination = address_of(made.nat_source, static_cast<Address*>(nullptr));
    session.cold.far.source = address_of(made.nat_destination, static_cast<Address*>(nullptr));
    session.cold.far.destination_port = byte_swap(made.nat_source_port);
    session.cold.far.source_port = byte_swap(made.nat_destination_port);
    session.cold.source_nat_pool = made.nat_pool;
  }
  session.cold.policy = made.policy;
  session.cold.application = made.application;
  session.cold.timeout_s = made.timeout_s;
  session.timeout_class = made.timeout_class;
  session.cold.start_unix_s = made.start_s;
  session.cold.ifl[0] = made.interface[0].value;
  session.cold.ifl[1] = made.interface[1].value;
  return session;
}

// Installs it as its owner would; false when the table is full.
template <class F>
bool install(session::Table<F>& table, Made& made) {
  const auto slot = table.install(new_session(table, made), made.start_s);
  if (!slot) {
    return false;
  }
  session::Record<F>& record = table.record(*slot);
  for (int wing = 0; wing < 2; ++wing) {
    session::put(record.packets[wing], static_cast<std::uint16_t>(made.packets[wing]));
    session::put(record.bytes[wing], static_cast<std::uint32_t>(made.bytes[wing]));
  }
  session::put(record.last_seen_s, made.last_seen_s);
  session::put(record.state, made.tcp_state);
  made.identifier = table.identifier(*slot);
  made.identifier_64 = table.identifier_64(*slot, table.live_version(*slot));
  return true;
}

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  static constexpr std::uint32_t kNowS = 1'700'000'000;

  [[nodiscard]] Made make(packet::Family family) {
    Made made;
    made.family = family;
    made.source = address(family);
    made.destination = address(family);
    made.protocol = std::array<std::uint8_t, 4>{6, 17, 1, 47}[below(4)];
    made.source_port = static_cast<std::uint16_t>(random_());
    made.destination_port = std::array<std::uint16_t, 5>{22, 53, 80, 443, 5000}[below(5)];
    for (int wing = 0; wing < 2; ++wing) {
      made.zone[wing] = ZoneId{static_cast<std::uint16_t>(8 + below(4))};
      made.interface[wing] = IflId{static_cast<std::uint16_t>(1 + below(5))};
      made.packets[wing] = below(100);
      made.bytes[wing] = std::uint64_t{below(1000)} * 1000;
    }
    made.flags = static_cast<std::uint16_t>(
        random_() & (session::flag::kNat | session::flag::kTunnel | session::flag::kResourceManager));
    translate(made);
    made.policy = static_cast<std::uint16_t>(4 + below(6));
    made.application = static_cast<std::uint16_t>(below(6));
    made.timeout_s = 10 + below(2000);
    made.timeout_class =
        static_cast<session::TimeoutClass>(below(static_cast<std::uint32_t>(session::TimeoutClass::count_)));
    made.start_s = kNowS - below(5000);
    made.last_seen_s = kNowS - below(30);
    return made;
  }

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  std::mt19937& random() { return random_; }

 private:
  // Either end, or both.
  void translate(Made& made) {
    made.nat_source = made.source;
    made.nat_destination = made.destination;
    made.nat_source_port = made.source_port;
    made.nat_destination_port = made.destination_port;
    if ((made.flags & session::flag::kNat) == 0) {
      return;
    }
    const std::uint32_t ends = 1 + below(3);
    if ((ends & 1) != 0) {
      made.nat_source = address(made.family);
      made.nat_source_port = static_cast<std::uint16_t>(random_());
      made.nat_pool = static_cast<std::uint16_t>(1 + below(4));
    }
    if ((ends & 2) != 0) {
      made.nat_destination = address(made.family);
      made.nat_destination_port = static_cast<std::uint16_t>(8000 + below(3));
    }
  }

  packet::IpAddress address(packet::Family family) {
    if (family == packet::Family::inet) {
      return packet::IpAddress::v4(0x0a000000U | (random_() & 0x0003ffffU));
    }
    packet::IpAddress address{.family = family, .bytes = {0x20, 0x01, 0x0d, 0xb8}};
    store(address.bytes.data() + 4, static_cast<std::uint32_t>(random_() & 0x03U));
    store(address.bytes.data() + 12, static_cast<std::uint32_t>(random_()));
    return address;
  }

  std::mt19937 random_;
};

}  // namespace sluice::query
