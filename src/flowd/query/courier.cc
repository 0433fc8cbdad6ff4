#include "flowd/query/courier.h"

namespace sluice::query {
namespace {

std::uint64_t ended_in_all(Shards shards) {
  std::uint64_t ended = 0;
  for (const Shard& shard : shards) {
    ended += shard.mailbox->ended();
  }
  return ended;
}

}  // namespace

Courier::Courier(Shards shards, const Wait& wait)
    : shards_(shards), wait_(wait), ended_before_(ended_in_all(shards)) {}

void Courier::post(std::size_t shard, const worker::Request& request) {
  while (!shards_[shard].mailbox->post(request)) {
    wait_();
  }
}

void Courier::settle() {
  for (const Shard& shard : shards_) {
    while (shard.mailbox->handled() != shard.mailbox->posted()) {
      wait_();
    }
  }
}

std::uint64_t Courier::ended() const {
  return ended_in_all(shards_) - ended_before_;
}

}  // namespace sluice::query
