// A port or a unit in full, as `show interfaces NAME` prints it.
#pragma once

#include "mgd/render/text.h"

namespace sluice::render {

// With its units.
void print_port(const View& port, Page& page);
void print_unit(const View& unit, Page& page);

}  // namespace sluice::render
