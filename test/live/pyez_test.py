#!/usr/bin/env python3
"""PyEZ (Debian's python3-junos-eznc) against sluice-netconf over a real sshd, which it reaches through the firewall."""
import contextlib
import pathlib
import re
import warnings

import jnpr.junos.op
import yaml
from jnpr.junos import Device
from jnpr.junos.exception import CommitError, ConfigLoadError, LockError, RpcError
from jnpr.junos.factory.factory_loader import FactoryLoader
from jnpr.junos.utils.config import Config
from lxml import etree

import harness
from netconf_hosts import PORT, NetconfHosts
from two_hosts import CLIENT, ECHO_PORT, INSIDE, PEERS, SERVER

TABLES = """
SessionTable:
  rpc: get-flow-session-information
  item: flow-session
  key: session-identifier
  view: SessionView
SessionView:
  fields:
    policy: policy
    timeout: { timeout: int }
    wings: WingTable
WingTable:
  item: flow-information
  key: direction
  view: WingView
WingView:
  fields:
    source: source-address
    source_port: { source-port: int }
    destination: destination-address
    destination_port: { destination-port: int }
    protocol: protocol
    interface: interface-name
    packets: { pkt-cnt: int }
PolicyTable:
  rpc: get-firewall-policies
  item: security-context/policies/policy-information
  key: policy-name
  view: PolicyView
PolicyView:
  fields:
    state: policy-state
    action: policy-action/action-type
    sources: source-addresses/source-address/address-name
    applications: applications/application/application-name
ZoneTable:
  rpc: get-zones-information
  item: zones-security
  key: zones-security-zonename
  view: ZoneView
ZoneView:
  fields:
    interfaces: zones-security-interfaces/zones-security-interface-name
    reset: zones-security-send-reset
"""
SCOPE = FactoryLoader().load(yaml.safe_load(TABLES))
# PyEZ's own way to load its tables (import jnpr.junos.op.routes) does not work with Debian's python3-yaml.
def stock(name):
    return FactoryLoader().load(yaml.safe_load((pathlib.Path(jnpr.junos.op.__file__).parent / f"{name}.yml").read_text()))


ROUTES, PORTS, ETHERNET = stock("routes"), stock("phyport"), stock("ethport")
INVENTORY, ARP, NEIGHBORS = stock("inventory"), stock("arp"), stock("nd")


OPERATIONS = pathlib.Path(__file__).resolve().parents[2] / "src/mgd/rpc/operations.cc"


class PyEz(NetconfHosts):
    more = NetconfHosts.more + "set security nat source pool spare address 203.0.113.9/32\n"

    @contextlib.contextmanager
    def opened(self, **options):
        device = Device(host=INSIDE, port=PORT, user="root", ssh_private_key_file=self.key, ssh_config="/dev/null",
                        gather_facts=False, **options)
        device.open()
        try:
            yield device
        finally:
            device.close()

    def setUp(self):
        super().setUp()
        self.device = self.enterContext(self.opened())
        self.addCleanup(self.restore)

    def restore(self):
        config = Config(self.device)
        config.rollback(0)
        if self.host_name() != "live-fw":
            config.load("set system host-name live-fw", format="set")
            config.commit()

    def talk(self):
        """A connection from client to server that stays; answers its session."""
        program = self.client.start(f"talk{id(self)}", [*PEERS, "talk", SERVER])
        self.addCleanup(program.stop)
        port = program.wait_output(r"^port (\d+)$")[1]
        program.wait_output("^answered$")
        return self.session_of(f"source-port {port} destination-port {ECHO_PORT}")

    def test_facts(self):
        self.device.facts_refresh()
        facts = self.device.facts
        self.assertEqual((facts["hostname"], facts["fqdn"]), ("live-fw", "live-fw"))
        self.assertEqual((facts["model"], facts["version"], facts["ifd_style"]), ("SLUICE", "22.2R1", "CLASSIC"))
        self.assertEqual(facts["version_info"].major, (22, 2))
        self.assertRegex(facts["serialnumber"], "^[0-9A-F]{16}$")
        self.assertEqual((facts["master"], facts["2RE"]), ("RE0", False))
        self.assertEqual(facts["RE0"]["status"], "OK")
        self.assertRegex(facts["RE0"]["up_time"], r"\d+ seconds?$")
        self.assertEqual(facts["re_info"]["default"]["0"]["mastership_state"], "master")
        self.assertIsNone(facts["srx_cluster"])
        for key in facts:
            _ = facts[key]

    def test_sessions_by_filters(self):
        session = self.talk()
        port = str(session.into.source_port)
        reply = self.device.rpc.get_flow_session_information(source_port=port, protocol="tcp", destination_prefix=SERVER)
        self.assertEqual([e.text.strip() for e in reply.findall(".//session-identifier")], [str(session.identifier)])
        self.assertEqual(reply.findtext("displayed-session-count").strip(), "1")
        reply = self.device.rpc.get_flow_session_information(source_prefix="192.0.2.99")
        self.assertEqual(reply.findall("flow-session"), [])
        summary = self.device.rpc.get_flow_session_information(summary=True)
        self.assertEqual(summary.tag, "flow-session-summary-information")
        self.assertGreaterEqual(int(summary.findtext("active-sessions")), 1)
        whole = self.device.rpc.get_flow_session_information_by_session_identifier(
            session_identifier=str(session.identifier))
        self.assertEqual(whole.findtext(".//flow-information/source-port").strip(), port)
        with self.assertRaisesRegex(RpcError, "zone nowhere not found"):
            self.device.rpc.get_flow_session_information(zone="nowhere")
        cleared = self.device.rpc.clear_flow_session(source_port=port)
        self.assertEqual(cleared.findtext("cleared-flow-session-count").strip(), "1")

    def check_formats(self, name, inputs):
        """Text may be nothing at all where there is nothing; XML and JSON have their element then, too."""
        ask = getattr(self.device.rpc, name.replace("-", "_"))
        self.assertNotIn(ask(**inputs).tag, ("output", "rpc-reply"))
        text = ask({"format": "text"}, **inputs)
        self.assertTrue(text is True or text.tag in ("output", "configuration-text"), text)
        self.assertIsInstance(ask({"format": "json"}, **inputs), dict)

    def test_every_operational_rpc_in_every_format(self):
        session = self.talk()
        flow = {"source_ip": CLIENT, "destination_ip": SERVER, "protocol": "tcp",
                "source_port": "40000", "destination_port": str(ECHO_PORT)}
        inputs = {"match-firewall-policies": {"from_zone": "trust", "to_zone": "untrust", **flow},
                  "match-global-policies": flow,
                  "get-flow-session-information-by-session-identifier": {"session_identifier": str(session.identifier)},
                  "get-nat-who-had": {"address": SERVER, "port": str(ECHO_PORT)},
                  "retrieve-persist-nat-ip-port-information": {"ip": CLIENT},
                  "retrieve-persist-nat-pool-information": {"pool_name": "spare"},
                  "get-rollback-information": {"rollback": "0"}}
        operations = re.findall(r'\{\{"(show [^"]+)",\s*"([^"]+)"\}', OPERATIONS.read_text())
        self.assertGreater(len(operations), 30)
        for command, name in operations:
            if command == "show chassis cluster status":  # an error is what a device without a cluster says
                continue
            with self.subTest(command):
                self.check_formats(name, inputs.get(name, {"all": True} if command.endswith((" pool", " rule")) else {}))
        terse = self.device.rpc.get_interface_information(terse=True, interface_name="ge-0/0/0.0")
        self.assertIn(f"{INSIDE}/24", [e.text.strip() for e in terse.findall(".//ifa-local")])

    def test_commands(self):
        with warnings.catch_warnings(record=True) as said:
            text = self.device.cli("show security zones")
        self.assertIn("Security zone: trust", text)
        advice = [str(warning.message) for warning in said if warning.category is RuntimeWarning]
        self.assertRegex("".join(advice), r"rpc\.get_zones_information\(\)")
        self.assertRegex(self.device.cli("show version", warning=False), "^\nHostname: live-fw\n|^Hostname: live-fw\n")
        self.assertEqual(self.device.cli("show security zones terse", format="xml", warning=False).tag, "zones-information")
        self.assertIsInstance(self.device.cli("show security zones", format="json", warning=False), dict)
        self.assertIn("host-name live-fw;", self.device.cli("show configuration system", warning=False))
        self.assertIn("set system host-name live-fw",
                      self.device.cli("show configuration | display set | no-more", warning=False))
        rpc = self.device.display_xml_rpc("show security flow session protocol tcp summary")
        self.assertEqual((rpc.tag, rpc.findtext("protocol")), ("get-flow-session-information", "tcp"))
        self.assertEqual(self.device.cli("set cli screen-length 0", warning=False), "")
        self.assertIn("invalid command", self.device.cli("show nonsense", warning=False))

    def test_tables_and_views(self):
        session = self.talk()
        sessions = SCOPE["SessionTable"](self.device).get(source_port=str(session.into.source_port))
        self.assertEqual(sessions.keys(), [str(session.identifier)])
        row = sessions[0]
        self.assertEqual(row.policy, next(p for p in [row.policy] if re.match(rf"{session.policy}/\d+$", p)))
        wings = {wing.name: wing for wing in row.wings}
        self.assertEqual((wings["In"].source, wings["In"].destination, wings["In"].destination_port),
                         (CLIENT, SERVER, ECHO_PORT))
        self.assertEqual((wings["Out"].source, wings["Out"].interface), (SERVER, "ge-0/0/1.0"))
        self.assertGreater(wings["In"].packets, 0)
        policies = SCOPE["PolicyTable"](self.device).get()
        self.assertEqual(policies.keys(), ["refused", "denied", "web", "other"])
        self.assertEqual([p.action for p in policies], ["reject", "deny", "permit", "permit"])
        self.assertEqual((policies["web"].applications, policies["web"].sources, policies["web"].state),
                         ("junos-http", "any", "enabled"))
        self.assertEqual(SCOPE["PolicyTable"](self.device).get(policy_name="web").keys(), ["web"])
        zones = SCOPE["ZoneTable"](self.device).get()
        self.assertEqual(zones["trust"].interfaces, "ge-0/0/0.0")
        self.assertEqual((zones["trust"].reset, zones["untrust"].reset), ("On", "Off"))

    def test_a_table_that_comes_with_pyez(self):
        routes = ROUTES["RouteTable"](self.device).get()
        self.assertIn("198.51.100.0/24", [row.name for row in routes])
        row = routes["198.51.100.0/24"]
        self.assertEqual((row.protocol, row.via), ("Direct", "ge-0/0/1.0"))
        self.assertIn(row.name, ROUTES["RouteTable"](self.device).get("198.51.100.0/24").keys())

    def test_ports_by_the_tables_that_come_with_pyez(self):
        self.talk()
        ports = PORTS["PhyPortTable"](self.device).get()
        self.assertEqual(ports.keys(), ["ge-0/0/0", "ge-0/0/1"])
        port = ports["ge-0/0/0"]
        self.assertEqual((port.oper, port.admin, port.mtu, port.link_mode), ("up", "up", 1514, "Full-duplex"))
        self.assertRegex(port.macaddr, "^([0-9a-f]{2}:){5}[0-9a-f]{2}$")
        self.assertRegex(port.speed, "^([0-9]+(mbps|Gbps)|Unspecified)$")
        self.assertIsNotNone(port.flapped)
        self.assertEqual(PORTS["PhyPortTable"](self.device).get("ge-0/0/1").keys(), ["ge-0/0/1"])
        counted = PORTS["PhyPortStatsTable"](self.device).get("ge-0/0/0")["ge-0/0/0"]
        self.assertGreater(min(counted.rx_bytes, counted.rx_packets, counted.tx_bytes, counted.tx_packets), 0)
        self.assertEqual(counted.rx_err_input, 0)
        errors = PORTS["PhyPortErrorTable"](self.device).get()["ge-0/0/1"]
        for name in errors.keys():
            self.assertIsInstance(errors[name], int, name)
        ethernet = ETHERNET["EthPortTable"](self.device).get()["ge-0/0/0"]
        self.assertEqual((ethernet.oper, ethernet.mtu, ethernet.running, ethernet.present), ("up", 1514, True, True))
        self.assertGreater(int(ethernet.rx_packets), 0)

    def test_neighbors_and_route_counts_by_the_tables_that_come_with_pyez(self):
        self.talk()
        entry = next(row for row in ARP["ArpTable"](self.device).get() if row.ip_address == CLIENT)
        self.assertEqual(entry.interface_name, "ge-0/0/0.0")
        self.assertRegex(entry.mac_address, "^([0-9a-f]{2}:){5}[0-9a-f]{2}$")
        self.assertIsNotNone(NEIGHBORS["NdTable"](self.device).get())
        table = ROUTES["RouteSummaryTable"](self.device).get()["inet.0"]
        self.assertGreaterEqual(table.total, 4)
        self.assertEqual((table.active, table.hidden), (table.dests, 0))
        self.assertEqual(table.proto["Local"].count, 2)

    def test_what_a_unit_is_and_admits(self):
        unit = self.device.rpc.get_interface_information(interface_name="ge-0/0/0.0", normalize=True)
        unit = unit.find("logical-interface")
        self.assertEqual(unit.findtext("logical-interface-zone-name"), "trust")
        admitted = [service.tag for service in unit.find("allowed-host-inbound-traffic")]
        self.assertIn("inbound-netconf", admitted)
        inet = unit.find("address-family[address-family-name='inet']/interface-address")
        self.assertEqual(inet.findtext("ifa-local"), INSIDE)

    def test_stock_tables_for_what_there_is_none_of_are_empty(self):
        self.assertEqual(len(INVENTORY["ModuleTable"](self.device).get()), 0)
        with self.assertRaisesRegex(RpcError, "there is no operation"):
            stock("lldp")["LLDPNeighborTable"](self.device).get()

    def test_release_is_chosen(self):
        config = Config(self.device)
        for release, version, session_list in (("12.3", "12.3R1", "flow-session-information"),
                                               ("24.4", "24.4R1", "security-flow-information")):
            config.load(f"set system junos-release {release}", format="set")
            config.commit()
            with self.opened() as device:
                self.assertEqual(device.facts["version"], version)
                reply = device.rpc.get_flow_session_information()
                self.assertEqual(reply.tag, session_list)
                self.assertIsNotNone(reply.find(".//displayed-session-count"))
        config.load("delete system junos-release", format="set")
        config.commit()

    def test_configuration_is_read_in_every_form(self):
        get = self.device.rpc.get_config
        self.assertEqual(get(filter_xml="system/host-name").findtext("system/host-name"), "live-fw")
        self.assertIsNone(get(filter_xml="system/host-name").find("security"))
        self.assertIn("host-name live-fw;", get(options={"format": "text"}).text)
        self.assertIn("set system host-name live-fw", get(options={"format": "set"}).text)
        self.assertEqual(get(options={"format": "json", "database": "committed"})["configuration"]["system"]["host-name"],
                         "live-fw")

    def test_load_diff_commit_and_rollback(self):
        config = Config(self.device)
        self.assertIsNone(config.diff())
        config.load("set system host-name by-set", format="set")
        self.assertIn("-  host-name live-fw;\n+  host-name by-set;", config.diff())
        self.assertTrue(config.commit_check())
        config.rollback()
        self.assertIsNone(config.diff())
        config.load("system { host-name by-text; }", format="text")
        config.load(etree.XML("<configuration><system><host-name>by-xml</host-name></system></configuration>"), format="xml")
        config.load('{"configuration": {"system": {"host-name": "by-json"}}}', format="json", merge=True)
        self.assertIn("+  host-name by-json;", config.diff())
        self.assertTrue(config.commit(comment="from PyEZ"))
        self.assertEqual(self.host_name(), "by-json")
        config.rollback(1)
        self.assertTrue(config.commit(confirm=5))
        self.assertEqual(self.host_name(), "live-fw")
        self.assertTrue(config.commit())
        self.assertIn("from PyEZ", self.firewall.cli("show system commit"))
        whole = self.device.rpc.get_config(options={"format": "text"}).text
        config.load(whole, format="text", overwrite=True)
        self.assertIsNone(config.diff())
        config.load(whole.replace("live-fw", "updated"), format="text", update=True)
        self.assertIn("+  host-name updated;", config.diff())

    def test_what_is_wrong_is_told(self):
        config = Config(self.device)
        with self.assertRaisesRegex(ConfigLoadError, "host-nam"):
            config.load("set system host-nam x", format="set")
        with self.assertRaisesRegex(ConfigLoadError, "unknown"):
            config.load("system { nonsense; }", format="text")
        config.load("delete interfaces", format="set")
        with self.assertRaisesRegex(CommitError, "ge-0/0/0.0"):
            config.commit_check()
        with self.assertRaisesRegex(CommitError, "ge-0/0/0.0"):
            config.commit()
        with self.assertRaisesRegex(RpcError, "get-nothing"):
            self.device.rpc.get_nothing()

    def test_lock_and_modes(self):
        with self.opened() as other:
            with Config(other, mode="exclusive") as theirs:
                theirs.load("set system host-name theirs", format="set")
                with self.assertRaises(LockError):
                    Config(self.device).lock()
                with self.assertRaises(ConfigLoadError):
                    Config(self.device).load("set system host-name mine", format="set")
        mine = Config(self.device)
        mine.lock()
        mine.unlock()
        with Config(self.device, mode="private") as private:
            private.load("set system host-name alone", format="set")
            private.commit()
        self.assertEqual(self.host_name(), "alone")


if __name__ == "__main__":
    harness.main()
