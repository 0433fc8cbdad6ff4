#include "mgd/doors/client.h"

#include <fmt/format.h>

#include <pugixml.hpp>

#include "base/xml_text.h"
#include "mgd/doors/reply_text.h"

namespace sluice::doors {
namespace {

constexpr std::string_view kHello =
    "<hello xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\"><capabilities>"
    "<capability>urn:ietf:params:netconf:base:1.1</capability></capabilities></hello>";

Error lost() {
  return {"operation-failed", "", "the connection to the management process (sluice-mgd) is lost"};
}

Refusal refusal_of(const pugi::xml_node& error) {
  Refusal refusal{
      {error.child_value("error-tag"), error.child_value("error-path"), error.child_value("error-message")},
      std::nullopt};
  if (const pugi::xml_node position = error.child("error-info").child("position")) {
    refusal.position = position.text().as_uint();
  }
  return refusal;
}

}  // namespace

Result<Client> Client::connect(const std::string& path) {
  auto socket = connect_to(path);
  if (!socket) return socket.error();
  Client client(std::move(*socket));
  std::string greeting(kHello);
  if (!client.socket_.write_all(greeting.append(kEndOfMessage))) return lost();
  auto theirs = client.read_piece();
  if (!theirs) return theirs.error();
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

Result<std::vector<Refusal>> Client::command(std::string_view line, const std::vector<Attachment>& files,
                                             std::string_view ssh_connection,
                                             const std::function<void(std::string_view)>& on_text) {
  std::string request = fmt::format("<rpc message-id=\"{}\" client=\"cli\"", next_id_++);
  if (!ssh_connection.empty()) {
    request += " ssh-connection=\"";
    append_xml_text(request, ssh_connection);
    request += '"';
  }
  request += "><command format=\"text\">";
  append_xml_text(request, line);
  request += "</command>";
  for (const Attachment& file : files) {
    request += "<file name=\"";
    append_xml_text(request, file.name);
    request += "\">";
    append_xml_text(request, file.content);
    request += "</file>";
  }
  if (!send(request + "</rpc>")) return lost();

  ReplyText reply(on_text);
  for (bool last = false; !last;) {
    auto piece = read_piece();
    if (!piece) return piece.error();
    reply.feed(piece->bytes);
    last = piece->last;
  }
  pugi::xml_document document;
  const std::string rest = reply.rest();
  if (!document.load_buffer(rest.data(), rest.size())) return lost();
  std::vector<Refusal> refusals;
  for (const pugi::xml_node& error : document.document_element().children("rpc-error")) {
    refusals.push_back(refusal_of(error));
  }
  return refusals;
}

Result<std::string> Client::rpc(std::string_view body, std::string_view attributes) {
  const std::string request =
      fmt::format("<rpc message-id=\"{}\" client=\"cli\" {}>{}</rpc>", next_id_++, attributes, body);
  if (!send(request)) return lost();
  std::string reply;
  for (bool last = false; !last;) {
    auto piece = read_piece();
    if (!piece) return piece.error();
    reply += piece->bytes;
    last = piece->last;
  }
  return reply;
}

}  // namespace sluice::doors
