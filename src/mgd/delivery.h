// How an answer is written: in which form, through which pipes, in which element of the reply.
#pragma once

#include <vector>

#include "mgd/command/command.h"
#include "mgd/doors/server.h"
#include "mgd/rpc/rpc.h"

namespace sluice::mgd {

// One request, whichever way it came in.
struct Request {
  const rpc::Operation& operation;
  const rpc::Inputs& inputs;
  const std::vector<command::Pipe>& pipes;
  command::Display display;
  bool on_terminal;                                  // everything is shown as text, XML and JSON too
  bool watched;                                      // somebody wants to see how far it is
  std::size_t rows = command::Pipeline::kScreenful;  // of the asker's screen
};

// Has the request answered. An Error has not been told yet; what was written before it is well-formed.
Status deliver(const Request& request, const rpc::Context& context, doors::Reply& reply);

}  // namespace sluice::mgd
