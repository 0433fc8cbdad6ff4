#include "flowd/compile/address_books.h"

#include <fmt/format.h>

#include "dataplane/match/address_set.h"
#include "flowd/compile/named_sets.h"
#include "flowd/compile/statement.h"

namespace sluice::compile {
namespace {

using config::Node;

// `range-address LOW to HIGH` and `address-range LOW to HIGH`.
Result<Prefixes> read_range(const Node& node) {
  const std::string_view high_text = node.child("to").text("range-high").value_or("");
  const auto low = packet::parse_address(node.key());
  const auto high = packet::parse_address(high_text);
  const std::string words = fmt::format("to {}", high_text);
  if (!low || !high) return wrong(node, words, "both ends of a range are addresses");
  if (low->family != high->family) {
    return wrong(node, words, "both ends of a range are of one family, IPv4 or IPv6");
  }
  if (*low > *high) {
    return wrong(node, words, fmt::format("the range runs backwards: the low address comes first"));
  }
  auto prefixes = match::prefixes_of_range(*low, *high);
  if (!prefixes) return wrong(node, words, prefixes.error().message);
  return prefixes;
}

Result<Prefixes> read_address(const Node& node) {
  if (const auto text = node.text("ip-prefix")) {
    const auto prefix = packet::parse_prefix(*text);
    if (!prefix) return wrong(node, *text, "an address is a prefix such as 192.0.2.0/24");
    return Prefixes{*prefix};
  }
  for (const std::string_view form : {"range-address", "address-range"}) {
    for (const Node& range : node.list(form)) return read_range(range);
  }
  return wrong(node, "", "an address has a prefix or a range");
}

Result<AddressBook> read_book(const Node& node) {
  AddressBook book;
  for (const Node& address : node.list("address")) {
    auto prefixes = read_address(address);
    if (!prefixes) return prefixes.error();
    book.emplace(address.key(), std::move(*prefixes));
  }
  std::vector<NamedSet> sets;
  for (const Node& set : node.list("address-set")) {
    if (book.contains(set.key())) {
      return wrong(set, "", "an address of this book has the same name; give the set another");
    }
    sets.push_back(read_set(set, "address"));
  }
  const auto expanded =
      expand_sets(sets, "address", [&](const std::string& name) { return book.contains(name); });
  if (!expanded) return expanded.error();
  for (const auto& [name, members] : *expanded) {
    Prefixes all;
    for (const std::string& member : members) {
      const Prefixes& prefixes = book.at(member);
      all.insert(all.end(), prefixes.begin(), prefixes.end());
    }
    book.emplace(name, match::merged(all));
  }
  return book;
}

}  // namespace

Result<AddressBooks> AddressBooks::read(const Node& security) {
  AddressBooks books;
  for (const Node& node : security.list("address-book")) {
    auto book = read_book(node);
    if (!book) return book.error();
    if (node.key() == "global") {
      books.global_ = std::move(*book);
      continue;
    }
    books.books_.push_back(std::move(*book));
    if (const Status attached = books.attach(node); !attached) return attached.error();
  }
  for (const Node& zone : security.child("zones").list("security-zone")) {
    if (const Status own = books.read_own(zone); !own) return own.error();
  }
  return books;
}

Status AddressBooks::attach(const Node& node) {
  for (const Node& zone : node.child("attach").list("zone")) {
    const auto [other, fresh] = attached_.emplace(zone.key(), node.key());
    if (!fresh) {
      return wrong(
          zone, "",
          fmt::format("book '{}' is attached to the zone already; a zone has one book", other->second));
    }
    book_of_zone_.emplace(zone.key(), books_.size() - 1);
  }
  return {};
}

Status AddressBooks::read_own(const Node& zone) {
  const Node node = zone.child("address-book");
  if (!node) return {};
  if (const auto other = attached_.find(zone.key()); other != attached_.end()) {
    return wrong(
        node, "",
        fmt::format("book '{}' is attached to the zone, so it cannot have one of its own", other->second));
  }
  auto book = read_book(node);
  if (!book) return book.error();
  book_of_zone_.emplace(zone.key(), books_.size());
  books_.push_back(std::move(*book));
  return {};
}

const Prefixes* AddressBooks::find(std::string_view zone, std::string_view name) const {
  if (const auto own = book_of_zone_.find(zone); own != book_of_zone_.end()) {
    const AddressBook& book = books_[own->second];
    if (const auto found = book.find(name); found != book.end()) return &found->second;
  }
  const auto found = global_.find(name);
  return found == global_.end() ? nullptr : &found->second;
}

}  // namespace sluice::compile
