// Any line that an operator may type, in either mode and of every command that there is, is refused with a
// place in it and a sentence, or becomes an operation whose inputs every other door would accept too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "mgd/command/command.h"
#include "mgd/rpc/rpc.h"

namespace {

using namespace sluice;
const std::vector<command::Entry>& table() {
  static const std::vector<command::Entry> all = rpc::commands();
  return all;
}
const command::RpcSchema& schema() {
  static const command::RpcSchema loaded = command::RpcSchema::load(SLUICE_YANG_DIR).value();
  return loaded;
}
const command::Grammar& grammar() {
  static const command::Grammar built = command::Grammar::build(schema(), table()).value();
  return built;
}

class Nowhere final : public render::Output {
 public:
  void write(std::string_view) override {}
};

// Whatever may be typed next, the place it would stand at is in the line, and a refusal has words.
void complete(std::string_view line, command::Mode mode) {
  const command::Suggestions found = grammar().complete(line, command::NoNames(), mode);
  check(found.position <= line.size(), "the word at the cursor begins in the line");
  check(!found.error || (found.error_position <= line.size() && !found.error->message.empty()),
        "what is wrong has a place and words");
}

void expect_acceptable(const command::Command& command, std::size_t size, command::Mode mode) {
  check(command.entry < table().size(), "the operation is in the table");
  const command::Entry& entry = table()[command.entry];
  check(mode == command::Mode::configuration || entry.mode == mode, "the operation is of this mode");
  for (const command::Input& input : command.inputs) {
    check(input.position <= size, "a value stands in the line");
  }
  std::vector<command::Input> inputs = command.inputs;
  const Status accepted = grammar().check_inputs(*schema().find(entry.rpc), inputs);
  check(accepted.has_value(), accepted ? "" : accepted.error().message.c_str());
  check(std::ranges::equal(inputs, command.inputs, {}, &command::Input::value, &command::Input::value),
        "a canonical value stays as it is");
  check(!grammar().spelled(entry, command.inputs).empty(), "the audit log has words for it");
  Nowhere nowhere;
  const auto pipeline = command::Pipeline::make(command.pipes, nowhere);
  check(pipeline.has_value() || !pipeline.error().message.empty(), "a refused pattern has words");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(bytes), size);
  for (const command::Mode mode : {command::Mode::operational, command::Mode::configuration}) {
    complete(line, mode);
    const command::Parsed parsed = grammar().parse(line, mode);
    if (parsed.command) {
      expect_acceptable(*parsed.command, size, mode);
      continue;
    }
    check(parsed.error_position <= size, "an error stands in the line");
    check(!parsed.command.error().message.empty(), "an error has words");
  }
  return 0;
}
