#include "mgd/render/record.h"

#include "base/check.h"

namespace sluice::render {

std::string_view View::name() const {
  return record_ ? record_->nodes_[node_].name : std::string_view();
}

std::string_view View::value() const {
  if (record_ == nullptr) return {};
  const Record::Node& node = record_->nodes_[node_];
  return record_->text(node.value_at, node.value_size);
}

std::string_view View::attribute(std::string_view name) const {
  if (record_ == nullptr) return {};
  const Record::Node& node = record_->nodes_[node_];
  for (std::uint32_t i = 0; i < node.attributes_count; ++i) {
    const Record::Stored& stored = record_->attributes_[node.attributes_at + i];
    if (stored.name == name) return record_->text(stored.value_at, stored.value_size);
  }
  return {};
}

View View::child(std::string_view name) const {
  if (record_ == nullptr) return {};
  for (std::uint32_t at = record_->nodes_[node_].first_child; at != Record::kNone;
       at = record_->nodes_[at].next) {
    if (record_->nodes_[at].name == name) return {record_, at};
  }
  return {};
}

std::vector<View> View::children() const {
  std::vector<View> found;
  if (record_ == nullptr) return found;
  for (std::uint32_t at = record_->nodes_[node_].first_child; at != Record::kNone;
       at = record_->nodes_[at].next) {
    found.emplace_back(record_, at);
  }
  return found;
}

std::vector<View> View::children(std::string_view name) const {
  std::vector<View> found = children();
  std::erase_if(found, [name](const View& child) { return child.name() != name; });
  return found;
}

std::uint32_t Record::add(std::string_view name, std::string_view value, Attributes attributes) {
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  const auto store = [this](std::string_view text) {
    const auto at = static_cast<std::uint32_t>(values_.size());
    values_ += text;
    return at;
  };
  nodes_.push_back({.name = name,
                    .value_at = store(value),
                    .value_size = static_cast<std::uint32_t>(value.size()),
                    .attributes_at = static_cast<std::uint32_t>(attributes_.size()),
                    .attributes_count = static_cast<std::uint32_t>(attributes.size())});
  for (const Attribute& attribute : attributes) {
    attributes_.push_back(
        {attribute.name.text(), store(attribute.value), static_cast<std::uint32_t>(attribute.value.size())});
  }
  if (!open_.empty()) {
    Node& parent = nodes_[open_.back()];
    if (parent.first_child == kNone) {
      parent.first_child = index;
    } else {
      nodes_[parent.last_child].next = index;
    }
    parent.last_child = index;
  }
  return index;
}

void Record::begin(std::string_view name, Attributes attributes) {
  open_.push_back(add(name, {}, attributes));
}

void Record::leaf(std::string_view name, std::string_view value, Attributes attributes) {
  add(name, value, attributes);
}

void Record::end() {
  check(!open_.empty(), "Record: end without begin");
  open_.pop_back();
}

void Record::clear() {
  nodes_.clear();
  attributes_.clear();
  open_.clear();
  values_.clear();
}

}  // namespace sluice::render
