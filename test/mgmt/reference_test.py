#!/usr/bin/env python3
"""Lines of Junos's own, quoted from the reference, and that our answers have them.

The golden files can be written anew by whoever changes a layout; these lines cannot. A quoted line has the values of
the firewall that it was taken from: where it has a number, an address, an interface or a name, ours may have another
one; everything else, blanks too, is the same.

Usage: reference_test.py GOLDEN
"""
import pathlib
import re
import sys

# (golden file, command): the lines, in their order.
QUOTES = {
    ("flow_session", "show security flow session"): [
        "Session ID: 172220, Policy name: web-in/4, Timeout: 298, Session State: Valid",
        "  In: 192.0.2.10/41954 --> 198.51.100.7/80;tcp, Conn Tag: 0x0, If: ge-0/0/1.0, Pkts: 6, Bytes: 1145, ",
        "  Out: 10.0.0.2/80 --> 192.0.2.10/41954;tcp, Conn Tag: 0x0, If: ge-0/0/0.0, Pkts: 6, Bytes: 3881, ",
        "",
        "Session ID: 2, Policy name: N/A, Timeout: N/A, Session State: Valid",
        "  In: 203.0.113.1/0 --> 198.51.100.1/0;esp, Conn Tag: 0x0, If: ge-0/0/0.0, Pkts: 0, Bytes: 0, ",
        "",
        "Total sessions: 6"],
    ("release_12.3", "show security flow session count 3"): [
        "Session ID: 10000031, Policy name: trust-out/4, Timeout: 3144, Valid"],
    ("flow_session", "show security flow session extensive"): [
        "Session ID: 58912, Status: Normal",
        "Flags: 0x40/0x0/0x3/0x9103/0x8",
        "Policy name: permit-g1/8",
        "Source NAT pool: Null, Application: junos-ssh/22",
        "Encryption:  No",
        "Application traffic control rule-set: INVALID, Rule: INVALID",
        "Maximum timeout: 1800, Current timeout: 1750",
        "Session State: Valid",
        "Start time: 1767575093, Duration: 50",
        "   In: 192.0.2.15/51157 --> 198.51.100.10/22;tcp, ",
        "    Session token: 0x500c, Flag: 0x1621, ",
        "    Port sequence: 0, FIN sequence: 0, ",
        "    FIN state: 0, ",
        "    Pkts: 10, Bytes: 2045",
        "   Out: 198.51.100.10/22 --> 192.0.2.15/51157;tcp, "],
    ("flow_session", "show security flow session summary"): [
        "Unicast-sessions: 3231", "Multicast-sessions: 0", "Services-offload-sessions: 0", "Failed-sessions: 0",
        "Sessions-in-drop-flow: 0", "Sessions-in-use: 3680", "  Valid sessions: 3230", "  Pending sessions: 0",
        "  Invalidated sessions: 450", "  Sessions in other states: 0", "Maximum-sessions: 4194304"],
    ("flow_session", "show security flow session protocol tcp summary"): [
        "Valid sessions: 128", "Pending sessions: 0", "Invalidated sessions: 0", "Sessions in other states: 0",
        "Total sessions: 128"],
    ("clear", "clear security flow session all"): ["1 active sessions cleared"],
    ("flow", "show security flow status"): [
        "  Flow forwarding mode:", "    Inet forwarding mode: flow based", "    Tap mode: disabled (default)",
        "  Flow scaled L3L4 mode:", "  Flow trace status", "    Flow tracing status: off",
        "  Flow session distribution", "    Distribution mode: Hash-based", "  Flow Drop-flow Summary:",
        "    Maximum Drop-flow sessions: 0", "    Timeout: 4s", "    Logging: Disabled"],
    ("flow", "show security flow statistics"): [
        "    Current sessions: 5545", "    Packets received: 53426518218", "    Packets transmitted: 53091802103",
        "    Packets forwarded/queued: 40436060", "    Packets copied: 1208046", "    Packets dropped: 293072009",
        "    Services-offload packets processed: 0", "    Fragment packets: 21545",
        "    Pre fragments generated: 0", "    Post fragments generated: 0"],
    ("policies", "show security policies"): [
        "Default policy: deny-all", "Default policy log Profile ID: 0", "Pre ID default policy: permit-all",
        "Default HTTP Mux policy: permit-all", "From zone: trust, To zone: untrust",
        "  Policy: allow-web, State: enabled, Index: 4, Scope Policy: 0, Sequence number: 1, Log Profile ID: 0",
        "    Source vrf group: any", "    Destination vrf group: any", "    Source identity feeds: any",
        "    Destination identity feeds: any", "Global policies:",
        "  Policy: g1, State: enabled, Index: 524, Scope Policy: 0, Sequence number: 1, Log Profile ID: 0",
        "    To zones: any", "    Action: deny, log"],
    ("policies", "show security policies detail"): [
        "Policy: allow-web, action-type: permit, services-offload:not-configured , State: enabled, Index: 23, "
        "Scope Policy: 0",
        "  Policy Type: Configured", "  Sequence number: 1", "  From zone: trust, To zone: untrust",
        "  Source vrf group:", "    any", "  Source addresses:", "    any-ipv6(global): ::/0 ",
        "  Application: junos-http", "    IP protocol: tcp, ALG: 0, Inactivity timeout: 300",
        "      Source port range: [0-0] ", "      Destination ports: 80",
        "  Per policy TCP Options: SYN check: No, SEQ check: No, Window scale: No",
        "  Session log: at-create, at-close", "  Policy statistics:"],
    ("release_24.4", "show security policies hit-count"): [
        "Logical system: root-logical-system",
        "Index   From zone        To zone           Name           Policy count  Action",
        "1       all-zone         all-zone          default-policy 0             Deny",
        "2       trust            untrust           allow-web      937           Permit",
        "", "Number of policy: 3"],
    ("zones", "show security zones"): [
        "", "Security zone: trust", "  Zone ID: 8", "  Send reset for non-SYN session TCP packets: Off",
        "  Policy configurable: Yes  ", "  Screen: trust-screen", "  Interfaces bound: 2", "  Interfaces:",
        "    ge-0/0/1.0", "  Advanced-connection-tracking timeout: 1800", "  Unidirectional-session-refreshing: No",
        "", "Security zone: junos-host", "  Zone ID: 2"],
    ("interfaces", "show interfaces terse"): [
        "Interface               Admin Link Proto    Local                 Remote",
        "ge-0/0/0                up    up",
        "ge-0/0/0.0              up    up   inet     192.0.2.1/24",
        "                                   inet6    2001:db8::1/64",
        "                                            fe80::1/64"],
    ("nat_22.2", "show security nat source rule all"): [
        "Total rules: 14", "Total referenced IPv4/IPv6 ip-prefixes: 16/28", "source NAT rule: src-out",
        "  Rule set                   : trust-to-untrust", "  Rule Id                    : 1",
        "  Rule position              : 1", "  From zone                  : guest",
        "                             : lan", "  To zone                    : untrust", "  Match",
        "    Persistent NAT type         : N/A", "    Persistent NAT mapping type : address-port-mapping",
        "    Inactivity timeout          : 0", "    Max session number          : 0",
        "    Persistent NAT block session: disabled", "  Translation hits           : 0",
        "    Successful sessions      : 0", "  Number of sessions         : 0"],
    ("nat_22.2", "show security nat destination rule all"): [
        "Total destination-nat rules: 1", "Total referenced IPv4/IPv6 ip-prefixes: 1/0",
        "Destination NAT rule: web-in", "    Destination addresses    : 198.51.100.7    - 198.51.100.7",
        "    Destination port         : 80              - 80", "  Translation hits           : 3",
        "    Successful sessions      : 3", "  Number of sessions         : 0"],
    ("nat_22.2", "show security nat source summary"): [
        "Total port number usage for port translation pool: 64512",
        "Maximum port number for port translation pool: 201326592", "Total pools: 1",
        "Pool                 Address                  Routing              PAT  Total",
        "Name                 Range                    Instance                  Address", "", "Total rules: 14",
        "Rule name : src-out", "    Rule set  : trust-to-untrust", "Rule name : src-out"],
    ("pipes", "show security flow session | count"): ["Count: 23 lines"],
}

# What differs from firewall to firewall.
VALUES = [
    (r"0x[0-9a-f]+(/0x[0-9a-f]+)*", "HEX"),
    (r"(ge|xe|et)-\d+/\d+/\d+(\.\d+)?|\.local\.\.0", "INTERFACE"),
    (r"((\d+\.){3}\d+|[0-9a-f]*:[0-9a-f]*:[0-9a-f:]*) *", "ADDRESS "),
    (r"((Policy name|Policy|policy|source NAT rule|Destination NAT rule|Rule name|Rule set|Action|zone|Application|"
     r"Screen|Encryption) *:  ?)[A-Za-z][-a-z0-9]*", r"\1NAME"),
    (r"^( {29}: )[a-z][-a-z0-9]*", r"\1NAME"),
    (r"\d+ *", "N"),
]


def shape(line):
    for value, mark in VALUES:
        line = re.sub(value, mark, line)
    return line


def answers(path):
    """The lines of each answer of a golden file, by its command."""
    found, lines = {}, []
    for line in path.read_text().split("\n"):
        if line.startswith("> "):
            lines = found.setdefault(line[2:], [])
        else:
            lines.append(line)
    return found


def main(folder):
    missing, quoted = [], 0
    for (file, command), lines in QUOTES.items():
        answer = iter([shape(line) for line in answers(pathlib.Path(folder, f"{file}.txt"))[command]])
        for line in lines:
            quoted += 1
            if shape(line) not in answer:  # the iterator goes on from there: the order counts
                missing.append(f"{file}.txt: {command}: not after the lines before it: {line!r}")
                break
    print("\n".join(missing) if missing else f"{quoted} quoted lines are there")
    return 1 if missing else 0


sys.exit(main(sys.argv[1]))
