"""What tests of NETCONF clients share: the firewall of two_hosts.py with an sshd that runs sluice-netconf, which the
client reaches through the firewall's own ports."""
import harness
from two_hosts import INSIDE, Ssh, TwoHosts

PORT = 830


class NetconfHosts(TwoHosts):
    """Tests run in the client's network."""

    more = "set security zones security-zone trust host-inbound-traffic system-services netconf\n"

    @classmethod
    def build(cls, lab):
        super().build(lab)
        program = f"{harness.BUILD}/bin/sluice-netconf --run-dir {cls.firewall.directory}"
        keys = f"/run/program --run-dir {cls.firewall.directory} %u"
        cls.ssh = Ssh(lab, f"Subsystem netconf {program}\nAuthorizedKeysCommand {keys}\nAuthorizedKeysCommandUser root\n")
        cls.ssh.serve(cls.middle, PORT, program=f"{harness.BUILD}/bin/sluice-authorized-keys")
        cls.login = {"host": INSIDE, "port": PORT}
        cls.key = str(cls.ssh.folder / "user")

    def setUp(self):
        self.enterContext(self.client.entered())

    def let_in_everybody(self):
        """Users other than root reach the management daemon's socket, as in /run/sluice."""
        for folder in (self.lab.directory, self.firewall.directory.parent, self.firewall.directory):
            folder.chmod(0o755)

    def host_name(self):
        return self.firewall.cli("show configuration system host-name | display set").split()[-1]
