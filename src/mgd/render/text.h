// TextSink: a reply as the operator's text, by the layout of its operation (layouts.h).
#pragma once

#include <string>
#include <string_view>

#include "mgd/render/output.h"
#include "mgd/render/profile.h"
#include "mgd/render/record.h"
#include "mgd/render/sink.h"

namespace sluice::render {

// What a layout writes to.
struct Page {
  std::string& out;
  Profile profile;
  std::size_t records = 0;  // items printed before this one

  template <class... T>
  void print(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(out), format, std::forward<T>(values)...);
  }
  // Texts one after the other: for what is printed once for each of a million items.
  template <class... T>
  void put(const T&... texts) {
    ((out += std::string_view(texts)), ...);
  }
};

// How one operation's reply is printed.
struct TextLayout {
  // A child of the document that is printed as soon as it is complete, and forgotten; empty: none.
  std::string_view record;
  void (*print_record)(const View& record, Page& page) = nullptr;
  // The document with all that is not `record`, at its end.
  void (*print_document)(const View& document, Page& page) = nullptr;
};

class TextSink : public Sink {
 public:
  enum class Configuration { curly, set };
  TextSink(Output& out, Profile profile, const TextLayout& layout, Configuration form = Configuration::curly)
      : buffer_(out), page_{buffer_.bytes(), profile}, layout_(layout), form_(form) {}

  [[nodiscard]] bool wanted() const override { return buffer_.wanted(); }

 protected:
  void on_configuration(const ConfigurationReply& reply) override;
  void on_document(Name name, std::string_view module) override;
  void on_begin(Name name, Attributes attributes) override;
  void on_leaf(Name name, std::string_view value, Attributes attributes) override;
  void on_flag(Name name) override;
  void on_end() override;

 private:
  void print_item();

  Buffer buffer_;
  Page page_;
  const TextLayout& layout_;
  Configuration form_;
  Record document_;
  Record item_;
};

}  // namespace sluice::render
