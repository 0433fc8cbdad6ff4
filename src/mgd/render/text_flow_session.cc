#include "mgd/render/layouts.h"

// show security flow session: brief, extensive, summary; and what clearing prints.
namespace sluice::render {
namespace {

bool recent(const Page& page) {
  return forms_of(page.profile).modern;
}

void tuple(const View& wing, Page& page) {
  page.put(wing["source-address"], "/", wing["source-port"], " --> ", wing["destination-address"], "/",
           wing["destination-port"], ";", wing["protocol"]);
}

void resource_line(const View& session, Page& page) {
  const View resource = session.child("resource-manager-information");
  if (!resource) return;
  page.print("  Resource information : {}, {}, {}\n", resource["client-name"], resource["group-identifier"],
             resource["resource-identifier"]);
}

void brief_wing(const View& wing, Page& page) {
  page.put("  ", wing["direction"], ": ");
  tuple(wing, page);
  if (recent(page)) page.put(", Conn Tag: ", wing["conn-tag"]);
  page.put(", If: ", wing["interface-name"], ", Pkts: ", wing["pkt-cnt"], ", Bytes: ", wing["byte-cnt"],
           recent(page) ? ", \n" : "\n");
}

// Ends the first line of a session: with its logical system where those of several are listed.
void system_words(const View& session, Page& page) {
  const std::string_view words = session.child("logical-system").attribute("junos:format");
  page.put(words.empty() ? "" : ", ", words, "\n");
}

void brief(const View& session, Page& page) {
  page.put("Session ID: ", session["session-identifier"], ", Policy name: ", session["policy"],
           ", Timeout: ", session["timeout"], recent(page) ? ", Session State: " : ", ",
           session["sess-state"]);
  system_words(session, page);
  resource_line(session, page);
  for (const View& wing : session.children("flow-information")) brief_wing(wing, page);
}

void extensive_wing(const View& wing, Page& page) {
  page.print("   {}: ", wing["direction"]);
  tuple(wing, page);
  page.print(", \n");
  if (recent(page)) page.print("  Conn Tag: {}, ", wing["conn-tag"]);
  if (forms_of(page.profile).flow_cookie) page.print("Attachment Id: 0, GW Endpoint Id: 0, Flow Cookie: 0, ");
  page.print("{}Interface: {}, \n", recent(page) ? "" : "    ", wing["interface-name"]);
  page.print("    Session token: {}, Flag: {}, \n", wing["session-token"], wing["flag"]);
  if (forms_of(page.profile).flow_cookie) page.print("    Power-Mode Active: False \n");
  page.print("    Route: {}, Gateway: {}, ", wing["route"], wing["gateway"]);
  page.print("{}", recent(page) ? "Tunnel ID: 0, Tunnel type: None, \n" : "Tunnel: 0\n");
  page.print("    Port sequence: {}, FIN sequence: {}, \n", wing["port-sequence"], wing["fin-sequence"]);
  page.print("    FIN state: {}, \n", wing["fin-state"]);
  page.print("    Pkts: {}, Bytes: {}\n", wing["pkt-cnt"], wing["byte-cnt"]);
}

void extensive(const View& session, Page& page) {
  page.print("Session ID: {}, Status: {}", session["session-identifier"], session["status"]);
  system_words(session, page);
  page.print("{}: {}\n", recent(page) ? "Flags" : "Flag", session["session-flag"]);
  page.print("Policy name: {}\n", session["policy"]);
  page.print("Source NAT pool: {}", session["nat-source-pool-name"]);
  if (session.has("application-name")) {
    page.print(", Application: {}/{}", session["application-name"], session["application-value"]);
  }
  page.print("\nDynamic application: {}, \n", session["dynamic-application-name"]);
  if (recent(page)) page.print("Encryption:  Unknown\nUrl-category:  Unknown\n");
  page.print("Application traffic control rule-set: {}, Rule: {}\n",
             session["application-traffic-control-rule-set-name"],
             session["application-traffic-control-rule-name"]);
  page.print("Maximum timeout: {}, Current timeout: {}\n", session["configured-timeout"], session["timeout"]);
  page.print("Session State: {}\n", session["sess-state"]);
  page.print("Start time: {}, Duration: {}\n", session["start-time"], session["duration"]);
  resource_line(session, page);
  for (const View& wing : session.children("flow-information")) extensive_wing(wing, page);
}

void print_session(const View& session, Page& page) {
  if (page.records > 0) page.print("\n");
  if (session.attribute("junos:style") == "extensive") {
    extensive(session, page);
  } else {
    brief(session, page);
  }
}

void print_summary(const View& summary, Page& page) {
  page.print("Unicast-sessions: {}\n", summary["active-unicast-sessions"]);
  page.print("Multicast-sessions: {}\n", summary["active-multicast-sessions"]);
  if (recent(page))
    page.print("Services-offload-sessions: {}\n", summary["active-services-offload-sessions"]);
  page.print("Failed-sessions: {}\n", summary["failed-sessions"]);
  if (recent(page)) page.print("Sessions-in-drop-flow: {}\n", summary["active-drop-sessions"]);
  page.print("Sessions-in-use: {}\n", summary["active-sessions"]);
  page.print("  Valid sessions: {}\n", summary["active-session-valid"]);
  page.print("  Pending sessions: {}\n", summary["active-session-pending"]);
  page.print("  Invalidated sessions: {}\n", summary["active-session-invalidated"]);
  page.print("  Sessions in other states: {}\n", summary["active-session-other"]);
  page.print("Maximum-sessions: {}\n", summary["max-sessions"]);
}

void print_document(const View& document, Page& page) {
  if (document.name() == "flow-session-summary-information") return print_summary(document, page);
  if (document.has("displayed-session-valid")) {
    page.print("Valid sessions: {}\n", document["displayed-session-valid"]);
    page.print("Pending sessions: {}\n", document["displayed-session-pending"]);
    page.print("Invalidated sessions: {}\n", document["displayed-session-invalidated"]);
    page.print("Sessions in other states: {}\n", document["displayed-session-other"]);
  }
  // Absent when the list broke off: then no total may look final.
  if (document.has("displayed-session-count"))
    page.print("Total sessions: {}\n", document["displayed-session-count"]);
}

void print_cleared(const View& document, Page& page) {
  page.print("{} active sessions cleared\n", document["cleared-flow-session-count"]);
}

}  // namespace

const TextLayout kFlowSession{"flow-session", print_session, print_document};
const TextLayout kClearSession{"", nullptr, print_cleared};

}  // namespace sluice::render
