// link: the management daemon's line to the data plane.
//
// What. Flowd asks sluice-flowd's service (proto/flowd.proto) over its Unix socket and turns what
// comes back, or does not, into Result: a Failure in a reply and a broken line alike become an Error
// with words for an operator. Nobody else in the management daemon sees gRPC's status or deadlines.
//
// Why. The data plane runs on without us and may be restarted under us: every call has a deadline,
// and the channel connects again by itself.
//
// Threads. A Flowd may be used by any number of threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "proto/flowd.grpc.pb.h"

namespace sluice::link {

class Flowd {
 public:
  using Stub = v1::Flowd::StubInterface;
  // A method of one request and one reply.
  template <class Request, class Reply>
  using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Reply*);

  // A service that is always there: one in this process.
  explicit Flowd(std::shared_ptr<grpc::Channel> channel);
  // The service on a Unix socket.
  static Flowd at(const std::string& socket_path);

  template <class Request, class Reply>
  Result<Reply> ask(Method<Request, Reply> method, const Request& request,
                    std::chrono::seconds deadline = kDeadline) const {
    await_connection();
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + deadline);
    Reply reply;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &reply);
    if (!status.ok()) return broken(status);
    if constexpr (requires { reply.failure(); }) {
      if (reply.has_failure()) return failed(reply.failure());
    }
    return reply;
  }

  // Told now and then how many records flowd has passed, of how many; empty: nobody wants to know.
  using Tell = std::function<void(std::uint64_t scanned, std::uint64_t total)>;
  // Ends sessions.
  [[nodiscard]] Result<v1::ClearReply> clear(const v1::ClearRequest& request, const Tell& tell) const;

  // Calls `take` with each batch of matching sessions, until it answers false.
  Status sessions(const v1::SessionsRequest& request,
                  const std::function<bool(const v1::SessionsReply&)>& take) const;

  static constexpr std::chrono::seconds kDeadline{30};
  // Compiling a large configuration takes its time.
  static constexpr std::chrono::seconds kCompileDeadline{120};
  // So does reading many large log files.
  static constexpr std::chrono::seconds kSearchDeadline{300};

 private:
  // A flowd that has just started is found within this time; one that is not there is told by then.
  static constexpr std::chrono::milliseconds kConnectWithin{1000};
  void await_connection() const;
  static Error broken(const grpc::Status& status);
  static Error failed(const v1::Failure& failure);

  enum class Connection { permanent, comes_and_goes };
  Flowd(std::shared_ptr<grpc::Channel> channel, Connection connection);

  std::shared_ptr<grpc::Channel> channel_;
  std::shared_ptr<Stub> stub_;
  Connection connection_;
};

}  // namespace sluice::link
