// SessionList: sessions as the reply of `show security flow session`, wherever they come from.
#pragma once

#include <cstdint>
#include <string_view>

#include "mgd/render/profile.h"
#include "mgd/render/sink.h"
#include "proto/flowd.pb.h"

namespace sluice::rpc {

// How sessions are told.
struct Telling {
  render::Profile profile;
  std::string_view style;      // "brief" or "extensive"
  bool names_systems = false;  // in text too, as when those of all logical systems are asked for
};

class SessionList {
 public:
  // The reply's document is open as long as the list lives.
  SessionList(render::Sink& sink, const Telling& telling);
  void add(const v1::Session& session);
  // The count at the end. A list that an error broke off has none.
  void finish();

 private:
  render::Sink& sink_;
  Telling telling_;
  render::Wrapper wrapper_;
  render::Document document_;
  std::uint64_t shown_ = 0;
};

}  // namespace sluice::rpc
