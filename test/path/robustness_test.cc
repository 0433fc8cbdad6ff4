// Floods of nonsense: whatever arrives, sessions live on, frames are accounted for and buffers come back
// (the Lab checks the last when it goes).
#include <functional>
#include <random>

#include "lab.h"

namespace sluice::path {
namespace {

SLUICE_PATH_SUITE(Robustness);

// Sound frames of every kind, to be spoiled.
std::vector<Bytes> sound_frames(const Lab& lab) {
  const Endpoint client = lab.at("client", 5000);
  const Endpoint server = lab.at("server", 4500);
  const bool v4 = client.address.family == Family::inet;
  Datagram with_options = udp(client, server);
  with_options.options = v4 ? Bytes{148, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 1}
                            : Bytes{60, 0, 1, 4, 0, 0, 0, 0, kUdp, 0, 1, 4, 0, 0, 0, 0};
  std::vector<Datagram> packets = {
      udp(client, server, 64),
      tcp(client, server, {.flags = "S", .options = {2, 4, 5, 180, 1, 3, 3, 7}}),
      tcp(client, server, {.flags = "A", .payload = 100}),
      echo_request(client, server, 7, 1),
      echo_reply(client, server, 7, 1),
      complain(client.address, udp(server, client), Complaint::time_exceeded),
      with_options,
      other(50, client, server, Bytes(40, 1)),
      other(47, client, server, Bytes(40, 2)),
      udp(client, lab.at("firewall ge-0/0/0.0", 22)),
      udp(client, {address(v4 ? "224.0.0.5" : "ff02::5"), 89}),
  };
  for (const Datagram& piece : fragments(udp(client, server, 900), 304, 9)) packets.push_back(piece);
  std::vector<Bytes> frames;
  frames.reserve(packets.size() + 1);
  for (const Datagram& packet : packets) frames.push_back(lab.frame_of("client", packet));
  Bytes arp = frames[0];
  arp[12] = 0x08;
  arp[13] = 0x06;
  frames.push_back(arp);
  return frames;
}

// One of the ways in which frames go bad.
void spoil(Bytes& frame, std::mt19937& random) {
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  switch (below(4)) {
    case 0:
      frame.resize(below(frame.size()) + 1);
      break;
    case 1:
      frame.resize(frame.size() + below(200), 0xee);
      break;
    default:
      break;
  }
  const std::size_t header = std::min<std::size_t>(frame.size(), 90);
  for (std::size_t changes = below(4); changes > 0 && header > 14; --changes) {
    frame[14 + below(header - 14)] = static_cast<std::uint8_t>(random());  // behind the Ethernet header
  }
}

TEST_P(Robustness, a_flood_of_spoiled_frames_harms_no_session) {
  Lab lab(office(), GetParam(), {.capacity = 1024});
  lab.allow_unsound_frames();
  Connection connection(lab.at("web", 40000), lab.at("server", 443));
  ASSERT_TRUE(connection.open(lab));
  const std::vector<Bytes> sound = sound_frames(lab);
  std::mt19937 random(20);
  for (int round = 0; round < 300; ++round) {
    for (int i = 0; i < 32; ++i) {
      Bytes frame = sound[random() % sound.size()];
      spoil(frame, random);
      lab.inject("ge-0/0/0", frame, static_cast<std::uint16_t>(random() % lab.workers()));
    }
    static_cast<void>(lab.run());
  }
  EXPECT_TRUE(lab.passes(connection.client("PA", 100)));
  EXPECT_TRUE(lab.passes(connection.server("PA", 100)));
  EXPECT_GT(lab.counted(&flow::Counters::dropped), 3000U);
  EXPECT_LE(lab.sessions().size(), 1024U * lab.workers());
}

TEST_P(Robustness, a_flood_of_random_bytes_harms_no_session) {
  Lab lab(office(), GetParam());
  lab.allow_unsound_frames();
  Connection connection(lab.at("web", 40000), lab.at("server", 443));
  ASSERT_TRUE(connection.open(lab));
  std::mt19937 random(21);
  const Bytes ethernet = lab.frame_of("client", udp(lab.at("client", 5000), lab.at("server", 4500)));
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 32; ++i) {
      Bytes frame(ethernet.begin(), ethernet.begin() + 14);
      frame.resize(14 + random() % 300);
      std::generate(frame.begin() + 14, frame.end(), std::ref(random));
      frame[14 % frame.size()] = GetParam().family == Family::inet ? 0x45 : 0x60;
      lab.inject("ge-0/0/0", frame, static_cast<std::uint16_t>(random() % lab.workers()));
    }
    static_cast<void>(lab.run());
  }
  EXPECT_TRUE(lab.passes(connection.client("PA", 100)));
  EXPECT_EQ(lab.flows().size(), 1U) << "none of it was a packet";
}

TEST_P(Robustness, a_flood_of_new_flows_leaves_the_sessions_that_there_are) {
  Lab lab(office(), GetParam(), {.capacity = 64, .host_reserve = 8});
  Connection connection(lab.at("web", 40000), lab.at("server", 443));
  ASSERT_TRUE(connection.open(lab));
  for (std::uint16_t i = 0; i < 5000; ++i) {
    const Datagram packet =
        udp(lab.at("client", static_cast<std::uint16_t>(1024 + i)), lab.at("server", 4500));
    lab.inject("ge-0/0/0", lab.frame_of("client", packet), i % lab.workers());
    if (i % 32 == 31) static_cast<void>(lab.run());
  }
  static_cast<void>(lab.run());
  EXPECT_TRUE(lab.passes(connection.client("PA", 100)));
  EXPECT_TRUE(lab.reaches_kernel(
      "ge-0/0/0", tcp(lab.at("client", 40000), lab.at("firewall ge-0/0/0.0", 22), {.flags = "S"})))
      << "and the operator gets in";
  EXPECT_GT(lab.dropped(DropReason::session_table_full), 4000U);
}

}  // namespace
}  // namespace sluice::path
