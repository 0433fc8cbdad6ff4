#include "mgd/render/layouts.h"

// help, help apropos.
namespace sluice::render {
namespace {

void print_help(const View& help, Page& page) {
  for (const View& text : help.children("text")) page.put(text.value(), "\n");
}

}  // namespace

const TextLayout kHelp{"", nullptr, print_help};

}  // namespace sluice::render
