#include "mgd/rpc/handlers.h"

// What other devices have and this one has not: licenses, a cluster, sensors. Tools that keep an eye
// on many devices ask each for them and are answered as by one that could have them.
namespace sluice::rpc {

using render::Document;
using render::Sink;

Status show_license(const Inputs&, const Context&, Sink& sink) {
  const Document document(sink, "license-summary-information", "");
  return {};
}

Status show_license_keys(const Inputs&, const Context&, Sink& sink) {
  const Document document(sink, "license-key-information", "");
  return {};
}

Status show_cluster(const Inputs&, const Context&, Sink&) {
  return Error{"operation-failed", "", "Chassis cluster is not enabled."};
}

Status show_environment(const Inputs&, const Context&, Sink& sink) {
  const Document document(sink, "environment-information", "");
  return {};
}

}  // namespace sluice::rpc
