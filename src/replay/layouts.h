// Private to the room: the text layouts of sections that no command has.
#pragma once

#include "mgd/render/text.h"

namespace sluice::replay {

extern const render::TextLayout kCapture;
extern const render::TextLayout kDrops;
extern const render::TextLayout kLog;

}  // namespace sluice::replay
