// Changes that come as XML elements, and subtree filters.
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "config/test_schema.h"

namespace sluice::config {
namespace {

constexpr const char* kBefore =
    "set system host-name fw1\n"
    "set security policies from-zone a to-zone b policy one then deny\n"
    "set security policies from-zone a to-zone b policy two then deny\n"
    "set security zones security-zone a interfaces ge-0/0/0.0\n"
    "set security zones security-zone b\n";

std::string edited(const std::string& xml, XmlOperation operation = XmlOperation::merge) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(("<configuration>" + xml + "</configuration>").c_str()));
  Tree tree = parsed(kBefore);
  const Status done = apply_xml(tree, document.document_element(), operation);
  return done ? to_set(tree.root()) : done.error().tag + ": " + done.error().text();
}

std::string changed(std::string_view commands) {
  Tree tree = parsed(kBefore);
  EXPECT_TRUE(apply_commands(tree, commands, "test"));
  return to_set(tree.root());
}

std::string policy(const std::string& attributes, const std::string& content) {
  return "<security><policies><policy><from-zone-name>a</from-zone-name><to-zone-name>b</"
         "to-zone-name><policy " +
         attributes + ">" + content + "</policy></policy></policies></security>";
}

TEST(XmlEdit, merge_adds_and_changes) {
  EXPECT_EQ(edited("<system><host-name> fw2 </host-name></system>"), changed("set system host-name fw2"));
  EXPECT_EQ(edited(policy("", "<name>one</name><then><permit/></then>")),
            changed("set security policies from-zone a to-zone b policy one then permit"))
      << "one action takes the place of another";
  EXPECT_EQ(edited("<a:system xmlns:a=\"urn:x\"><a:host-name>fw2</a:host-name></a:system>"),
            changed("set system host-name fw2"));
}

// What becomes of kBefore by a whole <configuration>.
std::string edited_whole(const std::string& attribute, const std::string& xml) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(("<configuration " + attribute + ">" + xml + "</configuration>").c_str()));
  Tree tree = parsed(kBefore);
  const Status done = apply_xml(tree, document.document_element(), XmlOperation::merge);
  return done ? to_set(tree.root()) : done.error().tag;
}

TEST(XmlEdit, configuration_itself_may_say_the_operation) {
  const std::string name = "<system><host-name>fw2</host-name></system>";
  EXPECT_EQ(edited_whole("operation=\"replace\"", name), "set system host-name fw2\n");
  EXPECT_EQ(edited_whole("nc:operation=\"delete\"", ""), "");
  EXPECT_EQ(edited_whole("operation=\"remove\"", ""), "");
  EXPECT_EQ(edited_whole("operation=\"create\"", name), "data-exists");
  EXPECT_EQ(edited_whole("operation=\"merge\"", name), changed("set system host-name fw2"));
  EXPECT_EQ(edited_whole("operation=\"destroy\"", name), "bad-attribute");
}

TEST(XmlEdit, notes_of_what_is_not_supported_have_a_bound) {
  std::string many = "<configuration>";
  for (int i = 0; i < 10001; ++i) many += "<x/>";
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string((many + "</configuration>").c_str()));
  Tree tree = parsed(kBefore);
  std::vector<Error> unsupported;
  EXPECT_FALSE(
      apply_xml(tree, document.document_element(), XmlOperation::merge, {.unsupported = &unsupported}));
  EXPECT_EQ(unsupported.size(), 10000U);
}

TEST(XmlEdit, operations_of_netconf) {
  EXPECT_EQ(edited("<system><host-name nc:operation=\"delete\"/></system>"),
            changed("delete system host-name"));
  EXPECT_EQ(edited("<system><host-name operation=\"remove\"/><ports operation=\"remove\"/></system>"),
            changed("delete system host-name"));
  EXPECT_EQ(edited("<interfaces operation=\"delete\"/>"), "data-missing: 'interfaces' is not configured");
  EXPECT_EQ(edited("<system><host-name operation=\"create\">x</host-name></system>"),
            "data-exists: system host-name: the statement is configured already");
  EXPECT_EQ(
      edited("<security operation=\"replace\"><zones><security-zone><name>c</name></security-zone></zones>"
             "</security>"),
      "set system host-name fw1\nset security zones security-zone c\n");
  EXPECT_EQ(edited("<system operation=\"destroy\"/>").substr(0, 14), "bad-attribute:");
}

TEST(XmlEdit, default_operations) {
  EXPECT_EQ(edited("<system><host-name>x</host-name></system>", XmlOperation::replace),
            "set system host-name x\n");
  EXPECT_EQ(edited("<system><host-name>x</host-name></system>", XmlOperation::none), changed(""));
  EXPECT_EQ(edited("<system><host-name operation=\"merge\">x</host-name></system>", XmlOperation::none),
            changed("set system host-name x"));
  EXPECT_EQ(edited("<routing-options><static/></routing-options>", XmlOperation::none),
            "data-missing: 'routing-options' is not configured");
}

TEST(XmlEdit, attributes_of_junos) {
  EXPECT_EQ(edited(policy("delete=\"delete\"", "<name>one</name>")),
            changed("delete security policies from-zone a to-zone b policy one"));
  EXPECT_EQ(edited(policy("inactive=\"inactive\"", "<name>one</name>")),
            changed("deactivate security policies from-zone a to-zone b policy one"));
  EXPECT_EQ(edited(policy("insert=\"before\" name=\"one\"", "<name>two</name>")),
            changed("insert security policies from-zone a to-zone b policy two before policy one"));
}

TEST(XmlEdit, replace_attribute_is_obeyed_by_who_replaces) {
  Tree matching = parsed(kBefore);
  const auto with = [&](const std::string& attributes, ReplaceMarks marks) {
    Tree tree = matching.copy();
    pugi::xml_document document;
    const std::string elements = policy(attributes, "<name>one</name><then><reject/></then>");
    EXPECT_TRUE(document.load_string(("<configuration>" + elements + "</configuration>").c_str()));
    EXPECT_TRUE(apply_xml(tree, document.document_element(), XmlOperation::merge, {.replace_marks = marks}));
    return to_set(tree.root());
  };
  const std::string alone = changed("set security policies from-zone a to-zone b policy one then reject");
  ASSERT_TRUE(apply_commands(
      matching, "set security policies from-zone a to-zone b policy one match source-address any", "test"));
  const std::string merged = with("", ReplaceMarks::obeyed);
  EXPECT_NE(merged, alone);
  EXPECT_EQ(with("replace=\"replace\"", ReplaceMarks::obeyed), alone) << "in its place in the order";
  EXPECT_EQ(with("replace=\"replace\"", ReplaceMarks::ignored), merged);
  EXPECT_EQ(with("operation=\"replace\"", ReplaceMarks::ignored), alone) << "NETCONF's own is always obeyed";
}

TEST(XmlEdit, errors_name_the_statement) {
  EXPECT_EQ(edited("<system><host-nam>x</host-nam></system>").substr(0, 65),
            "unknown-element: system: 'host-nam': unknown statement in 'system");
  EXPECT_EQ(edited("<security><zones><security-zone/></zones></security>"),
            "missing-element: security zones: an element 'security-zone' needs its 'name'");
  EXPECT_EQ(edited("<interfaces><interface><name>ge-0/0/0</name><mtu>many</mtu></interface></interfaces>")
                .substr(0, 47),
            "invalid-value: interfaces ge-0/0/0: 'mtu many':");
}

std::string selected(const std::string& filter) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(("<configuration>" + filter + "</configuration>").c_str()));
  return to_set(select(parsed(kBefore), document.document_element()).root());
}

TEST(Select, takes_what_the_filter_names) {
  EXPECT_EQ(selected(""), kBefore);
  EXPECT_EQ(selected("<system/>"), "set system host-name fw1\n");
  EXPECT_EQ(selected("<system><host-name/></system><interfaces/>"), "set system host-name fw1\n");
  EXPECT_EQ(selected("<security><zones><security-zone><name>b</name></security-zone></zones></security>"),
            "set security zones security-zone b\n");
  EXPECT_EQ(selected("<security><zones><security-zone><name/></security-zone></zones></security>"),
            "set security zones security-zone a\nset security zones security-zone b\n");
  EXPECT_EQ(selected("<chassis/>"), "");
}

TEST(Select, a_statement_that_is_named_often_is_taken_once) {
  std::string filter;
  for (int i = 0; i < 1000; ++i) filter += "<security/>";
  EXPECT_EQ(selected(filter), selected("<security/>"));
  const std::string zone_b =
      "<security><zones><security-zone><name>b</name></security-zone></zones></security>";
  const std::string zone_a =
      "<security><zones><security-zone><name>a</name></security-zone></zones></security>";
  EXPECT_EQ(selected(zone_b + zone_b + zone_a),
            "set security zones security-zone b\nset security zones security-zone a interfaces ge-0/0/0.0\n");
  EXPECT_EQ(selected(zone_b + "<security/>" + zone_a), selected("<security/>"));
}

TEST(DisplayJson, is_read_back) {
  const Tree tree = parsed(std::string(kBefore) + "deactivate system host-name\n");
  const std::string json = to_display_json(tree);
  EXPECT_EQ(json.find("sluice"), std::string::npos) << json;
  EXPECT_EQ(to_set(from_display_json(test_schema(), json).value().root()), to_set(tree.root()));
  EXPECT_FALSE(from_display_json(test_schema(), "{\"configuration\" : {\"nonsense\" : 1}}"));
}

}  // namespace
}  // namespace sluice::config
