#include "mgd/render/profile.h"

namespace sluice::render {

std::string_view release_of(Profile profile) {
  switch (profile) {
    case Profile::r12_3:
      return "12.3R1";
    case Profile::r22_2:
      return "22.2R1";
    case Profile::r24_4:
      return "24.4R1";
  }
  return "22.2R1";
}

Profile profile_named(std::string_view name) {
  if (name == "12.3") return Profile::r12_3;
  if (name == "24.4") return Profile::r24_4;
  return kDefaultProfile;
}

}  // namespace sluice::render
