#!/usr/bin/env python3
"""ncclient against sluice-netconf over a real sshd, which it reaches through the firewall."""
import contextlib

from lxml import etree
from ncclient import manager
from ncclient.operations import RPCError
from ncclient.transport import AuthenticationError, SessionCloseError, TransportError

import harness
from netconf_hosts import NetconfHosts
from two_hosts import CLIENT, OPERATOR

NETCONF = "{urn:ietf:params:xml:ns:netconf:base:1.0}"
NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'


def config(statements):
    return f"<config {NC}><configuration>{statements}</configuration></config>"


def named(name):
    return config(f"<system><host-name>{name}</host-name></system>")


class Ncclient(NetconfHosts):
    def connect(self, device="default", user="root", key=None):
        return manager.connect(**self.login, username=user, key_filename=key or self.key, hostkey_verify=False,
                               allow_agent=False, look_for_keys=False, device_params={"name": device})

    @contextlib.contextmanager
    def refused(self, tag, words=""):
        with self.assertRaises(RPCError) as raised:
            yield
        first = (getattr(raised.exception, "errors", None) or [raised.exception])[0]
        self.assertEqual(first.tag, tag, raised.exception.message)
        self.assertIn(words, first.message)

    def setUp(self):
        super().setUp()
        self.session = self.connect()
        self.addCleanup(self.leave)

    def leave(self):
        """Nothing of a test stays."""
        with contextlib.suppress(TransportError):
            self.session.discard_changes()
            self.session.close_session()
        if self.host_name() != "live-fw":
            with self.connect() as session:
                session.edit_config(target="candidate", config=named("live-fw"))
                session.commit()

    def candidate(self, path="system/host-name"):
        """The text of an element of the candidate; None: it is not there."""
        reply = self.session.get_config(source="candidate").data_ele
        return reply.findtext("./" + "/".join(NETCONF + step for step in ["configuration", *path.split("/")]))

    def test_hello_offers_both_framings_and_what_the_candidate_can(self):
        for capability in (":base:1.0", ":base:1.1", ":candidate", ":confirmed-commit", ":validate",
                           ":rollback-on-error", ":xpath", "http://xml.juniper.net/netconf/junos/1.0"):
            self.assertIn(capability, self.session.server_capabilities)
        self.assertGreater(int(self.session.session_id), 0)

    def test_get_config_of_both_and_by_filter(self):
        self.session.edit_config(target="candidate", config=named("other"))
        filters = ("subtree", "<configuration><system><host-name/></system></configuration>")
        running = self.session.get_config(source="running", filter=filters)
        self.assertIn("<host-name>live-fw</host-name>", running.data_xml)
        self.assertNotIn("<security>", running.data_xml)
        self.assertEqual(self.candidate(), "other")
        self.assertIn("<security-zone>", self.session.get(
            ("subtree", "<configuration><security><zones/></security></configuration>")).data_xml)

    def test_get_config_by_an_xpath_expression(self):
        zone = "/configuration/security/zones/security-zone[name='untrust']"
        running = self.session.get_config(source="running", filter=("xpath", zone)).data_xml
        self.assertIn("<name>untrust</name>", running)
        self.assertNotIn("<name>trust</name>", running)
        self.assertIn("<host-name>live-fw</host-name>", self.session.get(("xpath", "//host-name")).data_xml)
        with self.refused("invalid-value", "may not look through all levels"):
            self.session.get_config(source="running", filter=("xpath", "//*[//*]"))

    def test_edit_config_operations(self):
        name = "system/host-name"
        self.session.edit_config(target="candidate", config=named("merged"))
        self.assertEqual(self.candidate(name), "merged")
        self.assertIsNotNone(self.candidate("system/ports/port/device"))
        self.session.edit_config(target="candidate", default_operation="none",
                                 config=config('<system><host-name nc:operation="delete"/></system>'))
        self.assertIsNone(self.candidate(name))
        with self.refused("data-missing"):
            self.session.edit_config(target="candidate",
                                     config=config('<system><host-name nc:operation="delete"/></system>'))
        self.session.edit_config(target="candidate", config=config('<system><host-name nc:operation="remove"/></system>'))
        self.session.edit_config(target="candidate", config=config(
            '<system nc:operation="replace"><host-name>alone</host-name></system>'), test_option="set")
        self.assertIsNone(self.candidate("system/ports/port/device"))
        self.assertEqual(self.candidate(name), "alone")
        with self.refused("data-exists"):
            self.session.edit_config(target="candidate", config=config(
                '<system><host-name nc:operation="create">again</host-name></system>'))
        self.session.discard_changes()
        self.assertEqual(self.candidate(name), "live-fw")

    def test_edit_config_tests_what_it_was_asked_to(self):
        broken = config('<interfaces nc:operation="delete"/>')
        for option in ("test-then-set", None):
            with self.refused("invalid-value", "ge-0/0/0.0"):
                self.session.edit_config(target="candidate", config=broken, test_option=option)
        self.assertIsNotNone(self.candidate("interfaces/interface/name"))
        self.session.edit_config(target="candidate", config=broken, test_option="set")
        self.assertIsNone(self.candidate("interfaces/interface/name"))
        with self.refused("invalid-value", "ge-0/0/0.0"):
            self.session.validate()
        with self.refused("invalid-value", "ge-0/0/0.0"):
            self.session.commit()

    def test_lock_is_one_sessions(self):
        with self.connect() as other:
            with other.locked("candidate"):
                with self.refused("lock-denied"):
                    self.session.lock("candidate")
                with self.refused("lock-denied"):
                    self.session.edit_config(target="candidate", config=named("mine"))
            self.session.lock("candidate")
            self.session.unlock("candidate")

    def test_validate_commit_and_discard(self):
        self.session.edit_config(target="candidate", config=named("committed"))
        self.session.validate("candidate")
        self.session.commit()
        self.assertEqual(self.host_name(), "committed")
        self.session.edit_config(target="candidate", config=named("discarded"))
        self.session.discard_changes()
        self.session.commit()
        self.assertEqual(self.host_name(), "committed")

    def test_confirmed_commit_is_confirmed_cancelled_or_taken_back(self):
        self.session.edit_config(target="candidate", config=named("kept"))
        self.session.commit(confirmed=True, timeout="600")
        self.assertEqual(self.host_name(), "kept")
        self.session.commit()
        self.session.edit_config(target="candidate", config=named("cancelled"))
        self.session.commit(confirmed=True)
        self.session.cancel_commit()
        self.assertEqual(self.host_name(), "kept")
        self.session.edit_config(target="candidate", config=named("late"))
        self.session.commit(confirmed=True, timeout="1")
        harness.wait_until(lambda: self.host_name() == "kept", "the commit is taken back", 30)
        with self.connect() as other:
            other.edit_config(target="candidate", config=named("left"))
            other.commit(confirmed=True, timeout="600")
        harness.wait_until(lambda: self.host_name() == "kept", "it ends with its session", 30)

    def test_sessions_end_and_are_ended(self):
        other = self.connect()
        other.lock("candidate")
        with self.refused("invalid-value"):
            self.session.kill_session(self.session.session_id)
        self.session.kill_session(other.session_id)
        harness.wait_until(lambda: not other.connected, "the killed session is over")
        harness.wait_until(lambda: self.session.lock("candidate").ok, "its lock is free")
        self.session.unlock("candidate")
        with self.assertRaises((SessionCloseError, TransportError)):
            other.commit()
        third = self.connect()
        third.close_session()
        self.assertFalse(third.connected)

    def test_errors_say_where_and_what_is_right(self):
        with self.refused("unknown-element", "host-nam"):
            self.session.edit_config(target="candidate", config=config("<system><host-nam>x</host-nam></system>"))
        with self.refused("invalid-value", "must be a number 1024 to 200000000"):
            self.session.edit_config(target="candidate", config=config(
                "<system><flow><maximum-sessions>7</maximum-sessions></flow></system>"))
        with self.refused("operation-not-supported", "get-nothing"):
            self.session.dispatch(etree.Element("get-nothing"))

    def test_junos_operations(self):
        with self.connect("junos") as junos:
            self.assertEqual(junos.get_configuration(format="xml").xpath("//host-name")[0].text, "live-fw")
            self.assertIn("host-name live-fw;", junos.get_configuration(format="text").xpath("//configuration-text")[0].text)
            self.assertIn("set system host-name live-fw",
                          junos.get_configuration(format="set").xpath("//configuration-set")[0].text)
            junos.load_configuration(action="set", config=["set system host-name by-set"])
            self.assertIn("+  host-name by-set;", junos.compare_configuration().xpath("//configuration-output")[0].text)
            junos.commit(check=True)
            junos.commit(comment="by ncclient")
            self.assertIn("by ncclient", self.firewall.cli("show system commit"))
            junos.rollback(1)
            junos.commit()
            self.assertEqual(self.host_name(), "live-fw")
            shown = junos.command("show security zones", format="text").xpath("//output")[0].text
            self.assertIn("Security zone: trust", shown)

    def test_whoever_sshd_lets_in_is_who_asks_and_may_what_his_class_may(self):
        self.let_in_everybody()
        with self.connect(user=OPERATOR) as session, self.refused("access-denied", "permission denied"):
            session.edit_config(target="candidate", config=named("theirs"))
        with self.connect("junos") as root:
            root.load_configuration(action="set", config=[f"set system login user {OPERATOR} class operator"])
            root.commit()
            with self.connect(user=OPERATOR) as session:
                self.assertIn("zones-information", session.dispatch(etree.Element("get-zones-information")).xml)
                with self.refused("access-denied", "permission denied"):
                    session.edit_config(target="candidate", config=named("theirs"))
                root.load_configuration(action="set", config=[f"set system login user {OPERATOR} class super-user"])
                root.commit()
                session.edit_config(target="candidate", config=named("theirs"))
                session.commit()
        self.assertRegex(self.firewall.cli("show system commit").splitlines()[0], f"by {OPERATOR} via netconf")
        audit = (self.firewall.directory / "audit").read_text()
        theirs = rf'username="{OPERATOR}" source="{CLIENT}" command='
        self.assertRegex(audit, rf'UI_NETCONF_CMD .*{theirs}"load" outcome="denied"')
        self.assertRegex(audit, rf'UI_COMMIT .*{theirs}"commit" outcome="success"')

    def test_keys_of_the_configuration_let_their_user_in(self):
        self.let_in_everybody()
        key = self.lab.directory / "operator"
        harness.Lab.command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
        public = key.with_suffix(".pub").read_text().strip()
        user = f"system login user {OPERATOR}"
        with self.assertRaises(AuthenticationError):
            self.connect(user=OPERATOR, key=str(key))
        with self.connect("junos") as root:
            root.load_configuration(action="set", config=[
                f"set {user} class operator", f'set {user} authentication ssh-ed25519 "{public}" from {CLIENT}'])
            root.commit()
            with self.connect(user=OPERATOR, key=str(key)) as session:
                self.assertIn("zones-information", session.dispatch(etree.Element("get-zones-information")).xml)
            root.load_configuration(action="set", config=[f"deactivate {user} authentication"])
            root.commit()
            with self.assertRaises(AuthenticationError):
                self.connect(user=OPERATOR, key=str(key))
            root.load_configuration(action="set", config=[f"delete {user}"])
            root.commit()

    def test_clearing_everything_answers_before_it_ends_its_own_connection(self):
        ports = [s.into.source_port for s in self.firewall.sessions(f"source-prefix {CLIENT} destination-port 830")]
        self.assertEqual(len(ports), 1)
        reply = self.session.dispatch(etree.fromstring("<clear-flow-session-all/>"))
        self.assertIn("cleared-flow-session-count", reply.xml)


if __name__ == "__main__":
    harness.main()
