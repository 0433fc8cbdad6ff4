// The configuration that the conversations are held on.
#pragma once

namespace sluice::test {

inline constexpr const char* kConfiguration = R"(system {
    host-name fw1;
    ports {
        ge-0/0/0 {
            device veth0;
            driver af_packet;
        }
        ge-0/0/1 {
            device veth1;
            driver af_packet;
        }
    }
}
interfaces {
    ge-0/0/0 {
        unit 0 {
            family inet {
                address 203.0.113.2/30;
            }
        }
    }
    ge-0/0/1 {
        unit 0 {
            family inet {
                address 192.0.2.1/24;
            }
        }
    }
}
security {
    address-book {
        global {
            address srv-net 198.51.100.0/24;
            address pool {
                range-address 198.51.100.200 {
                    to {
                        198.51.100.220;
                    }
                }
            }
            address-set servers {
                address srv-net;
                address pool;
            }
        }
        inside {
            address host-a 192.0.2.38/32;
            attach {
                zone trust;
            }
        }
    }
    flow {
        allow-dns-reply;
        route-change-timeout 60;
        syn-flood-protection-mode syn-proxy;
        allow-embedded-icmp;
        aging {
            early-ageout 2;
            low-watermark 50;
            high-watermark 90;
        }
        tcp-mss {
            all-tcp {
                mss 1350;
            }
        }
        tcp-session {
            rst-invalidate-session;
            fin-invalidate-session;
            rst-sequence-check;
            no-syn-check;
            no-syn-check-in-tunnel;
            no-sequence-check;
            tcp-initial-timeout 280;
            time-wait-state {
                session-timeout 30;
                apply-to-half-close-state;
            }
        }
    }
    policies {
        from-zone trust to-zone untrust {
            policy allow-web {
                description "web for all";
                match {
                    source-address [ host-a any-ipv6 ];
                    destination-address servers;
                    application [ junos-http junos-icmp-ping ];
                }
                then {
                    permit;
                    log {
                        session-init;
                        session-close;
                    }
                    count;
                }
            }
            policy allow-v6 {
                match {
                    source-address any;
                    destination-address any;
                    application any;
                }
                then {
                    permit;
                }
            }
            policy refuse-telnet {
                match {
                    source-address any;
                    destination-address any;
                    application junos-telnet;
                }
                then {
                    reject;
                    log {
                        session-init;
                    }
                }
            }
            inactive: policy later {
                match {
                    source-address any;
                    destination-address any;
                    application any;
                }
                then {
                    reject;
                }
            }
        }
        global {
            policy deny-rest {
                match {
                    source-address any;
                    destination-address any;
                    application any;
                    from-zone trust;
                }
                then {
                    deny;
                    log {
                        session-init;
                    }
                }
            }
        }
        default-policy {
            deny-all;
        }
    }
    zones {
        security-zone trust {
            interfaces {
                ge-0/0/1.0;
            }
        }
        security-zone untrust {
            interfaces {
                ge-0/0/0.0;
            }
        }
    }
}
)";

}  // namespace sluice::test
