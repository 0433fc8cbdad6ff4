#include "dataplane/session/tcp.h"

#include <gtest/gtest.h>

#include <random>

#include "dataplane/packet/key.h"

namespace sluice::session::tcp {
namespace {

using packet::V4;

std::uint8_t scales_of(unsigned initiator, unsigned responder) {
  return static_cast<std::uint8_t>(initiator | (responder << 4));
}

// What 64 bits cannot hold is rounded so that no good segment is refused, and by no more than is said.
TEST(PackedSide, keeps_the_end_and_rounds_the_rest_up) {
  std::mt19937 random(1);
  for (int i = 0; i < 200'000; ++i) {
    Record<V4> record;
    const unsigned scale = random() % (kMaxScale + 1);
    record.scale = scales_of(random() % (kMaxScale + 1), scale);
    const std::uint32_t window = (random() % 65536) << scale;
    const auto behind = static_cast<std::uint32_t>(random() % 65536);
    Side side{.end = static_cast<std::uint32_t>(random()), .max_end = 0, .max_window = 0};
    side.max_end = side.end + (random() % 8 == 0 ? 0 - behind : window);
    side.max_window = static_cast<std::uint32_t>(random() % 65536) << random() % (kMaxScale + 1);
    put_side(record, 0, side);
    const Side back = side_of(record, 0);
    EXPECT_EQ(back.end, side.end);
    const std::uint32_t unit = scale > packed::kExactScale ? 1U << (scale - packed::kExactScale) : 1;
    EXPECT_LT(back.max_end - side.max_end, unit) << "scale " << scale;
    EXPECT_GE(back.max_window, side.max_window);
    EXPECT_LE(back.max_window, side.max_window == 0 ? 1 : 2 * side.max_window - 1);
  }
}

TEST(PackedSide, packing_what_was_unpacked_changes_nothing) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 100'000; ++i) {
    Record<V4> record;
    record.scale = scales_of(random() % 15, random() % 15);
    put_side(record, 1,
             {.end = static_cast<std::uint32_t>(random()),
              .max_end = static_cast<std::uint32_t>(random()),
              .max_window = static_cast<std::uint32_t>(random() % (1U << 30))});
    const std::uint64_t before = record.tcp[1];
    put_side(record, 1, side_of(record, 1));
    EXPECT_EQ(record.tcp[1], before);
  }
}

// An edge is a place, not a distance: it does not creep along with what is sent towards it.
TEST(PackedSide, edge_stays_while_the_end_moves_towards_it) {
  for (const unsigned scale : {0U, 7U, 10U, 11U, 14U}) {
    Record<V4> record;
    record.state = static_cast<std::uint8_t>(State::established);
    record.scale = scales_of(scale, scale);
    const std::uint32_t start = 0xfffff000;
    put_side(record, 0, {.end = start, .max_end = start + 10'001, .max_window = 60'000});
    put_side(record, 1, {.end = 1, .max_end = 60'000, .max_window = 60'000});
    const std::uint32_t edge = side_of(record, 0).max_end;
    for (std::uint32_t sent = 0; sent < 10'001; ++sent) {
      const Segment segment{.sequence = start + sent,
                            .acknowledgement = 1,
                            .payload = 1,
                            .window = 1,
                            .flags = kAckFlag,
                            .header_length = 20};
      advance(record, 0, segment, segment.end(), 1, packed::unit_bits(record.scale, 1));
      ASSERT_EQ(side_of(record, 0).max_end, edge) << "scale " << scale << ", sent " << sent;
    }
  }
}

}  // namespace
}  // namespace sluice::session::tcp
