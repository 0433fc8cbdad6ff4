#include "mgd/doors/framing.h"

#include <gtest/gtest.h>

#include "mgd/doors/reply_text.h"

namespace sluice::doors {
namespace {

using Message = std::optional<std::string>;

TEST(Framing, delimiter_may_arrive_in_pieces) {
  FrameReader reader;
  reader.feed("<a/>]]");
  EXPECT_EQ(reader.next().value(), Message());
  reader.feed(">]]");
  EXPECT_EQ(reader.next().value(), Message());
  reader.feed("><b/>]]>]]>");
  EXPECT_EQ(reader.next().value(), Message("<a/>"));
  EXPECT_EQ(reader.next().value(), Message("<b/>"));
  EXPECT_EQ(reader.next().value(), Message());
}

TEST(Framing, chunks_arrive_byte_by_byte) {
  FrameReader reader;
  reader.use(Framing::chunked);
  const std::string bytes = "\n#4\n<rpc\n#2\n/>\n##\n";
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    reader.feed(bytes.substr(i, 1));
    ASSERT_EQ(reader.next().value(), Message()) << i;
  }
  reader.feed("\n");
  EXPECT_EQ(reader.next().value(), Message("<rpc/>"));
}

TEST(Framing, framing_changes_between_messages) {
  FrameReader reader;
  reader.feed("<hello/>]]>]]>\n#3\nabc\n##\n");
  EXPECT_EQ(reader.next().value(), Message("<hello/>"));
  reader.use(Framing::chunked);
  EXPECT_EQ(reader.next().value(), Message("abc"));
}

TEST(Framing, broken_or_oversized_chunks_are_refused) {
  for (const char* bytes : {"abc\n", "\n#x\n", "\n#0\n", "\n#-1\n", "\n#5x\n", "\n##\n", "\n#99999999999\n",
                            "\n#12345678901234", "x", "\n#4294967295\n"}) {
    FrameReader reader;
    reader.use(Framing::chunked);
    reader.feed(bytes);
    EXPECT_FALSE(reader.next()) << bytes;
  }
  FrameReader small(8);
  small.feed("123456789");
  EXPECT_FALSE(small.next());
}

TEST(Framing, message_of_many_chunks_may_not_grow_past_the_limit) {
  FrameReader reader(8);
  reader.use(Framing::chunked);
  reader.feed("\n#5\n12345\n#5\n12345");
  EXPECT_FALSE(reader.next());
}

class Collector : public Listener {
 public:
  bool begin(const OutputHead& its) override {
    head = its;
    return true;
  }
  bool text(std::string_view piece) override {
    all += piece;
    return all.size() < enough;
  }
  OutputHead head;
  std::string all;
  std::size_t enough = 1000;
};

TEST(ReplyText, text_comes_out_whole_however_the_pieces_fall) {
  const std::string reply =
      "<rpc-reply a=\"1\"><output>a &lt;b&gt; &amp;\n c</output><rpc-error/></rpc-reply>";
  for (std::size_t size = 1; size <= reply.size(); ++size) {
    Collector collector;
    ReplyText out(collector);
    for (std::size_t at = 0; at < reply.size(); at += size) {
      EXPECT_TRUE(out.feed(std::string_view(reply).substr(at, size)));
    }
    EXPECT_EQ(collector.all, "a <b> &\n c") << size;
    EXPECT_TRUE(collector.head.paged);
    EXPECT_EQ(out.rest(), "<rpc-reply a=\"1\"><rpc-error/></rpc-reply>") << size;
  }
}

TEST(ReplyText, what_the_daemon_says_before_a_text_is_known_before_it) {
  Collector collector;
  ReplyText out(collector);
  EXPECT_TRUE(out.feed("<rpc-reply><cli-output more=\"no\" append=\"a &amp; b\"/><output>text"));
  EXPECT_FALSE(collector.head.paged);
  EXPECT_TRUE(collector.head.append);
  EXPECT_EQ(collector.head.file, "a & b");
}

TEST(ReplyText, listener_that_has_enough_gets_no_more) {
  Collector collector;
  collector.enough = 3;
  ReplyText out(collector);
  EXPECT_FALSE(out.feed("<rpc-reply><output>abc"));
  EXPECT_FALSE(out.feed("def"));
  EXPECT_EQ(collector.all, "abc");
}

}  // namespace
}  // namespace sluice::doors
