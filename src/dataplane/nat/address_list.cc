#include "dataplane/nat/address_list.h"

#include <algorithm>

namespace sluice::nat {

AddressList::AddressList(const std::vector<match::AddressRange>& ranges) {
  for (const match::AddressRange& range : ranges) {
    family_ = range.low.family;
    const AddressNumber low = number_of(range.low);
    const AddressNumber span = number_of(range.high) - low;
    const std::uint64_t count = span >= kMost - size_ ? kMost - size_ : static_cast<std::uint64_t>(span) + 1;
    parts_.push_back({low, count});
    size_ += count;
  }
}

AddressNumber AddressList::number_at(std::uint64_t position) const noexcept {
  for (const Part& part : parts_) {
    if (position < part.count) return part.low + position;
    position -= part.count;
  }
  return 0;
}

}  // namespace sluice::nat
