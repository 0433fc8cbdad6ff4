#include "dataplane/session/translated.h"

#include <bit>

namespace sluice::session::translated {

std::optional<NewEnd> only_new_end(const packet::Key4& near, const packet::Key4& far) noexcept {
  const packet::Key4 sent = packet::mirror(far, ZoneId{near.zone});
  for (const Side side : {Side::source, Side::destination}) {
    const bool first = side == Side::source;
    const NewEnd end{.side = side,
                     .address = first ? sent.source : sent.destination,
                     .port = first ? sent.source_port : sent.destination_port};
    const Shuffle& answers = kArriving[2 + static_cast<unsigned>(side)];
    if (apply(answers, near, new_end(end.address, end.port, far.zone)) ==
        std::bit_cast<packet::Words4>(far)) {
      return end;
    }
  }
  return std::nullopt;
}

}  // namespace sluice::session::translated
