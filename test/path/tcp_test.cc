// TCP sessions from the first SYN to the last acknowledgement.
#include "dataplane/session/tcp.h"
#include "lab.h"

namespace sluice::path {
namespace {

using session::tcp::State;
using testing::ElementsAre;
using testing::IsEmpty;

SLUICE_PATH_SUITE(Tcp);

Connection to_server(const Lab& lab, std::uint16_t client_port = 40000) {
  return {lab.at("client", client_port), lab.at("server", 443)};
}

TEST_P(Tcp, a_handshake_makes_one_session_with_20_and_then_1800_seconds) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  EXPECT_EQ(lab.session().flow, "tcp client/40000 > server/443");
  EXPECT_EQ(lab.session().zones, "trust > untrust");
  EXPECT_EQ(lab.session().interfaces, "ge-0/0/0.0 > ge-0/0/1.0");
  EXPECT_EQ(lab.session().policy, "out");
  EXPECT_EQ(lab.session().application, "junos-https");
  EXPECT_EQ(lab.session().timeout_s, 20U);
  EXPECT_TRUE(lab.passes(connection.server("SA")));
  EXPECT_EQ(lab.session().timeout_s, 20U);
  EXPECT_TRUE(lab.passes(connection.client("A")));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
  EXPECT_EQ(lab.session().state, static_cast<int>(State::established));
}

}  // namespace
}  // namespace sluice::path
