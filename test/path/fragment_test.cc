// Fragments: judged as the datagram they make, whatever their order, and made anew where a link is too
// narrow.
#include <algorithm>
#include <random>

#include "lab.h"

namespace sluice::path {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SLUICE_PATH_SUITE(Fragments);
SLUICE_PATH_SUITE_OF(FragmentsV4, Family::inet);
SLUICE_PATH_SUITE_OF(FragmentsV6, Family::inet6);

Datagram question(const Lab& lab, std::size_t size) {
  return udp(lab.at("client", 5000), lab.at("server", 4500), size);
}

// Sends the pieces, of which only the last may make anything leave.
std::vector<Left> send_all(Lab& lab, const std::vector<Datagram>& pieces) {
  std::vector<Left> left;
  for (const Datagram& piece : pieces) {
    EXPECT_THAT(left, IsEmpty());
    left = lab.send(piece);
  }
  return left;
}

// What leaves is `whole`, either at once or in fragments of at most `mtu`.
testing::AssertionResult leaves(const Lab& lab, const std::vector<Left>& left, Datagram whole,
                                std::size_t mtu) {
  std::vector<Datagram> pieces;
  for (const Left& frame : left) {
    if (frame.content.size() > mtu) return testing::AssertionFailure() << "too large: " << describe(left);
    pieces.push_back(frame.datagram);
  }
  if (pieces.empty()) return testing::AssertionFailure() << "nothing left";
  Left together = left.front();
  together.datagram = reassemble(pieces);
  if (pieces.size() > 1 && whole.family() == Family::inet6)
    whole.identification = together.datagram.identification;
  return lab.left_towards_destination({together}, whole);
}

TEST_P(Fragments, a_datagram_in_two_fragments_passes_whole) {
  Lab lab(office(), GetParam());
  const Datagram whole = question(lab, 1000);
  const auto left = send_all(lab, fragments(whole, 600, 77));
  EXPECT_TRUE(leaves(lab, left, v4() ? [&] { Datagram d = whole; d.identification = 77; return d; }() : whole, 1500));
  EXPECT_THAT(lab.session().packets, ElementsAre(1, 0));
  EXPECT_EQ(lab.counted(&flow::Counters::fragments), 2U);
}

TEST_P(Fragments, fragments_come_in_any_order) {
  Lab lab(office(), GetParam());
  std::mt19937 random(7);
  for (std::uint16_t round = 0; round < 20; ++round) {
    Datagram whole = udp(lab.at("client", 5000), lab.at("server", 4500), 1200U + round);
    std::vector<Datagram> pieces = fragments(whole, 256, 1000U + round);
    std::shuffle(pieces.begin(), pieces.end(), random);
    if (v4()) whole.identification = 1000U + round;
    EXPECT_TRUE(leaves(lab, send_all(lab, pieces), whole, 1500)) << "round " << round;
  }
  EXPECT_EQ(lab.session().packets[0], 20U);
}

TEST_P(Fragments, up_to_eight_fragments_make_a_datagram) {
  Lab lab(office(), GetParam());
  Datagram whole = question(lab, 8 * 504 - 8);
  std::vector<Datagram> pieces = fragments(whole, 504, 3);
  ASSERT_EQ(pieces.size(), 8U);
  std::reverse(pieces.begin(), pieces.end());
  if (v4()) whole.identification = 3;
  EXPECT_TRUE(leaves(lab, send_all(lab, pieces), whole, 1500));
}

TEST_P(Fragments, datagrams_whose_fragments_mix_are_kept_apart) {
  Lab lab(office(), GetParam());
  const auto one = fragments(udp(lab.at("client", 5000), lab.at("server", 4500), 1000), 504, 1);
  const auto two = fragments(udp(lab.at("client", 6000), lab.at("server", 4500), 1000), 504, 2);
  EXPECT_THAT(lab.send(one[0]), IsEmpty());
  EXPECT_THAT(lab.send(two[1]), IsEmpty());
  EXPECT_EQ(lab.send(one[1]).size(), 1U);
  EXPECT_EQ(lab.send(two[0]).size(), 1U);
  EXPECT_THAT(lab.flows(), ElementsAre("udp client/5000 > server/4500", "udp client/6000 > server/4500"));
}

TEST_P(Fragments, a_large_datagram_leaves_in_fragments_that_fit_the_link) {
  Lab lab(office(), GetParam());
  Datagram whole = question(lab, 4000);
  if (v4()) whole.identification = 99;
  const auto left = send_all(lab, fragments(whole, 1400, 99));
  EXPECT_GE(left.size(), 3U);
  EXPECT_TRUE(leaves(lab, left, whole, 1500));
  EXPECT_EQ(lab.counted(&flow::Counters::fragments_made), left.size());
}

TEST_P(Fragments, fragments_of_two_datagrams_have_different_identifications) {
  Lab lab(office(), GetParam());
  const auto first = send_all(lab, fragments(question(lab, 4000), 1400, 1));
  const auto second = send_all(lab, fragments(question(lab, 4000), 1400, 2));
  ASSERT_FALSE(first.empty());
  ASSERT_FALSE(second.empty());
  EXPECT_NE(first[0].datagram.identification, second[0].datagram.identification);
}

TEST_P(Fragments, an_answer_in_fragments_belongs_to_its_session) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(question(lab, 10)));
  Datagram answer = udp(lab.at("server", 4500), lab.at("client", 5000), 2500);
  if (v4()) answer.identification = 4;
  EXPECT_TRUE(leaves(lab, send_all(lab, fragments(answer, 1400, 4)), answer, 1500));
  EXPECT_THAT(lab.session().packets, ElementsAre(1, 1));
}

TEST_P(Fragments, a_large_ping_in_fragments_is_a_session) {
  Lab lab(office(), GetParam());
  Datagram ping = echo_request(lab.at("client"), lab.at("server"), 7, 1, 3000);
  if (v4()) ping.identification = 5;
  EXPECT_TRUE(leaves(lab, send_all(lab, fragments(ping, 1400, 5)), ping, 1500));
  Datagram reply = echo_reply(lab.at("server"), lab.at("client"), 7, 1, 3000);
  if (v4()) reply.identification = 6;
  EXPECT_TRUE(leaves(lab, send_all(lab, fragments(reply, 1400, 6)), reply, 1500));
  EXPECT_EQ(lab.session().timeout_s, 4U);
}

TEST_P(Fragments, a_denied_datagram_is_dropped_once_it_is_whole) {
  Lab lab(office(), GetParam());
  const auto pieces = fragments(udp(lab.at("server", 4500), lab.at("client", 5000), 1000), 504, 1);
  EXPECT_THAT(lab.send(pieces[0]), IsEmpty());
  EXPECT_TRUE(lab.drops(pieces[1], DropReason::default_deny));
}

TEST_P(Fragments, the_error_about_a_datagram_in_fragments_quotes_its_beginning) {
  Network net = office();
  net.routes.push_back({"198.51.100.0/24", "reject"});
  net.routes.push_back({"2001:db8:dead::/48", "reject"});
  Lab lab(net, GetParam());
  const Endpoint nowhere{address(v4() ? "198.51.100.9" : "2001:db8:dead::9"), 4500};
  Datagram whole = udp(lab.at("client", 5000), nowhere, 1000);
  if (v4()) whole.identification = 3;
  // A first fragment smaller than what an error quotes.
  const auto pieces = fragments(whole, 64, 3);
  std::vector<Left> left;
  for (std::size_t i = 0; i < 4; ++i) left = lab.send(fragments(whole, 256, 3)[i]);
  ASSERT_EQ(left.size(), 1U) << describe(left);
  const std::size_t header = v4() ? 28U : 48U;
  const Bytes quoted(left[0].datagram.transport.begin() + 8, left[0].datagram.transport.end());
  const Bytes sent = whole.ip();
  ASSERT_LE(quoted.size(), sent.size());
  EXPECT_TRUE(std::equal(quoted.begin(), quoted.end(), sent.begin()));
  EXPECT_GE(quoted.size(), 256U + header - 8);
}

TEST_P(Fragments, an_overlap_spoils_the_whole_datagram) {
  Lab lab(office(), GetParam());
  const Datagram whole = question(lab, 1000);
  auto pieces = fragments(whole, 504, 8);
  Datagram overlapping = pieces[1];
  overlapping.offset -= 8;
  EXPECT_THAT(lab.send(pieces[0]), IsEmpty());
  EXPECT_TRUE(lab.drops(overlapping, DropReason::fragment_invalid));
  EXPECT_THAT(lab.flows(), IsEmpty());
}

TEST_P(Fragments, a_fragment_cannot_rewrite_the_ports_of_another) {
  Lab lab(office(), GetParam());
  const Datagram permitted = question(lab, 64);
  auto pieces = fragments(permitted, 24, 9);
  Datagram second_first = fragments(udp(lab.at("client", 5000), lab.at("server", 22), 64), 24, 9)[0];
  EXPECT_THAT(lab.send(pieces[0]), IsEmpty());
  EXPECT_TRUE(lab.drops(second_first, DropReason::fragment_invalid));
}

TEST_P(Fragments, a_tcp_header_cut_by_fragments_is_refused) {
  Lab lab(office(), GetParam());
  const Datagram syn = tcp(lab.at("client", 5000), lab.at("server", 443),
                           {.flags = "S", .options = {2, 4, 5, 180, 1, 3, 3, 7}, .payload = 100});
  const auto pieces = fragments(syn, 24, 10);
  std::vector<Left> left;
  for (const Datagram& piece : pieces) left = lab.send(piece);
  EXPECT_THAT(left, IsEmpty());
  EXPECT_EQ(lab.dropped(DropReason::tcp_header_invalid), 1U);
}

TEST_P(Fragments, a_ttl_that_ran_out_is_reported_about_the_datagram) {
  Lab lab(office(), GetParam());
  Datagram whole = question(lab, 1000);
  whole.hops = 1;
  const auto left = send_all(lab, fragments(whole, 504, 11));
  ASSERT_EQ(left.size(), 1U);
  if (v4()) whole.identification = 11;
  EXPECT_EQ(lab.dropped(DropReason::ttl_expired), 1U);
  EXPECT_EQ(left[0].datagram.protocol, v4() ? kIcmp : kIcmp6);
}

TEST_P(Fragments, a_padded_last_fragment_loses_its_padding) {
  Lab lab(office(), GetParam());
  Datagram whole = question(lab, 500);
  const auto pieces = fragments(whole, 504, 12);
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_THAT(lab.send(pieces[0]), IsEmpty());
  Bytes padded = lab.frame_of("client", pieces[1]);
  padded.resize(80, 0xee);
  if (v4()) whole.identification = 12;
  EXPECT_TRUE(leaves(lab, lab.send_frame("ge-0/0/0", padded), whole, 1500));
}

// --- at a narrow link

TEST_P(FragmentsV4, a_packet_too_large_for_the_link_leaves_in_fragments_when_it_may) {
  Network net = office();
  net.unit("ge-0/0/1.0").mtu = 600;
  Lab lab(net, GetParam());
  Datagram large = question(lab, 1400);
  large.identification = 4242;
  const auto left = lab.send(large);
  EXPECT_EQ(left.size(), 3U);
  EXPECT_TRUE(leaves(lab, left, large, 600));
  EXPECT_EQ(lab.session().bytes[0], 1428U);
}

TEST_P(FragmentsV4, every_fragment_carries_the_options_that_say_so) {
  Network net = office();
  net.unit("ge-0/0/1.0").mtu = 600;
  Lab lab(net, GetParam());
  Datagram large = question(lab, 1400);
  large.options = {148, 4, 0, 0, 7, 3, 4, 0};  // router alert is to be copied (RFC 791), record route is not
  const auto left = lab.send(large);
  ASSERT_EQ(left.size(), 3U);
  EXPECT_EQ(left[0].datagram.options, large.options);
  for (std::size_t i = 1; i < left.size(); ++i) {
    EXPECT_EQ(Bytes(left[i].datagram.options.begin(), left[i].datagram.options.begin() + 4),
              (Bytes{148, 4, 0, 0}));
    EXPECT_THAT(left[i].datagram.options, testing::Not(testing::Contains(7)));
  }
}

TEST_P(FragmentsV4, fragments_leave_with_the_tag_of_their_vlan) {
  Network net = office();
  net.unit("ge-0/0/2.100").mtu = 600;
  Lab lab(net, GetParam());
  const Datagram large = udp(lab.at("client", 5000), lab.at("web", 4500), 1400);
  EXPECT_TRUE(leaves(lab, lab.send(large), large, 600));
}

TEST_P(FragmentsV4, a_datagram_that_came_in_fragments_leaves_though_it_says_dont_fragment) {
  Network net = office();
  net.unit("ge-0/0/1.0").mtu = 600;
  Lab lab(net, GetParam());
  Datagram whole = question(lab, 1000);
  whole.dont_fragment = true;
  const auto left = send_all(lab, fragments(whole, 504, 13));
  EXPECT_EQ(left.size(), 2U);
}

TEST_P(FragmentsV6, a_fragment_header_on_a_whole_datagram_stays_where_it_is) {
  // An "atomic" fragment (RFC 6946): offset 0 and nothing to follow.
  Lab lab(office(), GetParam());
  Datagram atomic = question(lab, 100);
  atomic.first_next = 44;
  atomic.options = {kUdp, 0, 0, 0, 0, 0, 0, 99};
  EXPECT_EQ(lab.send(atomic).size(), 1U);
  EXPECT_EQ(lab.session().flow, "udp client/5000 > server/4500");
}

TEST_P(FragmentsV6, a_fragment_inside_a_datagram_of_fragments_is_dropped) {
  Lab lab(office(), GetParam());
  constexpr std::uint8_t kFragment = 44;
  Bytes inner{kUdp, 0, 0, 1, 0, 0, 0, 9};  // offset 0, more to follow
  const Datagram hidden = question(lab, 1000);
  inner.insert(inner.end(), hidden.transport.begin(), hidden.transport.end());
  const auto pieces = fragments(other(kFragment, lab.at("client"), lab.at("server"), inner), 600, 77);
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_THAT(lab.send(pieces[0]), IsEmpty());
  EXPECT_TRUE(lab.drops(pieces[1], DropReason::fragment_invalid));
  EXPECT_THAT(lab.flows(), IsEmpty());
}

}  // namespace
}  // namespace sluice::path
