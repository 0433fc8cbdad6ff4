#include <fmt/format.h>

#include "mgd/render/layouts.h"

// show security nat source port-block, deterministic.
namespace sluice::render {
namespace {

std::string ports_of(const View& block) {
  return fmt::format("{}-{}", block["blk-low-port"], block["blk-high-port"]);
}
std::string used_of(const View& block) {
  return fmt::format("{}/{}*{}", block["blk-ports-used"], block["blk-ports-total"], block["blk-ports-ol"]);
}

// Deterministic pools say less of themselves, in wider columns.
void print_pool(const View& pool, Page& page) {
  const bool allocated = pool.has("pba-per-host");
  page.print("Pool name: {}\n", pool["pba-pool-name"]);
  page.print("Port-overloading-factor: {:>5}     Port block size: {:>{}}\n", pool["pba-olfactor"],
             pool["pba-size"], allocated ? 4 : 1);
  if (allocated) {
    page.print("Max port blocks per host: {:>4}     Port block active timeout: {:>4}\n", pool["pba-per-host"],
               pool["pba-timeout"]);
  }
  page.print("Used/total port blocks: {}/{}\n", pool["pba-blk-used"], pool["pba-blk-total"]);
  const auto blocks = pool.children("pba-blk-table-entry");
  if (!allocated) {
    page.print("{:<30}{:<36}{:<24}{}\n", "Host_IP", "External_IP", "Port_Block", "Ports_Used/");
    page.print("{:<68}{:<22}{}\n", "", "Range", "Ports_Total");
    for (const View& block : blocks) {
      page.print("{:<30}{:<36}{:<28}{}\n", block["blk-internal-ip"], block["blk-reflexive-ip"],
                 ports_of(block), used_of(block));
    }
    return;
  }
  page.print("{:<30}{:<31}{:<12}{:<18}{}\n", "Host_IP", "External_IP", "Port_Block", "Ports_Used/",
             "Block_State/");
  page.print("{:<61}{:<12}{:<18}{}\n", "", "Range", "Ports_Total", "Left_Time(s)");
  for (const View& block : blocks) {
    page.print("{:<30}{:<31}{:<12}{:<18}{}/{}\n", block["blk-internal-ip"], block["blk-reflexive-ip"],
               ports_of(block), used_of(block), block["blk-status"], block["blk-left-time"]);
  }
}

void print_pool_after_others(const View& pool, Page& page) {
  if (page.records != 0) page.print("\n");
  print_pool(pool, page);
}

}  // namespace

const TextLayout kPortBlocks{"pba-pool-info-entry", print_pool_after_others, nullptr};

}  // namespace sluice::render
