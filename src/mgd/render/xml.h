// XmlSink: a reply as XML, indented by four blanks a level, in the namespaces of a release.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mgd/render/output.h"
#include "mgd/render/profile.h"
#include "mgd/render/sink.h"

namespace sluice::render {

class XmlSink : public Sink {
 public:
  // `depth` is the level of the outermost element: 1 inside an <rpc-reply>.
  XmlSink(Output& out, Profile profile, int depth = 1) : buffer_(out), profile_(profile), depth_(depth) {}

  [[nodiscard]] bool wanted() const override { return buffer_.wanted(); }

 protected:
  void on_configuration(const ConfigurationReply& reply) override;
  void on_document(Name name, std::string_view module) override;
  void on_begin(Name name, Attributes attributes) override;
  void on_leaf(Name name, std::string_view value, Attributes attributes) override;
  void on_flag(Name name) override;
  void on_end() override;
  void on_wrapper(Name name) override { on_begin(name, {}); }
  void on_wrapper_end() override { on_end(); }

 private:
  void start_tag(std::string_view name, Attributes attributes);

  Buffer buffer_;
  Profile profile_;
  int depth_;
  std::vector<std::string_view> open_;
};

// "http://xml.juniper.net/junos/22.2R1/junos-flow"
std::string namespace_of(Profile profile, std::string_view module);

}  // namespace sluice::render
