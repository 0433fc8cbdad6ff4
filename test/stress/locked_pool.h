// Packet buffers that go from thread to thread under a lock that ThreadSanitizer sees.
//
// Why: DPDK's own pools pass buffers on inside a library that is not instrumented, so that whoever frees a
// buffer and whoever gets it next would seem to race for it.
#pragma once

namespace sluice::stress {

// Pools made from now on are of this kind. Once, after the EAL has started and before the first pool.
void lock_pools();

}  // namespace sluice::stress
