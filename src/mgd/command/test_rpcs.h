// The rpcs as every test of the room uses them, loaded once.
#pragma once

#include "mgd/command/rpc_schema.h"

namespace sluice::command {

inline const RpcSchema& test_rpcs() {
  static const Result<RpcSchema> loaded = RpcSchema::load(SLUICE_YANG_DIR);
  return loaded.value();
}

}  // namespace sluice::command
