// StrongId: an integer that names one kind of thing and cannot be mistaken for another kind's.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace sluice {

template <class Tag, class Rep>
struct StrongId {
  using rep = Rep;
  Rep value{};

  friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

}  // namespace sluice

template <class Tag, class Rep>
struct std::hash<sluice::StrongId<Tag, Rep>> {
  std::size_t operator()(sluice::StrongId<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value); }
};
