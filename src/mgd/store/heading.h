// The lines at the head of a saved configuration, which say where it comes from. Private to the room.
#pragma once

#include <string>

#include "mgd/store/store.h"

namespace sluice::storage {

// With the line ends.
std::string heading_of(const Saved& saved);
// Takes the heading off `text`, as far as there is one: files of an operator's own have none.
void take_heading(Saved& saved, std::string& text);

}  // namespace sluice::storage
