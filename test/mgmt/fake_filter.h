// Which sessions a filter means, for the flowd of the management side's tests.
#pragma once

#include "proto/flowd.pb.h"

namespace sluice::test {

bool matches(const v1::SessionFilter& filter, const v1::Session& session);

}  // namespace sluice::test
