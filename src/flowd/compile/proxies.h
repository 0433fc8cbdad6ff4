// `security nat proxy-arp` and `proxy-ndp`: addresses that interfaces answer for. Private to the room.
#pragma once

#include "flowd/compile/compile.h"

namespace sluice::compile {

// Into the units of the host's plan, which is made already.
[[nodiscard]] Status read_proxies(const config::Node& root, Compiled& out);

}  // namespace sluice::compile
