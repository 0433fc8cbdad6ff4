// Counters begin anew when they are cleared, without those who count noticing: what there was then is
// remembered and taken off what is told.
#pragma once

#include <google/protobuf/message.h>

#include <initializer_list>

namespace sluice::service {

// Of every 64-bit number in `now` but the fields in `kept`: what it is more than in `before`, which is of the
// same type; nothing where it is less. Lists in it are of the same things in the same order.
void count_since(const google::protobuf::Message& before, google::protobuf::Message& now,
                 std::initializer_list<int> kept);

}  // namespace sluice::service
