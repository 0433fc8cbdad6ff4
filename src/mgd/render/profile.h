// Profile: which release's layouts a reply is rendered in (`system output-profile`).
//
// Layouts changed between Junos releases, and scripts are written against one of them. All places
// where that shows take a Profile; nothing else in the program compares release numbers.
#pragma once

#include <string_view>

namespace sluice::render {

enum class Profile { r12_3, r22_2, r24_4 };

inline constexpr Profile kDefaultProfile = Profile::r22_2;

// "22.2R1": the release as it stands in XML namespaces.
std::string_view release_of(Profile profile);

// From the configuration's words "12.3", "22.2", "24.4"; the default for anything else.
Profile profile_named(std::string_view name);

}  // namespace sluice::render
