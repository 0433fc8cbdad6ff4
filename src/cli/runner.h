// Runner: runs one command line at the management daemon and shows the answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mgd/doors/client.h"

namespace sluice::cli {

// Whether an error is preceded by the command, so that the caret below it points somewhere; at a
// prompt the line is on the screen already.
enum class EchoCommand { yes, no };

bool is_exit(std::string_view line);

class Runner {
 public:
  explicit Runner(std::string socket) : socket_(std::move(socket)) {}

  // The answer goes to stdout, refusals to stderr. False: it was refused or could not be asked.
  // `prompt_width` is where the line begins on the screen.
  bool run(std::string_view line, EchoCommand echo, std::size_t prompt_width = 0);
  // The answer's text, shown to nobody; nullopt when it was refused.
  std::optional<std::string> ask(std::string_view line);

 private:
  bool connect();
  void show(const doors::Refusal& refusal, std::string_view line, EchoCommand echo,
            std::size_t prompt_width) const;

  std::string socket_;
  std::optional<doors::Client> client_;
};

}  // namespace sluice::cli
