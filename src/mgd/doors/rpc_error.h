// <rpc-error>: how a refusal or a warning is told (RFC 6241, 4.3 and appendix A).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::doors {

// A warning comes with an answer, an error instead of one.
enum class Severity { error, warning };

// Where in the conversation something went wrong: error-type.
enum class Layer { transport, rpc, protocol, application };
// Where an error of this tag belongs when nothing more is known.
Layer layer_of(std::string_view tag);

struct RpcError {
  Error error;  // its path as the reader is to have it
  Layer layer = layer_of(error.tag);
  std::string info = {};  // XML: what <error-info> has besides bad-element and bad-attribute
  Severity severity = Severity::error;
};

void append_rpc_error(std::string& out, const RpcError& told);

}  // namespace sluice::doors
