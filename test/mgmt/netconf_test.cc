// NETCONF's own operations, as a client of RFC 6241 uses them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "configuration.h"
#include "edits.h"
#include "mgd/doors/test_await.h"
#include "world.h"

namespace sluice::test {
namespace {

constexpr const char* kNameEdit = "<system><host-name>fw2</host-name></system>";

std::string edit_config(const std::string& statements, const std::string& options = {}) {
  return "<edit-config><target><candidate/></target>" + options + "<config><configuration>" + statements +
         "</configuration></config></edit-config>";
}

bool ok(const std::string& reply) {
  return reply.find("<ok/>") != std::string::npos && reply.find("rpc-error") == std::string::npos;
}

std::string tag(const std::string& reply) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(reply.c_str())) << reply;
  return document.child("rpc-reply").child("rpc-error").child_value("error-tag");
}

class Netconf : public testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(world.commit(kConfiguration).refused()); }
  std::string host_name() { return test::host_name(world); }
  World world;
};

TEST_F(Netconf, hello_offers_what_there_is) {
  const doors::Socket socket = doors::connect_to(world.socket()).value();
  std::string hello;
  while (hello.find("]]>]]>") == std::string::npos && socket.read_some(hello)) {
  }
  for (const char* capability :
       {":candidate:1.0<", ":confirmed-commit:1.1<", ":validate:1.1<", ":rollback-on-error:1.0<",
        ":xpath:1.0<", "http://xml.juniper.net/netconf/junos/1.0<"}) {
    EXPECT_NE(hello.find(capability), std::string::npos) << capability;
  }
  EXPECT_EQ(hello.find("writable-running"), std::string::npos);
}

TEST_F(Netconf, edit_commit_and_get) {
  EXPECT_TRUE(ok(world.rpc(edit_config(kNameEdit))));
  const std::string filter =
      "<filter type=\"subtree\"><configuration><system><host-name/></system></configuration></filter>";
  const auto get = [&](const std::string& source) {
    return world.rpc("<get-config><source><" + source + "/></source>" + filter + "</get-config>");
  };
  EXPECT_NE(get("candidate").find("<host-name>fw2</host-name>"), std::string::npos) << get("candidate");
  EXPECT_NE(get("running").find("<host-name>fw1</host-name>"), std::string::npos);
  EXPECT_EQ(get("running").find("security"), std::string::npos);
  EXPECT_TRUE(ok(world.rpc("<validate><source><candidate/></source></validate>")));
  EXPECT_TRUE(ok(world.rpc("<commit/>")));
  EXPECT_NE(get("running").find("<host-name>fw2</host-name>"), std::string::npos);
}

TEST_F(Netconf, part_of_the_configuration_by_an_xpath_expression) {
  const auto part = [&](const std::string& expression) {
    return world.rpc("<get-config><source><running/></source><filter type=\"xpath\" select=\"" + expression +
                     "\"/></get-config>");
  };
  const std::string zone = part("/configuration/security/zones/security-zone[name='trust']/interfaces");
  EXPECT_NE(zone.find("<name>trust</name>"), std::string::npos) << zone << " a list entry keeps its key";
  EXPECT_NE(zone.find("<name>ge-0/0/1.0</name>"), std::string::npos) << zone;
  EXPECT_EQ(zone.find("untrust"), std::string::npos) << zone;
  const std::string name = world.rpc(
      "<get xmlns:c=\"urn:sluice\"><filter type=\"xpath\" "
      "select=\"/c:configuration/c:system/c:host-name\"/></get>");
  EXPECT_NE(name.find("<host-name>fw1</host-name>"), std::string::npos) << name;
  EXPECT_EQ(name.find("<ports>"), std::string::npos) << name;
  EXPECT_EQ(part("/configuration/system/host-name[. = 'other']").find("host-name"), std::string::npos);
}

TEST_F(Netconf, operations_of_single_elements) {
  EXPECT_TRUE(ok(world.rpc(edit_config("<system><host-name nc:operation=\"delete\"/></system>",
                                       "<default-operation>none</default-operation>"))));
  EXPECT_EQ(tag(world.rpc(edit_config("<system><host-name nc:operation=\"delete\"/></system>"))),
            "data-missing");
  EXPECT_TRUE(ok(world.rpc(edit_config("<system nc:operation=\"replace\"><host-name>x</host-name></system>",
                                       "<test-option>set</test-option>"))));
  EXPECT_EQ(tag(world.rpc(edit_config("<system><host-name nc:operation=\"create\">y</host-name></system>"))),
            "data-exists");
  EXPECT_EQ(tag(world.rpc(edit_config("<system><host-nam>y</host-nam></system>"))), "unknown-element");
  EXPECT_NE(difference(world).find("-   ports {"), std::string::npos) << difference(world);
}

TEST_F(Netconf, edit_that_fails_changes_nothing) {
  EXPECT_EQ(tag(world.rpc(edit_config(std::string(kNameEdit) + "<nonsense/>"))), "unknown-element");
  for (const char* option : {"", "<test-option>test-then-set</test-option>"}) {
    EXPECT_EQ(tag(world.rpc(edit_config("<interfaces nc:operation=\"delete\"/>", option))), "invalid-value");
  }
  EXPECT_EQ(difference(world), "\n");
  EXPECT_TRUE(ok(world.rpc(edit_config(kNameEdit, "<test-option>test-only</test-option>"))));
  EXPECT_EQ(difference(world), "\n");
}

TEST_F(Netconf, default_operation_replace_leaves_nothing_else) {
  const std::string valid =
      "<interfaces><interface><name>ge-0/0/7</name></interface></interfaces><system nc:operation=\"merge\">"
      "<host-name>only</host-name></system>";
  EXPECT_TRUE(ok(world.rpc(edit_config(valid,
                                       "<default-operation>replace</default-operation>"
                                       "<test-option>set</test-option>"))));
  const std::string candidate =
      world.rpc("<get-configuration format=\"set\"><configuration/></get-configuration>");
  EXPECT_NE(candidate.find("set system host-name only\n"), std::string::npos) << candidate;
  EXPECT_NE(candidate.find("ge-0/0/7"), std::string::npos) << candidate;
  EXPECT_EQ(candidate.find("set security"), std::string::npos) << candidate;
  EXPECT_EQ(host_name(), "set system host-name fw1\n") << "what runs is as it was";
}

TEST_F(Netconf, error_options_that_are_offered_change_nothing_when_an_edit_fails) {
  const auto fails_with = [&](const std::string& option) {
    return tag(world.rpc(
        edit_config(std::string(kNameEdit) + "<nonsense/>", "<error-option>" + option + "</error-option>")));
  };
  for (const char* option : {"stop-on-error", "rollback-on-error"}) {
    EXPECT_EQ(fails_with(option), "unknown-element") << option;
    EXPECT_EQ(difference(world), "\n") << option;
    EXPECT_TRUE(
        ok(world.rpc(edit_config(kNameEdit, std::string("<error-option>") + option + "</error-option>"))));
    world.rpc("<discard-changes/>");
  }
  EXPECT_EQ(fails_with("continue-on-error"), "invalid-value") << "a change is made whole or not at all";
}

TEST_F(Netconf, edit_by_text_obeys_the_default_operation) {
  const auto edit = [&](const std::string& text, const std::string& options = {}) {
    return world.rpc("<edit-config><target><candidate/></target>" + options + "<config-text>" + text +
                     "</config-text></edit-config>");
  };
  EXPECT_TRUE(ok(edit("<configuration-text>system { host-name fw2; }</configuration-text>")));
  EXPECT_EQ(difference(world), "\n[edit system]\n-  host-name fw1;\n+  host-name fw2;\n");
  EXPECT_TRUE(ok(edit("system { host-name fw3; }"))) << "without the element inside, too";
  EXPECT_EQ(tag(edit("system { host-nam fw4; }")), "unknown-element");
  EXPECT_EQ(difference(world), "\n[edit system]\n-  host-name fw1;\n+  host-name fw3;\n");
  EXPECT_EQ(tag(edit("system { host-name fw4; }", "<default-operation>none</default-operation>")),
            "invalid-value");
  EXPECT_TRUE(ok(edit("replace: system { host-name fw4; }", "<test-option>set</test-option>")));
  EXPECT_NE(difference(world).find("-   ports {"), std::string::npos) << difference(world);
  EXPECT_TRUE(ok(edit("system { host-name fw5; }",
                      "<default-operation>replace</default-operation><test-option>set</test-option>")));
  EXPECT_NE(difference(world).find("-  security {"), std::string::npos) << difference(world);
}

TEST_F(Netconf, configuration_that_comes_with_the_request_is_validated_and_kept_nowhere) {
  const auto validated = [&](const std::string& statements) {
    return world.rpc("<validate><source><config><configuration>" + statements +
                     "</configuration></config></source></validate>");
  };
  EXPECT_TRUE(ok(validated("<system><host-name>other</host-name></system>")));
  EXPECT_EQ(tag(validated("<system><host-nam>other</host-nam></system>")), "unknown-element");
  EXPECT_EQ(
      tag(validated("<security><zones><security-zone><name>dmz</name><interfaces><name>ge-0/0/9.0</name>"
                    "</interfaces></security-zone></zones></security>")),
      "invalid-value")
      << "what only the whole can tell";
  EXPECT_EQ(tag(world.rpc("<validate><source><config/></source></validate>")), "missing-element");
  world.flowd().refuse_prepare = true;
  EXPECT_FALSE(ok(validated("<system><host-name>other</host-name></system>"))) << "what only flowd can tell";
  EXPECT_EQ(difference(world), "\n");
  EXPECT_EQ(host_name(), "set system host-name fw1\n");
}

TEST_F(Netconf, what_is_missing_or_not_offered_is_named) {
  EXPECT_EQ(tag(world.rpc("<edit-config><target><candidate/></target></edit-config>")), "missing-element");
  EXPECT_EQ(tag(world.rpc("<edit-config><target><running/></target><config/></edit-config>")),
            "invalid-value");
  EXPECT_EQ(tag(world.rpc("<get-config/>")), "missing-element");
  EXPECT_EQ(tag(world.rpc("<get-config><source><startup/></source></get-config>")), "invalid-value");
  const auto filter = [&](const std::string& attributes) {
    return tag(world.rpc("<get-config><source><running/></source><filter " + attributes + "/></get-config>"));
  };
  EXPECT_EQ(filter("type=\"xpath\""), "missing-attribute");
  EXPECT_EQ(filter("type=\"regex\""), "bad-attribute");
  EXPECT_EQ(filter("type=\"xpath\" select=\"/configuration[\""), "invalid-value");
  EXPECT_EQ(filter("type=\"xpath\" select=\"//*[//*]\""), "invalid-value");
  EXPECT_EQ(tag(world.rpc("<commit><persist>a</persist></commit>")), "bad-element");
  EXPECT_EQ(tag(world.rpc("<cancel-commit/>")), "operation-failed");
  EXPECT_EQ(tag(world.rpc("<unlock><target><candidate/></target></unlock>")), "operation-failed");
}

TEST_F(Netconf, every_form_of_configuration_goes_in_and_comes_out) {
  const auto loaded = [&](const std::string& attributes, const std::string& content) {
    const std::string reply =
        world.rpc("<load-configuration " + attributes + ">" + content + "</load-configuration>");
    EXPECT_TRUE(ok(reply)) << reply;
    return world.rpc(
        "<get-configuration format=\"set\"><configuration><system><host-name/></system></configuration>"
        "</get-configuration>");
  };
  const auto sets = [](const char* name) { return "set system host-name " + std::string(name) + "\n"; };
  using testing::HasSubstr;
  EXPECT_THAT(loaded("format=\"set\"", "<configuration-text>" + sets("a") + "</configuration-text>"),
              HasSubstr(sets("a")));
  EXPECT_THAT(loaded("action=\"set\"", "<configuration-set>" + sets("b") + "</configuration-set>"),
              HasSubstr(sets("b")));
  EXPECT_THAT(loaded("format=\"text\"", "<configuration-text>system { host-name c; }</configuration-text>"),
              HasSubstr(sets("c")));
  EXPECT_THAT(loaded("format=\"json\"",
                     "<configuration-json>{\"configuration\":{\"system\":{\"host-name\":\"d\"}}}"
                     "</configuration-json>"),
              HasSubstr(sets("d")));
  EXPECT_THAT(
      loaded("format=\"xml\"", "<configuration><system><host-name>e</host-name></system></configuration>"),
      HasSubstr("<configuration-set>" + sets("e") + "</configuration-set>"));
  EXPECT_THAT(world.rpc("<get-configuration format=\"text\"/>"),
              HasSubstr("<configuration-text>system {\n    host-name e;"));
  EXPECT_THAT(world.rpc("<get-configuration format=\"json\"/>"),
              HasSubstr("&quot;host-name&quot; : &quot;e&quot;"));
  EXPECT_THAT(world.rpc("<get-configuration/>"), HasSubstr("<host-name>e</host-name>"));
  EXPECT_THAT(world.rpc("<commit-configuration format=\"text\"/>"), HasSubstr("<output>commit complete"));
}

TEST_F(Netconf, copy_and_discard) {
  EXPECT_TRUE(
      ok(world.rpc("<copy-config><target><candidate/></target><source><config><configuration><system>"
                   "<host-name>only</host-name></system></configuration></config></source></copy-config>")));
  EXPECT_NE(difference(world).find("-  security {"), std::string::npos);
  EXPECT_TRUE(
      ok(world.rpc("<copy-config><target><candidate/></target><source><running/></source></copy-config>")));
  EXPECT_EQ(difference(world), "\n");
  world.rpc(edit_config(kNameEdit));
  EXPECT_TRUE(ok(world.rpc("<discard-changes/>")));
  EXPECT_EQ(difference(world), "\n");
}

TEST_F(Netconf, lock_is_for_one_session_and_says_whose_it_is) {
  doors::Client other = world.connect();
  EXPECT_TRUE(ok(other.rpc("<lock><target><candidate/></target></lock>").value()));
  const std::string denied = world.rpc("<lock><target><candidate/></target></lock>");
  EXPECT_EQ(tag(denied), "lock-denied");
  EXPECT_NE(denied.find("<error-info><session-id>2</session-id></error-info>"), std::string::npos) << denied;
  EXPECT_EQ(tag(world.rpc(edit_config(kNameEdit))), "lock-denied");
  EXPECT_EQ(tag(other.rpc("<lock><target><candidate/></target></lock>").value()), "lock-denied") << "once";
  EXPECT_TRUE(ok(other.rpc(edit_config(kNameEdit)).value()));
  EXPECT_TRUE(ok(other.rpc("<unlock><target><candidate/></target></unlock>").value()));
  EXPECT_EQ(difference(world), "\n") << "a lock that is given up takes uncommitted changes along";
}

TEST_F(Netconf, killed_session_loses_its_lock) {
  doors::Client other = world.connect();
  EXPECT_TRUE(ok(other.rpc("<lock><target><candidate/></target></lock>").value()));
  EXPECT_EQ(tag(world.rpc("<kill-session><session-id>99</session-id></kill-session>")), "invalid-value");
  EXPECT_EQ(tag(world.rpc("<kill-session><session-id>1</session-id></kill-session>")), "invalid-value")
      << "its own";
  EXPECT_TRUE(ok(world.rpc("<kill-session><session-id>2</session-id></kill-session>")));
  doors::await([&] { return ok(world.rpc("<lock><target><candidate/></target></lock>")); });
  EXPECT_FALSE(other.rpc("<commit/>"));
}

TEST_F(Netconf, confirmed_commit_ends_with_its_session) {
  {
    doors::Client other = world.connect();
    EXPECT_TRUE(ok(other.rpc(edit_config(kNameEdit)).value()));
    EXPECT_TRUE(ok(other.rpc("<commit><confirmed/></commit>").value()));
    EXPECT_EQ(host_name(), "set system host-name fw2\n");
  }
  doors::await([&] { return commit::roll_back_if_due(world.parts()).value(); });
  EXPECT_EQ(host_name(), "set system host-name fw1\n");
}

TEST_F(Netconf, named_confirmed_commit_is_any_sessions_that_knows_the_name) {
  doors::Client other = world.connect();
  EXPECT_TRUE(ok(other.rpc(edit_config(kNameEdit)).value()));
  EXPECT_TRUE(
      ok(other
             .rpc("<commit><confirmed/><confirm-timeout>60</confirm-timeout><persist>change 7</persist>"
                  "</commit>")
             .value()));
  EXPECT_TRUE(ok(other.rpc("<close-session/>").value()));
  EXPECT_EQ(tag(world.rpc("<commit/>")), "invalid-value");
  EXPECT_EQ(tag(world.rpc("<cancel-commit><persist-id>other</persist-id></cancel-commit>")), "invalid-value");
  world.restart_management();
  EXPECT_TRUE(ok(world.rpc("<commit><persist-id>change 7</persist-id></commit>")));
  World::advance(61);
  EXPECT_FALSE(commit::roll_back_if_due(world.parts()).value());
  EXPECT_EQ(host_name(), "set system host-name fw2\n");
}

TEST_F(Netconf, commit_without_a_name_is_cancelled_by_its_own_session_only) {
  world.rpc(edit_config(kNameEdit));
  EXPECT_TRUE(ok(world.rpc("<commit><confirmed/></commit>")));
  doors::Client other = world.connect();
  EXPECT_EQ(tag(other.rpc("<cancel-commit/>").value()), "operation-failed");
  EXPECT_EQ(host_name(), "set system host-name fw2\n");
  EXPECT_TRUE(ok(world.rpc("<cancel-commit/>")));
  EXPECT_EQ(host_name(), "set system host-name fw1\n");
}

TEST_F(Netconf, cancelled_commit_goes_back_at_once) {
  world.rpc(edit_config(kNameEdit));
  EXPECT_TRUE(ok(world.rpc("<commit><confirmed/></commit>")));
  EXPECT_TRUE(ok(world.rpc("<cancel-commit/>")));
  EXPECT_EQ(host_name(), "set system host-name fw1\n");
}

}  // namespace
}  // namespace sluice::test
