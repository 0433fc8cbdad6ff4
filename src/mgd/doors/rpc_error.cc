#include "mgd/doors/rpc_error.h"

#include <fmt/format.h>

#include "base/xml_text.h"

namespace sluice::doors {
namespace {

std::string_view name_of(Layer layer) {
  switch (layer) {
    case Layer::transport:
      return "transport";
    case Layer::rpc:
      return "rpc";
    case Layer::protocol:
      return "protocol";
    case Layer::application:
      break;
  }
  return "application";
}

void append_leaf(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += fmt::format("<{}>", name);
  append_xml_text(out, value);
  out += fmt::format("</{}>\n", name);
}

}  // namespace

Layer layer_of(std::string_view tag) {
  if (tag == "malformed-message") return Layer::rpc;
  const bool of_protocol = tag == "lock-denied" || tag == "access-denied" || tag == "operation-not-supported";
  return of_protocol ? Layer::protocol : Layer::application;
}

void append_rpc_error(std::string& out, const RpcError& told) {
  const Error& error = told.error;
  std::string info;
  append_leaf(info, "bad-attribute", error.attribute);
  append_leaf(info, "bad-element", error.element);
  info += told.info;
  out += "<rpc-error>\n";
  append_leaf(out, "error-type", name_of(told.layer));
  append_leaf(out, "error-tag", error.tag.empty() ? "operation-failed" : error.tag);
  append_leaf(out, "error-severity", told.severity == Severity::error ? "error" : "warning");
  append_leaf(out, "error-path", error.path);
  append_leaf(out, "error-message", error.message);
  if (!info.empty()) out += fmt::format("<error-info>{}</error-info>\n", info);
  out += "</rpc-error>\n";
}

}  // namespace sluice::doors
