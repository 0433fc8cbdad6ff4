// LiveNames: the names that exist now, for completion.
#pragma once

#include "mgd/command/completion.h"
#include "mgd/rpc/rpc.h"

namespace sluice::rpc {

// Zones, interfaces and policies are those of the committed configuration; only ids that flowd gives are
// asked of flowd. Whatever cannot be known is left out: completion refuses nothing for it.
class LiveNames : public command::Names {
 public:
  explicit LiveNames(const Context& context) : context_(context) {}

  [[nodiscard]] std::vector<Suggestion> of(std::string_view kind) const override;
  [[nodiscard]] command::Suggestions words(std::string_view kind, std::string_view text,
                                           command::From from) const override;

 private:
  const Context& context_;
};

// As the command line knows them.
command::Suggestions suggestions_of(config::Suggestions found);

}  // namespace sluice::rpc
