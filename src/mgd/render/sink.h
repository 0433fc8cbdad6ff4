// Sink: what a handler says its reply to.
//
// A reply is a tree of elements: containers, leaves with a text value, flags without one. The
// handler names them in the order in which they are to appear; a Sink renders them at once or
// keeps them for as long as its form needs. So a list of ten million sessions passes through and
// is never held, and no handler knows whether its reply becomes text, XML or JSON.
//
// Elements of one name that belong to one list follow each other directly (JSON groups them).
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time_text.h"
#include "config/config.h"

namespace sluice::render {

// An element's or attribute's name: a literal, so that it may be kept without a copy.
class Name {
 public:
  // Implicit: a literal is written where a name is wanted.
  consteval Name(const char* literal) : text_(literal) {}
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

struct Attribute {
  Name name;
  std::string_view value;
};
using Attributes = std::span<const Attribute>;

// A reply that is a piece of configuration, which has forms of its own.
struct ConfigurationReply {
  const config::Tree& tree;
  config::Node node;  // the place in it that was asked for; its root for all; false: nothing is there
  // The commit that made it; 0: none was made yet.
  std::int64_t commit_unix_s = 0;
  std::string commit_user;
};

// The piece that was asked for as a configuration of its own: what is around it, and nothing else.
config::Tree piece_of(const ConfigurationReply& reply);

class Sink {
 public:
  virtual ~Sink() = default;

  void leaf(Name name, std::string_view value, std::initializer_list<Attribute> attributes = {}) {
    on_leaf(name, value, {attributes.begin(), attributes.size()});
  }
  template <std::integral T>
  void leaf(Name name, T number) {
    const fmt::format_int text(number);
    on_leaf(name, {text.data(), text.size()}, {});
  }
  // An element whose presence is its meaning.
  void flag(Name name) { on_flag(name); }

  void configuration(const ConfigurationReply& reply);
  // From now on, as the caller may not see them.
  void hide_secrets() { hides_secrets_ = true; }

  // False when nobody reads the rest.
  [[nodiscard]] virtual bool wanted() const = 0;

 protected:
  friend class Document;
  friend class Element;
  friend class Wrapper;
  // The outermost element. `module` names the data namespace ("junos-flow"); empty: none.
  virtual void on_document(Name name, std::string_view module) = 0;
  virtual void on_begin(Name name, Attributes attributes) = 0;
  virtual void on_leaf(Name name, std::string_view value, Attributes attributes) = 0;
  virtual void on_flag(Name name) = 0;
  virtual void on_end() = 0;
  virtual void on_configuration(const ConfigurationReply& reply) = 0;
  // For forms that show elements; text has no use for one around the document.
  virtual void on_wrapper(Name) {}
  virtual void on_wrapper_end() {}

 private:
  bool hides_secrets_ = false;
};

// An open container; its end is the end of the scope, so an early return leaves nothing open.
class Element {
 public:
  Element(Sink& sink, Name name, std::initializer_list<Attribute> attributes = {}) : sink_(sink) {
    sink_.on_begin(name, {attributes.begin(), attributes.size()});
  }
  Element(const Element&) = delete;
  Element& operator=(const Element&) = delete;
  ~Element() { sink_.on_end(); }

 private:
  Sink& sink_;
};

// The element around a document that some releases have; none for others.
class Wrapper {
 public:
  Wrapper(Sink& sink, std::optional<Name> name) : sink_(sink), open_(name.has_value()) {
    if (name) sink_.on_wrapper(*name);
  }
  Wrapper(const Wrapper&) = delete;
  Wrapper& operator=(const Wrapper&) = delete;
  ~Wrapper() {
    if (open_) sink_.on_wrapper_end();
  }

 private:
  Sink& sink_;
  bool open_;
};

// The outermost element of a reply.
class Document {
 public:
  Document(Sink& sink, Name name, std::string_view module) : sink_(sink) { sink_.on_document(name, module); }
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;
  ~Document() { sink_.on_end(); }

 private:
  Sink& sink_;
};

}  // namespace sluice::render
