#include "mgd/render/layouts.h"

// show log: files as ls lists them, or one's lines.
namespace sluice::render {
namespace {

void print_line(const View& line, Page& page) {
  page.put(line.value(), "\n");
}

void print_files(const View& document, Page& page) {
  const View directory = document.child("directory");
  if (!directory) return;
  page.print("total {}\n", directory["total-file-blocks"]);
  for (const View& file : directory.children("file-information")) {
    page.print("{} {:>2} {:<5} {:<5} {:>11} {} {}\n",
               file.child("file-permissions").attribute("junos:format"), file["file-links"],
               file["file-owner"], file["file-group"], file["file-size"],
               file.child("file-date").attribute("junos:format"), file["file-name"]);
  }
}

}  // namespace

const TextLayout kLog{"file-content", print_line, print_files};

}  // namespace sluice::render
