// Public keys as OpenSSH writes them. Private to the room.
#pragma once

#include <string_view>

namespace sluice::users {

// Whether a key's body, in base64, is one of its type: rows of bytes that each begin with their length (RFC
// 4253, section 6.6), the first of which names the type and the others are what the type has.
bool is_key_body(std::string_view type, std::string_view base64);

}  // namespace sluice::users
