#include "mgd/delivery.h"

#include <fmt/format.h>

#include <string>

#include "base/xml_text.h"
#include "mgd/render/json.h"
#include "mgd/render/layouts.h"
#include "mgd/render/xml.h"

namespace sluice::mgd {
namespace {

using command::Display;

// Where a reply's bytes go inside the <rpc-reply>.
class ReplyOutput : public render::Output {
 public:
  // As text in an element, as text by itself, or as the XML that it is.
  enum class Form { element, text, xml };
  ReplyOutput(doors::Reply& reply, Form form, std::string_view element)
      : reply_(reply), form_(form), element_(element) {}

  void write(std::string_view bytes) override {
    if (form_ == Form::xml) return reply_.write(bytes);
    std::string text;
    if (form_ == Form::element && !begun_) text = fmt::format("<{}>", element_);
    begun_ = true;
    append_xml_text(text, bytes);
    reply_.write(text);
  }
  [[nodiscard]] bool wanted() const override { return reply_.open(); }
  [[nodiscard]] bool begun() const { return begun_; }
  void finish() {
    if (begun_ && form_ == Form::element) reply_.write(fmt::format("</{}>\n", element_));
  }

 private:
  doors::Reply& reply_;
  Form form_;
  std::string_view element_;
  bool begun_ = false;
};

// The wrapping that the command line shows around XML.
struct CliXml {
  static std::string head(render::Profile profile) {
    return fmt::format("<rpc-reply xmlns:junos=\"{}\">\n", render::namespace_of(profile, "junos"));
  }
  static constexpr std::string_view kTail =
      "    <cli>\n        <banner></banner>\n    </cli>\n</rpc-reply>\n";
};

// Puts a head before the first bytes, so that a refusal has none.
class HeadedOutput : public render::Output {
 public:
  HeadedOutput(render::Output& out, std::string head) : out_(out), head_(std::move(head)) {}
  void write(std::string_view bytes) override {
    if (!begun_) out_.write(head_);
    begun_ = true;
    out_.write(bytes);
  }
  [[nodiscard]] bool wanted() const override { return out_.wanted(); }
  [[nodiscard]] bool begun() const { return begun_; }

 private:
  render::Output& out_;
  std::string head_;
  bool begun_ = false;
};

// What a reply's text stands in when it is not the command line that asked: configuration has elements of
// its own.
std::string_view text_element(const rpc::Operation& operation, Display display, bool on_terminal) {
  if (on_terminal || operation.layout != &render::kConfiguration) return "output";
  return display == Display::set ? "configuration-set" : "configuration-text";
}

Status dispatch_text(const rpc::Operation& operation, const rpc::Inputs& inputs, const rpc::Context& context,
                     render::Output& out, render::TextSink::Configuration form) {
  render::TextSink sink(out, context.profile, *operation.layout, form);
  return rpc::dispatch(operation, inputs, context, sink);
}

Status dispatch_json(const rpc::Operation& operation, const rpc::Inputs& inputs, const rpc::Context& context,
                     render::Output& out) {
  render::JsonSink sink(out, context.profile);
  Status answered = rpc::dispatch(operation, inputs, context, sink);
  if (answered) sink.finish();
  return answered;
}

// `wrapped`: as the command line shows XML. Nothing is written before the handler says something.
Status dispatch_xml(const rpc::Operation& operation, const rpc::Inputs& inputs, const rpc::Context& context,
                    render::Output& out, bool wrapped) {
  HeadedOutput headed(out, wrapped ? CliXml::head(context.profile) : "");
  Status answered;
  {
    render::XmlSink sink(headed, context.profile);
    answered = rpc::dispatch(operation, inputs, context, sink);
  }
  if (wrapped && (answered || headed.begun())) headed.write(CliXml::kTail);
  return answered;
}

// '| display xml rpc': what a program would send to ask the same, indented as Junos does.
void show_request(const rpc::Operation& operation, const rpc::Inputs& inputs, render::Output& out) {
  const std::string_view name = operation.command.rpc;
  std::string text = fmt::format("    <rpc>\n        <{}>\n", name);
  for (const command::Input& input : inputs.all()) {
    text += fmt::format("                <{}", input.name);
    if (input.value.empty()) {
      text += "/>\n";
      continue;
    }
    text += '>';
    append_xml_text(text, input.value);
    text += fmt::format("</{}>\n", input.name);
  }
  text += fmt::format("        </{}>\n    </rpc>\n", name);
  out.write(text);
}

// A program gets a comparison as text in elements, whichever format it named.
Display display_of(const Request& request) {
  const bool compares = request.inputs.has("compare") && request.inputs.from_program();
  return compares ? Display::xml : request.display;
}

ReplyOutput::Form form_of(Display display, bool on_terminal) {
  using Form = ReplyOutput::Form;
  if (on_terminal) return Form::element;
  if (display == Display::xml || display == Display::rpc) return Form::xml;
  return display == Display::json ? Form::text : Form::element;
}

// Once there is something to read nothing else may come between.
link::Flowd::Tell progress_before(const ReplyOutput& out, doors::Reply& reply) {
  return [&out, &reply](std::uint64_t scanned, std::uint64_t total) {
    if (out.begun()) return;
    reply.write(fmt::format("<cli-progress scanned=\"{}\" total=\"{}\"/>\n", scanned, total));
  };
}

Status dispatch_as(Display display, const Request& request, const rpc::Context& context,
                   render::Output& out) {
  using Configuration = render::TextSink::Configuration;
  switch (display) {
    case Display::xml:
      return dispatch_xml(request.operation, request.inputs, context, out, request.on_terminal);
    case Display::json:
      return dispatch_json(request.operation, request.inputs, context, out);
    case Display::rpc:
      if (request.on_terminal) out.write(CliXml::head(context.profile));
      show_request(request.operation, request.inputs, out);
      if (request.on_terminal) out.write(CliXml::kTail);
      return {};
    case Display::set:
      return dispatch_text(request.operation, request.inputs, context, out, Configuration::set);
    case Display::text:
      break;
  }
  return dispatch_text(request.operation, request.inputs, context, out, Configuration::curly);
}

}  // namespace

Status deliver(const Request& request, const rpc::Context& context, doors::Reply& reply) {
  if (request.display == Display::set && request.operation.layout != &render::kConfiguration) {
    return Error{"invalid-value", "",
                 "'| display set' shows configuration only; use it with 'show configuration'"};
  }
  const Display display = display_of(request);
  ReplyOutput out(reply, form_of(display, request.on_terminal),
                  text_element(request.operation, display, request.on_terminal));
  auto pipeline = command::Pipeline::make(request.pipes, out, request.rows);
  if (!pipeline) return pipeline.error();
  rpc::Context watched = context;
  if (request.watched) watched.progress = progress_before(out, reply);
  Status answered = dispatch_as(display, request, watched, **pipeline);
  (*pipeline)->finish();
  out.finish();
  return answered;
}

}  // namespace sluice::mgd
