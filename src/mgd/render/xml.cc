#include "mgd/render/xml.h"

#include "base/xml_text.h"

namespace sluice::render {

std::string namespace_of(Profile profile, std::string_view module) {
  return fmt::format("http://xml.juniper.net/junos/{}/{}", forms_of(profile).full_name, module);
}

void XmlSink::start_tag(std::string_view name, Attributes attributes) {
  std::string& out = buffer_.bytes();
  out.append(static_cast<std::size_t>(depth_) * 4, ' ');
  out += '<';
  out += name;
  for (const Attribute& attribute : attributes) {
    append_xml_attribute(out, attribute.name.text(), attribute.value);
  }
}

void XmlSink::on_document(Name name, std::string_view module) {
  if (module.empty()) return on_begin(name, {});
  const std::string data_namespace = namespace_of(profile_, module);
  const Attribute attribute{"xmlns", data_namespace};
  on_begin(name, {&attribute, 1});
}

void XmlSink::on_begin(Name name, Attributes attributes) {
  start_tag(name.text(), attributes);
  buffer_ << ">\n";
  open_.push_back(name.text());
  ++depth_;
}

void XmlSink::on_leaf(Name name, std::string_view value, Attributes attributes) {
  start_tag(name.text(), attributes);
  std::string& out = buffer_.bytes();
  out += '>';
  append_xml_text(out, value);
  out += "</";
  out += name.text();
  out += ">\n";
  buffer_.flush_if_large();
}

void XmlSink::on_flag(Name name) {
  start_tag(name.text(), {});
  buffer_ << "/>\n";
}

void XmlSink::on_end() {
  --depth_;
  buffer_.bytes().append(static_cast<std::size_t>(depth_) * 4, ' ');
  buffer_ << "</" << open_.back() << ">\n";
  open_.pop_back();
}

void XmlSink::on_configuration(const ConfigurationReply& reply) {
  constexpr std::string_view kTag = "<configuration";
  const config::Tree piece = piece_of(reply);
  std::string text = config::to_xml(piece.root(), depth_ * 4);
  const std::size_t at = text.find(kTag);
  if (reply.commit_unix_s != 0 && at != std::string::npos) {
    std::string attributes =
        fmt::format(" junos:commit-seconds=\"{}\" junos:commit-localtime=\"{}\" junos:commit-user=\"",
                    reply.commit_unix_s, utc_time(reply.commit_unix_s));
    append_xml_text(attributes, reply.commit_user);
    text.insert(at + kTag.size(), attributes + '"');
  }
  buffer_ << text;
}

}  // namespace sluice::render
