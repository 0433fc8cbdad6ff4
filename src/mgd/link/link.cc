#include "mgd/link/link.h"

#include <fmt/format.h>
#include <grpc/grpc.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <mutex>

namespace sluice::link {

Flowd::Flowd(std::shared_ptr<grpc::Channel> channel) : Flowd(std::move(channel), Connection::permanent) {}

Flowd::Flowd(std::shared_ptr<grpc::Channel> channel, Connection connection)
    : channel_(std::move(channel)), stub_(v1::Flowd::NewStub(channel_)), connection_(connection) {}

Flowd Flowd::at(const std::string& socket_path) {
  // Or gRPC ends with the last channel, for which it waits ten seconds when a call was cut.
  static std::once_flag kept;
  std::call_once(kept, grpc_init);
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 300);
  return {grpc::CreateCustomChannel("unix:" + socket_path, grpc::InsecureChannelCredentials(), arguments),
          Connection::comes_and_goes};
}

// The channel connects again by itself, but a call made while it is between attempts fails at once.
void Flowd::await_connection() const {
  if (connection_ == Connection::permanent || channel_->GetState(true) == GRPC_CHANNEL_READY) return;
  channel_->WaitForConnected(std::chrono::system_clock::now() + kConnectWithin);
}

Result<v1::ClearReply> Flowd::clear(const v1::ClearRequest& request, const Tell& tell) const {
  await_connection();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCompileDeadline);
  const auto reader = stub_->Clear(&context, request);
  v1::ClearReply reply;
  while (reader->Read(&reply)) {
    if (reply.has_progress() && tell) tell(reply.progress().scanned(), reply.progress().total());
  }
  const grpc::Status status = reader->Finish();
  if (!status.ok()) return broken(status);
  if (reply.has_failure()) return failed(reply.failure());
  return reply;
}

Status Flowd::sessions(const v1::SessionsRequest& request,
                       const std::function<bool(const v1::SessionsReply&)>& take) const {
  await_connection();
  grpc::ClientContext context;  // no deadline: a long list is read as fast as the operator reads
  const auto reader = stub_->Sessions(&context, request);
  v1::SessionsReply batch;
  while (reader->Read(&batch)) {
    if (!batch.has_failure() && take(batch)) continue;
    context.TryCancel();
    (void)reader->Finish();
    return batch.has_failure() ? Status(failed(batch.failure())) : Status();
  }
  const grpc::Status status = reader->Finish();
  if (!status.ok()) return broken(status);
  return {};
}

Error Flowd::broken(const grpc::Status& status) {
  // gRPC puts its own words before what the operating system said of the socket.
  constexpr std::string_view kSocket = "unix:";
  std::string why = status.error_message().empty() ? "connection lost" : status.error_message();
  if (const std::size_t at = why.find(kSocket); at != std::string::npos) why.erase(0, at + kSocket.size());
  return {"operation-failed", "",
          fmt::format("the forwarding process (sluice-flowd) does not answer: {}", why)};
}

Error Flowd::failed(const v1::Failure& failure) {
  return {failure.tag().empty() ? "operation-failed" : failure.tag(), failure.path(), failure.message()};
}

}  // namespace sluice::link
