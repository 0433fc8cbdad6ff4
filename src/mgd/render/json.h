// JsonSink: a reply as JSON in Junos's operational form: every element is an array of objects, a
// leaf's value is its "data", attributes are under "attributes".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mgd/render/output.h"
#include "mgd/render/profile.h"
#include "mgd/render/sink.h"

namespace sluice::render {

// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become '?'.
void append_json_string(std::string& out, std::string_view text);

// Appends well-formed JSON, each member on its own line.
void append_indented_json(std::string& out, std::string_view json);

class JsonSink : public Sink {
 public:
  // The whole reply is one object; it opens with the first element and closes with finish().
  JsonSink(Output& out, Profile profile) : buffer_(out), profile_(profile) { levels_.emplace_back(); }

  [[nodiscard]] bool wanted() const override { return buffer_.wanted(); }
  // Ends the reply. Without it (an error stopped the handler) the text stays incomplete on purpose.
  void finish();

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
  // One open object: the name whose array is open in it, and whether it has a member yet.
  struct Level {
    std::string_view array;
    bool has_member = false;
  };
  void line(std::string_view text);
  void next_member();
  void open_item(Name name);
  void close_item();
  void close_array();
  void attributes_member(Attributes attributes);

  Buffer buffer_;
  Profile profile_;
  std::vector<Level> levels_;
  bool started_ = false;
};

}  // namespace sluice::render
