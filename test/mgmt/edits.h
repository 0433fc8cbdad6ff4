// Requests about the candidate configuration that several tests make.
#pragma once

#include <gtest/gtest.h>

#include <pugixml.hpp>
#include <string>

#include "base/xml_text.h"
#include "world.h"

namespace sluice::test {

inline constexpr const char* kLoaded = "loaded";

inline std::string set_request(std::string_view commands) {
  std::string request = "<load-configuration action=\"set\"><configuration-set>";
  append_xml_text(request, commands);
  return request + "</configuration-set></load-configuration>";
}

// "loaded", or the refusal.
inline std::string load_set(World& world, std::string_view commands) {
  const std::string reply = world.rpc(set_request(commands));
  return reply.find("<ok/>") != std::string::npos ? kLoaded : reply;
}

// What is committed of it, as a command: "set system host-name fw1\n".
inline std::string host_name(World& world) {
  return world.ask("show configuration system host-name | display set").text;
}

// Of the candidate from the committed configuration: "\n" when there is none.
inline std::string difference(World& world) {
  pugi::xml_document document;
  const std::string reply =
      world.rpc("<get-configuration compare=\"rollback\" rollback=\"0\" format=\"text\"/>");
  const auto kept = pugi::parse_default | pugi::parse_ws_pcdata_single;
  EXPECT_TRUE(document.load_buffer(reply.data(), reply.size(), kept));
  return document.child("rpc-reply")
      .child("configuration-information")
      .child("configuration-output")
      .text()
      .get();
}

}  // namespace sluice::test
