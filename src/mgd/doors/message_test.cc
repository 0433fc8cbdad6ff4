#include "mgd/doors/message.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sluice::doors {
namespace {

// What is wrong with a message; empty: nothing.
std::string wrong(std::string message) {
  pugi::xml_document document;
  const Status read = read_message(message, document);
  if (read) return {};
  EXPECT_EQ(read.error().tag, "malformed-message");
  return read.error().message;
}

std::string nested(std::size_t depth) {
  std::string open, close;
  for (std::size_t i = 0; i < depth; ++i) {
    open += "<a>";
    close += "</a>";
  }
  return open + close;
}

TEST(Message, text_is_what_was_meant) {
  std::string message =
      "<?xml version=\"1.0\"?>\n<rpc a='&#x41;&#66;'>x &amp; &lt;y&gt;<![CDATA[&z; <b>]]></rpc>";
  pugi::xml_document document;
  ASSERT_TRUE(read_message(message, document));
  EXPECT_STREQ(document.document_element().attribute("a").value(), "AB");
  EXPECT_STREQ(document.document_element().first_child().value(), "x & <y>");
  EXPECT_STREQ(document.document_element().last_child().value(), "&z; <b>");
  EXPECT_EQ(wrong("<rpc><!-- &x; --><a/></rpc>"), "");
}

TEST(Message, entities_and_document_types_are_refused) {
  EXPECT_EQ(wrong("<!DOCTYPE a [<!ENTITY b \"cccc\">]><a>b</a>"), "a document type is not taken");
  EXPECT_EQ(wrong("<a>&b;</a>"), "not XML: the entity at byte 3 is not one of XML's own");
  for (const char* text : {"<a>&</a>", "<a b='&c;'/>", "<a>&#;</a>", "<a>&#x;</a>", "<a>&#12q;</a>",
                           "<a>&amp</a>", "<![CDATA[]]><a>&b;</a>", "<!-- --><a>&b;</a>"}) {
    EXPECT_NE(wrong(text).find("entity"), std::string::npos) << text;
  }
}

TEST(Message, depth_and_number_of_elements_are_limited) {
  EXPECT_EQ(wrong(nested(kDeepest)), "");
  EXPECT_EQ(wrong(nested(kDeepest + 1)), "the message is nested more than 128 elements deep");
  EXPECT_EQ(wrong(nested(1'000'000)), "the message is nested more than 128 elements deep");
  std::string many = "<a>";
  for (std::size_t i = 0; i < kMostMarks; ++i) many += "<b/>";
  EXPECT_EQ(wrong(many + "</a>"), "the message has too many elements, more than 2000000 are not taken");
}

TEST(Message, what_is_no_xml_is_said_with_its_place) {
  EXPECT_EQ(wrong("<a><b></a>"), "not XML: Start-end tags mismatch at byte 8");
  for (const char* text :
       {"", " ", "word", "<", "<a", "<a>", "<a></b>", "<a b=c/>", "<!-- <a/>", "<![CDATA["}) {
    EXPECT_TRUE(wrong(text).starts_with("not XML: ")) << text << wrong(text);
  }
}

}  // namespace
}  // namespace sluice::doors
