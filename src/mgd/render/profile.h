// Profile: the release in whose layouts a reply is rendered.
#pragma once

#include "base/release.h"

namespace sluice::render {

using Profile = Release;

inline constexpr Profile kDefaultProfile = kDefaultRelease;

}  // namespace sluice::render
