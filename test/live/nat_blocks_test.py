#!/usr/bin/env python3
"""Blocks of ports between real hosts and two workers: whose ports are seen outside, and what is told of them.

    client 10.1.0.10, 10.1.0.9 --- trust [ Sluice: blocks of 64 ports of 203.0.113.16 ] untrust --- server
"""
from xml.etree import ElementTree

import harness
from two_hosts import CLIENT, ECHO_PORT, PEERS, SERVER, Capture, TwoHosts

POOL, SECOND = "203.0.113.16", "10.1.0.9"
FETCHES = 12

NAT = f"""
set system flow workers 2
set security nat source pool hosts address {POOL}/32
set security nat source pool hosts port block-allocation block-size 64
set security nat source pool hosts port block-allocation maximum-blocks-per-host 2
set security nat source rule-set out from zone trust
set security nat source rule-set out to zone untrust
set security nat source rule-set out rule hide match source-address 10.1.0.0/24
set security nat source rule-set out rule hide then source-nat pool hosts
"""


class Blocks(TwoHosts):
    more = NAT

    @classmethod
    def build(cls, lab):
        super().build(lab)
        (cls.pages / "page").write_text("a page\n")
        cls.client.address("eth0", f"{SECOND}/24")

    def ports_seen(self, host):
        """The public ports of pages that the host fetches."""
        capture = Capture(self.server)
        for _ in range(FETCHES):
            page = self.client.run(["curl", "-sS", "-m", "20", "--interface", host, f"http://{SERVER}/page"])
            self.assertEqual(page, "a page\n")

        def look():
            seen = {packet.source_port for packet in capture.packets() if packet.source == POOL}
            return seen if len(seen) >= FETCHES else None
        seen = harness.wait_until(look, f"{FETCHES} public ports of {host}")
        capture.close()
        return seen

    def blocks(self, host):
        """Low and high port of each block that the host has."""
        reply = ElementTree.fromstring(
            self.firewall.cli(f"show security nat source port-block host-ip {host} | display xml"))
        return [(int(block.findtext("{*}blk-low-port")), int(block.findtext("{*}blk-high-port")))
                for block in reply.iterfind(".//{*}pba-blk-table-entry")]

    def test_each_host_has_a_block_and_one_record(self):
        blocks = {}
        for host in (CLIENT, SECOND):
            seen = self.ports_seen(host)
            (low, high), = self.blocks(host)
            self.assertEqual(high - low, 63)
            self.assertTrue(all(low <= port <= high for port in seen), (seen, low, high))
            pattern = rf"RT_SRC_NAT_PBA_ALLOC: Subscriber {host} used/maximum \[1/2\] blocks, allocates port block "
            record, = harness.wait_until(lambda: self.firewall.records(pattern), f"a record of {host}'s block", timeout=30)
            self.assertIn(f"[{low}-{high}] from {POOL} in source pool hosts ", record)
            self.assertIn(host, self.firewall.cli(f"show security nat who-had {POOL} {low}"))
            blocks[host] = (low, high)
        (low, high), (other_low, other_high) = blocks.values()
        self.assertTrue(high < other_low or other_high < low, blocks)

    def test_sessions_of_a_block_live_and_answers_come_back(self):
        talk = self.client.start("talk", [*PEERS, "talk", SERVER])
        port = int(talk.wait_output(r"^port (\d+)")[1])
        talk.wait_output("answered", timeout=30)
        session = self.session_of(f"source-prefix {CLIENT} source-port {port} destination-port {ECHO_PORT}")
        self.assertEqual(session.out.destination, POOL)
        self.assertTrue(any(low <= session.out.destination_port <= high for low, high in self.blocks(CLIENT)))
        self.firewall.cli(f"clear security flow session source-prefix {CLIENT}/32 source-port {port}")
        talk.wait_output("^broke", timeout=30)

    def test_pings_are_answered(self):
        self.assertIn(" 3 received", self.client.run(f"ping -c 3 -i 0.2 -W 10 {SERVER}"))


if __name__ == "__main__":
    harness.main()
