#include <fmt/format.h>

#include "mgd/render/layouts.h"

// show security nat source persistent-nat-table.
namespace sluice::render {
namespace {

void print_line(Page& page, std::string_view in_ip, std::string_view in_port, std::string_view in_protocol,
                std::string_view rest) {
  page.print("{:<15} {:<7} {:<7} {}\n", in_ip, in_port, in_protocol, rest);
}

std::string reflexive(std::string_view ip, std::string_view port, std::string_view protocol,
                      std::string_view rest) {
  return fmt::format("{:<15} {:<8} {:<7} {}", ip, port, protocol, rest);
}

std::string terms(std::string_view pool, std::string_view type, std::string_view times,
                  std::string_view sessions, std::string_view rule) {
  return fmt::format("{:<16} {:<16} {:<10} {:<14} {}", pool, type, times, sessions, rule);
}

void print_binding(const View& binding, Page& page) {
  if (page.records == 0) {
    print_line(
        page, "Internal", "", "",
        reflexive("Reflexive", "", "", terms("Source", "Type", "Left_time/", "Curr_Sess_Num/", "Source")));
    print_line(page, "In_IP", "In_Port", "I_Proto",
               reflexive("Ref_IP", "Ref_Port", "R_Proto",
                         terms("NAT Pool", "", "Conf_time", "Max_Sess_Num", "NAT Rule")));
  }
  const auto field = [&](const char* name) { return binding[name]; };
  print_line(
      page, field("persist-nat-internal-ip"), field("persist-nat-internal-port"),
      field("persist-nat-internal-proto"),
      reflexive(field("persist-nat-reflexive-ip"), field("persist-nat-reflexive-port"),
                field("persist-nat-reflexive-proto"),
                terms(field("persist-nat-pool-name"), field("persist-nat-type"),
                      fmt::format("{}/{}", field("persist-nat-left-time"), field("persist-nat-config-time")),
                      fmt::format("{}/{}", field("persist-nat-current-session-num"),
                                  field("persist-nat-max-session-num")),
                      field("persist-nat-rule-name"))));
}

void print_statistic(const View& document, Page& page) {
  for (const View& one : document.children("persist-nat-table-statistic")) {
    page.print("Persistent NAT Table Statistics{}\n", one["persist-nat-spu-id"]);
    page.print(" binding total : {}\n", one["persist-nat-binding-total"]);
    page.print(" binding in use : {}\n", one["persist-nat-binding-in-use"]);
  }
}

}  // namespace

const TextLayout kPersistentNat{"persist-nat-table-entry", print_binding, print_statistic};

}  // namespace sluice::render
