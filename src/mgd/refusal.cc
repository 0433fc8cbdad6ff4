#include "mgd/refusal.h"

#include <fmt/format.h>

#include "base/xml_text.h"

namespace sluice::mgd {
namespace {

std::string xml_leaf(std::string_view name, std::string_view value) {
  std::string text = fmt::format("<{}>", name);
  append_xml_text(text, value);
  return text + fmt::format("</{}>", name);
}

// What all statements are below.
constexpr std::string_view kAll = "configuration";

// Whether a path is one of statements, from the top.
bool names_statements(std::string_view path, const config::Schema& schema) {
  return path == kAll || schema.begins_path(path.substr(0, path.find(' ')));
}

std::string edit_path(std::string_view path) {
  return path == kAll ? "[edit]" : fmt::format("[edit {}]", path);
}

void tell_denial(doors::RpcError& told, const Question& question) {
  Error& error = told.error;
  told.info += xml_leaf("reason", error.message);
  error.message = "permission denied";
  if (question.rpc != nullptr) error.element = question.rpc->name;
  error.path.clear();
}

// NAME of NAME and NAME:BYTE; the whole path where it is another, such as FILE:LINE:COLUMN.
std::string input_in(const std::string& path) {
  const std::size_t colon = path.find(':');
  return colon == path.rfind(':') ? path.substr(0, colon) : path;
}

// Whether a name is an input of the operation, or the operation itself.
bool names_input(std::string_view name, const Question& question) {
  return question.rpc != nullptr && (name == question.rpc->name || question.rpc->find(name) != nullptr);
}

void tell_input(doors::RpcError& told, std::string_view name, const Question& question) {
  Error& error = told.error;
  told.layer = doors::Layer::protocol;
  error.element = name;
  error.path.clear();
  if (!question.typed.empty()) return;
  error.path = fmt::format("/rpc/{}", question.rpc != nullptr ? question.rpc->name : name);
  const bool below = question.rpc != nullptr && name != question.rpc->name;
  if (below && error.tag != "missing-element") error.path += fmt::format("/{}", name);
}

}  // namespace

Error stated(Error problem, const Question& question, const config::Schema& schema) {
  if (!question.on_command_line || !names_statements(problem.path, schema) || problem.path == kAll) {
    return problem;
  }
  const std::string above = config::block_above(schema, problem.path);
  problem.element = problem.path.substr(above.empty() ? 0 : above.size() + 1);
  problem.path = above.empty() ? "[edit]" : edit_path(above);
  return problem;
}

doors::RpcError told(const Error& error, const Question& question, const config::Schema& schema,
                     doors::Severity severity) {
  doors::RpcError told{.error = error, .severity = severity};
  if (question.on_command_line) return told;
  const std::string name = input_in(error.path);
  if (error.tag == "access-denied") {
    tell_denial(told, question);
  } else if (names_input(name, question)) {
    tell_input(told, name, question);
  } else if (names_statements(error.path, schema)) {
    told.error.path = edit_path(error.path);
  } else if (!name.empty() && name == error.element) {
    tell_input(told, name, question);  // which there is not
  } else if (!error.path.empty()) {
    told.error.path.clear();
    if (severity == doors::Severity::warning) told.info += xml_leaf("place", error.path);
    if (severity == doors::Severity::error) told.error.message = error.text();
  }
  return told;
}

}  // namespace sluice::mgd
