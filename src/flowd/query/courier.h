// Courier: brings requests to the owners of sessions, and waits for them.
#pragma once

#include <cstdint>
#include <vector>

#include "flowd/query/query.h"

namespace sluice::query {

[[nodiscard]] inline worker::Request end_request(packet::Family family, session::Handle session,
                                                 session::CloseReason reason) {
  worker::Request request;
  request.kind = worker::Request::Kind::end;
  request.family = family;
  request.reason = reason;
  request.session = session;
  return request;
}

class Courier {
 public:
  Courier(Shards shards, const Wait& wait);

  // Waits while the owner's mailbox is full.
  void post(std::size_t shard, const worker::Request& request);
  // Waits until the owners have dealt with everything that was posted.
  void settle();
  // Sessions that owners ended on request since this courier was made. Exact after settle().
  [[nodiscard]] std::uint64_t ended() const;

 private:
  Shards shards_;
  const Wait& wait_;
  std::uint64_t ended_before_ = 0;
};

}  // namespace sluice::query
