// persistent-nat: one mapping for all remote ends, who may send to it, and how long it lives.
#include <set>

#include "nat_scene.h"

namespace sluice::path {
namespace {

SLUICE_PATH_SUITE(Persistent);

using nat::Permit;

// What host and port are seen as from outside.
Endpoint seen_as(Lab& lab, const Endpoint& inside, const Endpoint& remote) {
  return source_end(lab.translated(udp(inside, remote)));
}

// RFC 4787 REQ-1.
TEST_P(Persistent, req_1_a_host_has_one_public_end_for_all_remote_ends) {
  Lab lab(persistent_office(GetParam().family, {}, 4), GetParam());
  std::set<Endpoint> all;
  for (std::uint16_t port = 5000; port < 5010; ++port) {
    const Endpoint seen = seen_as(lab, lab.at("client", port), lab.at("server", 4500));
    for (std::uint16_t remote = 4501; remote < 4510; ++remote) {
      const Datagram question = udp(lab.at("client", port), lab.at("server", remote));
      const Datagram translated = between(question, seen, lab.at("server", remote));
      EXPECT_TRUE(lab.becomes(question, translated));
      EXPECT_TRUE(lab.becomes(reply_to(translated), reply_to(question)));
    }
    EXPECT_EQ(seen_as(lab, lab.at("client", port), lab.at("gateway", 4500)), seen);
    all.insert(seen);
  }
  EXPECT_EQ(all.size(), 10U) << "no two share one";
  EXPECT_EQ(lab.bindings(), 10U);
}

// RFC 5382 REQ-1.
TEST_P(Persistent, req_1_connections_of_a_port_have_one_public_end) {
  Lab lab(persistent_office(GetParam().family, {}), GetParam());
  std::set<Endpoint> all;
  for (std::uint16_t remote = 80; remote < 90; ++remote) {
    Connection inside(lab.at("client", 40000), lab.at("server", remote));
    const Datagram seen = lab.translated(inside.client("S"));
    const Datagram answer = inside.server("SA");
    EXPECT_TRUE(lab.becomes(between(answer, lab.at("server", remote), source_end(seen)), answer));
    all.insert(source_end(seen));
  }
  EXPECT_EQ(all.size(), 1U);
}

TEST_P(Persistent, an_identifier_of_pings_is_the_same_for_all_remote_ends) {
  Lab lab(persistent_office(GetParam().family, {}), GetParam());
  std::set<std::pair<IpAddress, int>> all;
  for (const char* remote : {"server", "gateway"}) {
    for (std::uint16_t sequence = 1; sequence < 5; ++sequence) {
      const Datagram ping = echo_request(lab.at("client"), lab.at(remote), 7, sequence);
      const Datagram seen = lab.translated(ping);
      const auto identifier = static_cast<std::uint16_t>(seen.transport[4] << 8 | seen.transport[5]);
      EXPECT_TRUE(lab.becomes(echo_reply(lab.at(remote), {seen.source}, identifier, sequence),
                              echo_reply(lab.at(remote), lab.at("client"), 7, sequence)));
      all.insert({seen.source, identifier});
    }
  }
  EXPECT_EQ(all.size(), 1U);
}

// RFC 4787 REQ-8 a).
TEST_P(Persistent, req_8_any_remote_host_may_send_to_a_public_end) {
  Lab lab(persistent_office(GetParam().family, {}), GetParam());
  for (std::uint16_t port = 5000; port < 5008; ++port) {
    const Endpoint seen = seen_as(lab, lab.at("client", port), lab.at("server", 4500));
    for (const char* remote : {"server", "gateway"}) {
      const Datagram question = udp(lab.at(remote, 7000), seen);
      const Datagram inside = between(question, lab.at(remote, 7000), lab.at("client", port));
      EXPECT_TRUE(lab.becomes(question, inside));
      EXPECT_TRUE(lab.becomes(reply_to(inside), reply_to(question)));
    }
  }
}

TEST_P(Persistent, req_8_a_target_host_may_send_from_any_port) {
  Lab lab(persistent_office(GetParam().family, {.permit = Permit::target_host}), GetParam());
  for (std::uint16_t port = 5000; port < 5008; ++port) {
    const Endpoint seen = seen_as(lab, lab.at("client", port), lab.at("server", 4500));
    const Datagram question = udp(lab.at("server", 7000), seen);
    EXPECT_TRUE(lab.becomes(question, between(question, lab.at("server", 7000), lab.at("client", port))));
    EXPECT_TRUE(lab.drops(udp(lab.at("gateway", 4500), seen), DropReason::nat_filtered));
  }
}

TEST_P(Persistent, req_8_a_target_host_port_may_send_after_its_session_is_over) {
  Lab lab(persistent_office(GetParam().family, {.permit = Permit::target_host_port}), GetParam());
  for (std::uint16_t port = 5000; port < 5008; ++port) {
    const Endpoint seen = seen_as(lab, lab.at("client", port), lab.at("server", 4500));
    EXPECT_TRUE(lab.drops(udp(lab.at("server", 4501), seen), DropReason::nat_filtered));
    EXPECT_TRUE(lab.drops(udp(lab.at("gateway", 4500), seen), DropReason::nat_filtered));
    for (const Seen& session : lab.sessions()) lab.end(session);
    const Datagram question = udp(lab.at("server", 4500), seen);
    EXPECT_TRUE(lab.becomes(question, between(question, lab.at("server", 4500), lab.at("client", port))));
  }
}

TEST_P(Persistent, what_a_host_has_sent_to_is_remembered_up_to_the_newest_32) {
  Lab lab(persistent_office(GetParam().family, {.permit = Permit::target_host_port, .max_sessions = 100}),
          GetParam());
  Endpoint seen;
  for (std::uint16_t remote = 4500; remote < 4533; ++remote) {
    seen = seen_as(lab, lab.at("client", 5000), lab.at("server", remote));
  }
  for (const Seen& session : lab.sessions()) lab.end(session);
  EXPECT_TRUE(lab.drops(udp(lab.at("server", 4500), seen), DropReason::nat_filtered));
  EXPECT_EQ(lab.translated(udp(lab.at("server", 4501), seen)).destination, lab.at("client").address);
}

TEST_P(Persistent, a_connection_from_outside_needs_a_policy) {
  Network network = persistent_office(GetParam().family, {});
  network.policies.erase(network.policies.end() - 2);
  Lab lab(network, GetParam());
  const Endpoint seen =
      source_end(lab.translated(tcp(lab.at("client", 40000), lab.at("server", 443), {.flags = "S"})));
  Connection connection(lab.at("gateway", 7000), seen);
  const Datagram syn = connection.client("S");
  EXPECT_TRUE(lab.drops(syn, DropReason::default_deny));
  lab.network().policies.push_back({.name = "in",
                                    .from = "untrust",
                                    .to = "trust",
                                    .destinations = {v4() ? "10.0.1.10" : "2001:db8:1::10"}});
  lab.publish();
  EXPECT_TRUE(lab.becomes(syn, between(syn, source_end(syn), lab.at("client", 40000))));
  const Datagram answer = connection.server("SA");
  EXPECT_TRUE(lab.becomes(between(answer, lab.at("client", 40000), lab.at("gateway", 7000)), answer));
}

TEST_P(Persistent, a_binding_lives_for_its_timeout_after_its_last_session) {
  Lab lab(persistent_office(GetParam().family, {.inactivity_timeout_s = 100}), GetParam());
  const Endpoint seen = seen_as(lab, lab.at("client", 5000), lab.at("server", 4500));
  lab.advance(60 + 98);
  EXPECT_EQ(lab.sessions().size(), 0U);
  EXPECT_EQ(lab.bindings(), 1U);
  EXPECT_EQ(seen_as(lab, lab.at("client", 5000), lab.at("server", 4501)), seen) << "and begins anew";
  lab.advance(60 + 98);
  EXPECT_EQ(lab.bindings(), 1U);
  lab.advance(4);
  EXPECT_EQ(lab.bindings(), 0U);
  EXPECT_EQ(lab.send(udp(lab.at("server", 4500), seen)).size(), 0U);
}

TEST_P(Persistent, a_session_keeps_its_binding) {
  Lab lab(persistent_office(GetParam().family, {.inactivity_timeout_s = 60}), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  const Datagram seen = lab.translated(question);
  for (int minute = 0; minute < 4; ++minute) {
    lab.advance(50);
    EXPECT_TRUE(lab.becomes(question, seen));
  }
  EXPECT_EQ(seen_as(lab, lab.at("client", 5000), lab.at("server", 4501)), source_end(seen));
}

TEST_P(Persistent, a_pool_with_nothing_left_has_something_again_when_bindings_go) {
  Network network = persistent_office(GetParam().family, {.inactivity_timeout_s = 60});
  network.nat.source_pools[0].ports = {2048, 2048 + 127};
  Lab lab(network, GetParam());
  std::set<std::uint16_t> ports;
  std::uint16_t port = 5000;
  for (; port < 5000 + 1000 && ports.size() < 128; ++port) {
    for (const Left& left : lab.send(udp(lab.at("client", port), lab.at("server", 4500)))) {
      ports.insert(left.datagram.source_port());
    }
  }
  EXPECT_EQ(ports.size(), 128U);
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 4000), lab.at("server", 4500)), DropReason::nat_exhausted));
  lab.advance(60 + 58);
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 4000), lab.at("server", 4500)), DropReason::nat_exhausted));
  lab.advance(5);
  EXPECT_EQ(seen_as(lab, lab.at("client", 4000), lab.at("server", 4500)).address,
            public_address(GetParam().family, 5));
}

TEST_P(Persistent, every_host_finds_a_port_in_a_range_of_one_word) {
  Network network = persistent_office(GetParam().family, {});
  network.nat.source_pools[0].ports = {2048, 2048 + 63};
  Lab lab(network, GetParam());
  for (std::uint16_t port = 5000; port < 5064; ++port) {
    EXPECT_EQ(lab.send(udp(lab.at("client", port), lab.at("server", 4500))).size(), 1U);
  }
}

// RFC 4787 REQ-9: as if it came from outside, so either learns the other's public end alone.
TEST_P(Persistent, req_9_hosts_inside_meet_by_their_public_ends) {
  Lab lab(persistent_office(GetParam().family, {}), GetParam());
  for (std::uint16_t port = 5000; port < 5016; ++port) {
    const Endpoint second = seen_as(lab, lab.at("second", port), lab.at("server", 4500));
    const Datagram question = udp(lab.at("client", port), second);
    const Datagram seen = lab.translated(question);
    EXPECT_EQ(destination_end(seen), lab.at("second", port));
    EXPECT_EQ(seen.source, public_address(GetParam().family, 5));
    EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
    EXPECT_EQ(seen_as(lab, lab.at("client", port), lab.at("server", 4500)), source_end(seen));
  }
}

TEST_P(Persistent, a_host_that_sends_to_itself_hears_itself) {
  Lab lab(persistent_office(GetParam().family, {.inactivity_timeout_s = 60}), GetParam());
  for (std::uint16_t port = 5000; port < 5004; ++port) {
    const Endpoint own = seen_as(lab, lab.at("client", port), lab.at("server", 4500));
    const Datagram sent = udp(lab.at("client", port), own);
    EXPECT_TRUE(lab.becomes(sent, between(sent, own, lab.at("client", port))));
    EXPECT_TRUE(lab.becomes(sent, between(sent, own, lab.at("client", port))));
  }
  lab.advance(60 + 63);
  EXPECT_EQ(lab.sessions().size(), 0U);
  EXPECT_EQ(lab.bindings(), 0U);
}

// RFC 5382 REQ-8, a) too: the source address and port are the public ones.
TEST_P(Persistent, req_8_connections_inside_meet_by_their_public_ends) {
  Lab lab(persistent_office(GetParam().family, {}), GetParam());
  for (std::uint16_t port = 40000; port < 40008; ++port) {
    const auto open = [&](const char* host) {
      return source_end(lab.translated(tcp(lab.at(host, port), lab.at("server", 443), {.flags = "S"})));
    };
    const Endpoint first = open("client");
    const Endpoint second = open("second");
    Connection outer(lab.at("client", port), second);
    const Datagram syn = outer.client("S");
    EXPECT_TRUE(lab.becomes(syn, between(syn, first, lab.at("second", port))));
    const Datagram answer = outer.server("SA");
    EXPECT_TRUE(lab.becomes(between(answer, lab.at("second", port), first), answer));
    const Datagram last = outer.client("A");
    EXPECT_TRUE(lab.becomes(last, between(last, first, lab.at("second", port))));
  }
}

// RFC 5508 REQ-7.
TEST_P(Persistent, an_error_about_a_hairpin_reaches_the_host_that_sent) {
  Lab lab(persistent_office(GetParam().family, {}), GetParam());
  for (std::uint16_t port = 5000; port < 5008; ++port) {
    const Endpoint second = seen_as(lab, lab.at("second", port), lab.at("server", 4500));
    Datagram question = udp(lab.at("client", port), second);
    Datagram seen = lab.translated(question);
    --question.hops;
    --seen.hops;
    EXPECT_TRUE(lab.becomes(complain(lab.at("second").address, seen, Complaint::port_unreachable),
                            complain(second.address, question, Complaint::port_unreachable)));
  }
}

// As between two NATs: the first packet opens the way for the other host's.
TEST_P(Persistent, a_hairpin_meets_the_filter_by_its_public_end) {
  for (const auto& [permit, then] : {std::pair(Permit::target_host, "out"),
                                     {Permit::target_host_port, "out"},
                                     {Permit::target_host, "interface"}}) {
    Network network = persistent_office(GetParam().family, {.permit = permit});
    network.nat.source[0].then = then;
    Lab lab(network, GetParam());
    for (std::uint16_t port = 5000; port < 5008; ++port) {
      const Endpoint first = seen_as(lab, lab.at("client", port), lab.at("server", 4500));
      const Endpoint second = seen_as(lab, lab.at("second", port), lab.at("server", 4500));
      const Datagram forth = udp(lab.at("client", port), second);
      EXPECT_TRUE(lab.drops(forth, DropReason::nat_filtered));
      const Datagram back = udp(lab.at("second", port), first);
      EXPECT_TRUE(lab.becomes(back, between(back, second, lab.at("client", port))));
      EXPECT_TRUE(lab.becomes(forth, between(forth, first, lab.at("second", port))));
    }
  }
}

TEST_P(Persistent, a_hairpin_keeps_both_bindings) {
  Lab lab(persistent_office(GetParam().family, {.inactivity_timeout_s = 60}), GetParam());
  std::vector<Endpoint> seconds;
  for (std::uint16_t port = 5000; port < 5008; ++port) {
    seconds.push_back(seen_as(lab, lab.at("second", port), lab.at("server", 4500)));
  }
  for (const Seen& session : lab.sessions()) lab.end(session);
  for (const Endpoint& second : seconds) {
    static_cast<void>(lab.translated(udp(lab.at("client", second.port), second)));
  }
  EXPECT_EQ(lab.bindings(), 16U);
  lab.advance(60 + 58);
  EXPECT_EQ(lab.bindings(), 16U);
  lab.advance(5);
  EXPECT_EQ(lab.bindings(), 0U);
}

TEST_P(Persistent, by_the_address_of_the_interface) {
  Network network = persistent_office(GetParam().family, {});
  network.nat.source[0].then = "interface";
  Lab lab(network, GetParam());
  for (std::uint16_t port = 5000; port < 5008; ++port) {
    const Endpoint seen = seen_as(lab, lab.at("client", port), lab.at("server", 4500));
    EXPECT_EQ(seen.address, lab.at("firewall ge-0/0/1.0").address);
    EXPECT_EQ(seen_as(lab, lab.at("client", port), lab.at("server", 4501)), seen);
    const Datagram question = udp(lab.at("gateway", 7000), seen);
    EXPECT_TRUE(lab.becomes(question, between(question, lab.at("gateway", 7000), lab.at("client", port))));
    const Datagram within = lab.translated(udp(lab.at("second", port), seen));
    EXPECT_EQ(destination_end(within), lab.at("client", port));
    EXPECT_EQ(within.source, seen.address);
  }
}

TEST_P(Persistent, the_firewalls_own_ports_stay_its_own_for_strangers) {
  Network network = persistent_office(GetParam().family, {.permit = Permit::target_host});
  network.nat.source[0].then = "interface";
  Lab lab(network, GetParam());
  const Endpoint seen = seen_as(lab, lab.at("client", 5000), lab.at("server", 4500));
  EXPECT_TRUE(lab.drops(udp(lab.at("gateway", 7000), seen), DropReason::host_inbound));
  EXPECT_EQ(lab.translated(udp(lab.at("server", 7000), seen)).destination, lab.at("client").address);
}

TEST_P(Persistent, a_target_that_is_known_inside_by_another_address_is_let_in) {
  Network network = persistent_office(GetParam().family, {.permit = Permit::target_host});
  network.nat.static_nat = {{.name = "alias",
                             .from = "trust",
                             .destinations = {public_text(GetParam().family, 40) + (v4() ? "/32" : "/128")},
                             .then = v4() ? "10.0.2.254/32" : "2001:db8:2::fe/128"}};
  Lab lab(network, GetParam());
  const Endpoint alias{public_address(GetParam().family, 40), 4500};
  const Endpoint seen = seen_as(lab, lab.at("client", 5000), alias);
  const Datagram question = udp(lab.at("gateway", 7000), seen);
  EXPECT_TRUE(lab.becomes(question, between(question, {alias.address, 7000}, lab.at("client", 5000))));
}

TEST_P(Persistent, who_comes_from_outside_is_no_hairpin) {
  Network network = persistent_office(GetParam().family, {.permit = Permit::target_host});
  network.nat.source[0].from.clear();
  Lab lab(network, GetParam());
  for (std::uint16_t port = 5000; port < 5008; ++port) {
    const Endpoint seen = seen_as(lab, lab.at("client", port), lab.at("server", 4500));
    const Datagram question = udp(lab.at("server", 7000), seen);
    EXPECT_TRUE(lab.becomes(question, between(question, lab.at("server", 7000), lab.at("client", port))));
  }
  EXPECT_EQ(lab.bindings(), 8U);
}

TEST_P(Persistent, rules_that_permit_others_have_bindings_of_their_own) {
  Network network = persistent_office(GetParam().family, {});
  NatRuleFacts narrow = network.nat.source[0];
  narrow.name = "narrow";
  narrow.destinations = {v4() ? "10.0.2.254" : "2001:db8:2::fe"};
  narrow.persistence->permit = Permit::target_host_port;
  network.nat.source.insert(network.nat.source.begin(), narrow);
  Lab lab(network, GetParam());
  const Endpoint wide = seen_as(lab, lab.at("client", 5000), lab.at("server", 4500));
  const Endpoint seen = seen_as(lab, lab.at("client", 5000), lab.at("gateway", 4500));
  EXPECT_NE(seen, wide);
  EXPECT_TRUE(lab.drops(udp(lab.at("server", 4501), seen), DropReason::nat_filtered));
  EXPECT_EQ(lab.translated(udp(lab.at("server", 4501), wide)).destination, lab.at("client").address);
}

TEST_P(Persistent, a_packet_of_which_nothing_comes_leaves_no_binding) {
  Lab lab(persistent_office(GetParam().family, {}), {GetParam().family, 1},
          {.capacity = 4, .host_reserve = 2});
  static_cast<void>(seen_as(lab, lab.at("client", 5000), lab.at("server", 4500)));
  static_cast<void>(seen_as(lab, lab.at("client", 5001), lab.at("server", 4500)));
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5002), lab.at("server", 4500)), DropReason::session_table_full));
  EXPECT_EQ(lab.bindings(), 2U);
  EXPECT_EQ(lab.ports_taken("out"), 2U);
}

TEST_P(Persistent, with_ports_that_are_kept) {
  Network network = persistent_office(GetParam().family, {}, 8);
  network.nat.source_pools[0].translate_ports = false;
  Lab lab(network, GetParam());
  for (std::uint16_t port = 5000; port < 5400; port += 50) {
    const Endpoint seen = seen_as(lab, lab.at("client", port), lab.at("server", 4500));
    EXPECT_EQ(seen.port, port);
    EXPECT_EQ(seen_as(lab, lab.at("client", port), lab.at("server", 4501)), seen);
    const Datagram question = udp(lab.at("gateway", 7000), seen);
    const Datagram inside = between(question, lab.at("gateway", 7000), lab.at("client", port));
    EXPECT_TRUE(lab.becomes(question, inside));
    EXPECT_TRUE(lab.becomes(reply_to(inside), reply_to(question)));
  }
}

TEST_P(Persistent, a_host_with_address_mapping_has_one_address) {
  for (const bool mapping : {false, true}) {
    Lab lab(persistent_office(GetParam().family, {.address_mapping = mapping}, 8), GetParam());
    std::set<IpAddress> addresses;
    for (std::uint16_t port = 5000; port < 5020; ++port) {
      addresses.insert(seen_as(lab, lab.at("client", port), lab.at("server", 4500)).address);
    }
    EXPECT_EQ(addresses.size() == 1, mapping);
  }
}

TEST_P(Persistent, protocols_without_ports_are_translated_as_without_it) {
  Lab lab(persistent_office(GetParam().family, {}), GetParam());
  const Datagram sent = other(47, lab.at("client"), lab.at("server"), Bytes(16));
  EXPECT_EQ(lab.translated(sent).source, public_address(GetParam().family, 5));
  EXPECT_EQ(lab.bindings(), 0U);
}

TEST_P(Persistent, bindings_outlive_a_commit_that_keeps_their_rule_and_pool) {
  Lab lab(persistent_office(GetParam().family, {.permit = Permit::target_host}), GetParam());
  for (std::uint16_t port = 5000; port < 5008; ++port) {
    const Endpoint seen = seen_as(lab, lab.at("client", port), lab.at("server", 4500));
    for (const Seen& session : lab.sessions()) lab.end(session);
    lab.network().nat.source[0].persistence->inactivity_timeout_s += 10;
    lab.publish();
    EXPECT_EQ(seen_as(lab, lab.at("client", port), lab.at("server", 4501)), seen);
    EXPECT_EQ(lab.translated(udp(lab.at("server", 7000), seen)).destination, lab.at("client").address);
  }
}

TEST_P(Persistent, a_rule_that_is_renamed_takes_its_bindings_over) {
  Lab lab(persistent_office(GetParam().family, {}), GetParam());
  const Endpoint seen = seen_as(lab, lab.at("client", 5000), lab.at("server", 4500));
  lab.network().nat.source[0].name = "hide-again";
  lab.publish();
  EXPECT_EQ(seen_as(lab, lab.at("client", 5000), lab.at("server", 4501)), seen);
  EXPECT_EQ(lab.translated(udp(lab.at("server", 7000), seen)).destination, lab.at("client").address);
}

TEST_P(Persistent, bindings_whose_pool_has_moved_let_nobody_in_and_go_with_their_sessions) {
  Lab lab(persistent_office(GetParam().family, {}), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  const Datagram seen = lab.translated(question);
  lab.network().nat.source_pools[0].low = lab.network().nat.source_pools[0].high =
      public_text(GetParam().family, 30);
  lab.publish();
  EXPECT_TRUE(lab.becomes(question, seen)) << "a session keeps its translation";
  EXPECT_EQ(lab.send(udp(lab.at("gateway", 7000), source_end(seen))).size(), 0U);
  EXPECT_EQ(seen_as(lab, lab.at("client", 5000), lab.at("server", 4501)).address,
            public_address(GetParam().family, 30));
  EXPECT_EQ(lab.bindings(), 2U);
  lab.advance(63);
  EXPECT_EQ(lab.bindings(), 1U);
}

TEST_P(Persistent, bindings_of_an_overflow_into_interfaces_go_when_the_interface_loses_the_address) {
  Network network = persistent_office(GetParam().family, {});
  network.nat.source_pools[0].ports = {2048, 2048};
  network.nat.source_pools[0].overflow = "interface";
  Lab lab(network, GetParam());
  EXPECT_EQ(seen_as(lab, lab.at("client", 5000), lab.at("server", 4500)).port, 2048);
  const Datagram question = udp(lab.at("client", 5001), lab.at("server", 4500));
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(seen.source, lab.at("firewall ge-0/0/1.0").address);
  const auto reached = [&](std::uint16_t port) {
    return lab.translated(udp(lab.at("gateway", port), source_end(seen))).destination;
  };
  EXPECT_EQ(reached(7000), lab.at("client").address);
  lab.network().unit("ge-0/0/1.0").addresses = {"10.0.2.2/24", "2001:db8:2::2/64"};
  lab.publish();
  EXPECT_TRUE(lab.becomes(question, seen)) << "a session keeps its translation";
  EXPECT_EQ(lab.send(udp(lab.at("gateway", 7001), source_end(seen))).size(), 0U);
  EXPECT_EQ(seen_as(lab, lab.at("client", 5001), lab.at("server", 4501)).address,
            lab.at("firewall ge-0/0/1.0").address);
  EXPECT_EQ(lab.bindings(), 3U);
  lab.advance(63);
  EXPECT_EQ(lab.bindings(), 2U);
}

TEST_P(Persistent, bindings_of_a_rule_that_is_persistent_no_more_go_with_their_sessions) {
  Lab lab(persistent_office(GetParam().family, {}), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  const Datagram seen = lab.translated(question);
  lab.network().nat.source[0].persistence.reset();
  lab.publish();
  EXPECT_TRUE(lab.becomes(question, seen));
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
  EXPECT_EQ(lab.send(udp(lab.at("gateway", 7000), source_end(seen))).size(), 0U);
  lab.advance(63);
  EXPECT_EQ(lab.bindings(), 0U);
}

}  // namespace
}  // namespace sluice::path
