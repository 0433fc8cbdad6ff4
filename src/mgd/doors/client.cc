#include "mgd/doors/client.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <pugixml.hpp>
#include <utility>

#include "base/xml_text.h"

namespace sluice::doors {
namespace {

constexpr std::string_view kHello =
    "<hello xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\"><capabilities>"
    "<capability>urn:ietf:params:netconf:base:1.1</capability></capabilities></hello>";

// A message that answers nothing.
constexpr std::string_view kNotice = "<session-notice ";

Error lost() {
  return {"operation-failed", "", "the connection to the management process (sluice-mgd) is lost"};
}

Refusal refusal_of(const pugi::xml_node& error) {
  Refusal refusal{{error.child_value("error-tag"), error.child_value("error-path"),
                   error.child_value("error-message"), error.child("error-info").child_value("bad-element")},
                  std::nullopt,
                  std::string_view(error.child_value("error-severity")) == "warning"};
  if (const pugi::xml_node position = error.child("error-info").child("position")) {
    refusal.position = position.text().as_uint();
  }
  return refusal;
}

std::vector<Refusal> refusals_of(const pugi::xml_node& reply) {
  std::vector<Refusal> refusals;
  for (const pugi::xml_node& error : reply.children("rpc-error")) refusals.push_back(refusal_of(error));
  return refusals;
}

void append_given(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) append_xml_attribute(out, name, value);
}

// <rpc><ELEMENT ...>line</ELEMENT><file .../></rpc>
std::string request_of(const Line& line, std::string_view element, unsigned id) {
  std::string request = fmt::format("<rpc message-id=\"{}\" client=\"cli\"", id);
  append_given(request, "ssh-connection", line.ssh_connection);
  request += fmt::format("><{} format=\"text\"", element);
  if (line.configuration) append_given(request, "mode", "configuration");
  append_given(request, "edit", line.edit);
  if (line.confirmed) append_given(request, "confirmed", "yes");
  if (line.watched) append_given(request, "progress", "yes");
  if (line.rows > 0) append_given(request, "rows", fmt::to_string(line.rows));
  if (line.ends_word) append_given(request, "ends-word", "yes");
  request += '>';
  append_xml_text(request, line.text);
  request += fmt::format("</{}>", element);
  for (const Attachment& file : line.files) {
    request += "<file";
    append_given(request, "name", file.name);
    request += '>';
    append_xml_text(request, file.content);
    request += "</file>";
  }
  return request + "</rpc>";
}

}  // namespace

Result<Client> Client::connect(const std::string& path) {
  auto socket = connect_to(path);
  if (!socket) return socket.error();
  Client client(std::move(*socket));
  const auto theirs = client.read_reply();
  if (!theirs) return theirs.error();
  pugi::xml_document greeted;
  greeted.load_buffer(theirs->data(), theirs->size());
  const auto refusals = refusals_of(greeted.document_element());
  if (!refusals.empty()) return refusals.front().error;
  std::string greeting(kHello);
  if (!client.socket_.write_all(greeting.append(kEndOfMessage))) return lost();
  client.reader_.use(Framing::chunked);
  return client;
}

bool Client::send(std::string_view message) const {
  std::string frame = chunk_header(message.size());
  frame += message;
  frame += kEndOfChunks;
  return socket_.write_all(frame);
}

Result<Piece> Client::read_piece() {
  std::string bytes;
  while (true) {
    auto piece = reader_.next_piece();
    if (!piece) return piece.error();
    if (*piece) return std::move(**piece);
    if (!socket_.read_some(bytes)) return lost();
    reader_.feed(bytes);
    bytes.clear();
  }
}

bool Action::has(std::string_view wanted) const {
  return std::ranges::any_of(inputs, [&](const auto& input) { return input.first == wanted; });
}

std::string_view Action::input(std::string_view wanted) const {
  for (const auto& [input_name, value] : inputs) {
    if (input_name == wanted) return value;
  }
  return {};
}

bool Client::has_notices() const {
  pollfd state{socket_.fd(), POLLIN, 0};
  return reader_.held() > 0 || ::poll(&state, 1, 0) > 0;
}

std::vector<Notice> Client::take_notices() {
  listen();
  return std::exchange(notices_, {});
}

bool Client::alive() {
  listen();
  return !over_;
}

// Unasked the daemon says nothing but notices: anything else is its end.
void Client::listen() {
  while (!over_ && has_notices()) {
    over_ = !hear_notice();
  }
}

bool Client::hear_notice() {
  auto message = read_piece();
  if (!message || !read_rest(*message)) return false;
  return take_notice(message->bytes) && !told_to_end_;
}

bool Client::take_notice(std::string_view message) {
  pugi::xml_document document;
  if (!message.starts_with(kNotice) || !document.load_buffer(message.data(), message.size())) return false;
  const pugi::xml_node notice = document.document_element();
  notices_.push_back({notice.text().get(), notice.attribute("ends").as_bool()});
  told_to_end_ = told_to_end_ || notices_.back().ends;
  return true;
}

// Makes a message's first piece the whole message.
Status Client::read_rest(Piece& piece) {
  while (!piece.last) {
    auto more = read_piece();
    if (!more) return more.error();
    piece.bytes += more->bytes;
    piece.last = more->last;
  }
  return {};
}

// Of an answer: notices may come before it.
Result<Piece> Client::read_first_piece() {
  while (true) {
    auto piece = read_piece();
    const std::string_view begin = piece ? std::string_view(piece->bytes).substr(0, kNotice.size()) : "";
    if (!piece || !kNotice.starts_with(begin)) return piece;
    if (auto whole = read_rest(*piece); !whole) return whole.error();
    if (!take_notice(piece->bytes)) return piece;
  }
}

Result<Answer> Client::command(const Line& line, Listener& listener) {
  if (!send(request_of(line, "command", next_id_++))) return lost();
  listener.asked();
  ReplyText reply(listener);
  Answer answer;
  for (bool first = true, last = false; !last; first = false) {
    auto piece = first ? read_first_piece() : read_piece();
    if (!piece) return piece.error();
    answer.stopped = !reply.feed(piece->bytes);
    if (answer.stopped) return answer;
    last = piece->last;
  }
  pugi::xml_document document;
  const std::string rest = reply.rest();
  if (!document.load_buffer(rest.data(), rest.size())) return lost();
  const pugi::xml_node root = document.document_element();
  answer.refusals = refusals_of(root);
  for (const pugi::xml_node& element : root.children("cli-action")) {
    Action& action = answer.actions.emplace_back();
    action.name = element.attribute("name").value();
    for (const pugi::xml_node& input : element) action.inputs.emplace_back(input.name(), input.text().get());
  }
  return answer;
}

Result<Suggestions> Client::complete(const Line& line) {
  if (!send(request_of(line, "complete", next_id_++))) return lost();
  auto reply = read_reply();
  if (!reply) return reply.error();
  pugi::xml_document document;
  if (!document.load_buffer(reply->data(), reply->size(),
                            pugi::parse_default | pugi::parse_ws_pcdata_single)) {
    return lost();
  }
  const pugi::xml_node root = document.document_element();
  Suggestions suggestions;
  suggestions.refusals = refusals_of(root);
  const pugi::xml_node completions = root.child("completions");
  suggestions.position = completions.attribute("position").as_uint();
  for (const pugi::xml_node& item : completions.children("item")) {
    Suggestion& suggestion = suggestions.items.emplace_back();
    suggestion.text = item.attribute("text").value();
    suggestion.help = item.attribute("help").value();
    suggestion.kind = suggestion_kind(item.attribute("kind").value());
    suggestion.mark = *item.attribute("mark").as_string(" ");
  }
  return suggestions;
}

Result<std::string> Client::rpc(std::string_view body, std::string_view attributes) {
  const std::string request =
      fmt::format("<rpc message-id=\"{}\" client=\"cli\" {}>{}</rpc>", next_id_++, attributes, body);
  if (!send(request)) return lost();
  return read_reply();
}

Status Client::order(std::string_view body) {
  const auto reply = rpc(body);
  if (!reply) return reply.error();
  pugi::xml_document document;
  if (!document.load_buffer(reply->data(), reply->size())) return lost();
  for (const Refusal& refusal : refusals_of(document.document_element())) {
    if (!refusal.warning) return refusal.error;
  }
  return {};
}

Result<std::string> Client::read_reply() {
  auto piece = read_first_piece();
  if (!piece) return piece.error();
  if (auto whole = read_rest(*piece); !whole) return whole.error();
  return std::move(piece->bytes);
}

}  // namespace sluice::doors
