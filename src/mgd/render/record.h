// Record: elements kept for a text layout that needs them together, flat and reusable: a list of
// sessions goes through one Record, cleared for each, without allocating.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mgd/render/sink.h"

namespace sluice::render {

class Record;

// A view of one element of a Record. A child that is not there reads as empty.
class View {
 public:
  View() = default;
  View(const Record* record, std::uint32_t node) : record_(record), node_(node) {}

  explicit operator bool() const { return record_ != nullptr; }
  [[nodiscard]] std::string_view name() const;
  [[nodiscard]] std::string_view value() const;
  [[nodiscard]] std::string_view attribute(std::string_view name) const;
  // The first child of this name.
  [[nodiscard]] View child(std::string_view name) const;
  [[nodiscard]] std::vector<View> children(std::string_view name) const;
  // All of them.
  [[nodiscard]] std::vector<View> children() const;
  // The value of a child.
  [[nodiscard]] std::string_view operator[](std::string_view name) const { return child(name).value(); }
  [[nodiscard]] bool has(std::string_view name) const { return bool{child(name)}; }

 private:
  const Record* record_ = nullptr;
  std::uint32_t node_ = 0;
};

class Record {
 public:
  void begin(std::string_view name, Attributes attributes);
  void leaf(std::string_view name, std::string_view value, Attributes attributes);
  void end();
  void clear();
  [[nodiscard]] bool empty() const { return nodes_.empty(); }
  // Elements open.
  [[nodiscard]] std::size_t depth() const { return open_.size(); }
  // The first element.
  [[nodiscard]] View root() const { return nodes_.empty() ? View() : View(this, 0); }

 private:
  friend class View;
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct Node {
    std::string_view name;
    std::uint32_t value_at, value_size;
    std::uint32_t attributes_at, attributes_count;
    std::uint32_t first_child = kNone, last_child = kNone, next = kNone;
  };
  struct Stored {
    std::string_view name;
    std::uint32_t value_at, value_size;
  };
  std::uint32_t add(std::string_view name, std::string_view value, Attributes attributes);
  [[nodiscard]] std::string_view text(std::uint32_t at, std::uint32_t size) const {
    return std::string_view(values_).substr(at, size);
  }

  std::vector<Node> nodes_;
  std::vector<Stored> attributes_;
  std::vector<std::uint32_t> open_;
  std::string values_;
};

}  // namespace sluice::render
