// Any line that an operator may type is either refused with a place in it and a sentence, or becomes an
// operation whose inputs every other door would accept too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "mgd/command/command.h"

namespace {

using namespace sluice;
using command::Entry;

constexpr Entry kTable[] = {
    {"show security flow session", "get-flow-session-information"},
    {"show security flow session", "get-flow-session-information-by-session-identifier"},
    {"show security flow statistics", "get-flow-statistics-all"},
    {"show security policies", "get-firewall-policies"},
    {"show security policies hit-count", "get-security-policies-hit-count"},
    {"show interfaces", "get-interface-information"},
    {"show route", "get-route-information"},
    {"show configuration", "get-configuration"},
    {"clear security flow session", "clear-flow-session"},
    {"clear security flow session all", "clear-flow-session-all"},
    {"clear security flow session", "clear-flow-session-by-session-identifier"},
    {"commit", "commit-configuration"},
};

const command::RpcSchema& schema() {
  static const command::RpcSchema loaded = command::RpcSchema::load(SLUICE_YANG_DIR).value();
  return loaded;
}
const command::Grammar& grammar() {
  static const command::Grammar built = command::Grammar::build(schema(), kTable).value();
  return built;
}

class Nowhere final : public render::Output {
 public:
  void write(std::string_view) override {}
};

}  // namespace

// Whatever may be typed next, the place it would stand at is in the line, and a refusal has words.
static void complete(std::string_view line) {
  const command::Suggestions found = grammar().complete(line, command::NoNames());
  check(found.position <= line.size(), "the word at the cursor begins in the line");
  check(!found.error || (found.error_position <= line.size() && !found.error->message.empty()),
        "what is wrong has a place and words");
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(bytes), size);
  complete(line);
  const command::Parsed parsed = grammar().parse(line);
  if (!parsed.command) {
    check(parsed.error_position <= size, "an error stands in the line");
    check(!parsed.command.error().message.empty(), "an error has words");
    return 0;
  }
  check(parsed.command->entry < std::size(kTable), "the operation is in the table");
  for (const command::Input& input : parsed.command->inputs) {
    check(input.position <= size, "a value stands in the line");
  }
  const command::Rpc* rpc = schema().find(kTable[parsed.command->entry].rpc);
  std::vector<command::Input> inputs = parsed.command->inputs;
  const Status accepted = grammar().check_inputs(*rpc, inputs);
  check(accepted.has_value(), accepted ? "" : accepted.error().message.c_str());
  check(
      std::ranges::equal(inputs, parsed.command->inputs, {}, &command::Input::value, &command::Input::value),
      "a canonical value stays as it is");
  Nowhere nowhere;
  const auto pipeline = command::Pipeline::make(parsed.command->pipes, nowhere);
  check(pipeline.has_value() || !pipeline.error().message.empty(), "a refused pattern has words");
  return 0;
}
