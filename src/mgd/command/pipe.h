// Pipes: what follows '|' in a command: how the reply is displayed, and which of its lines.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "mgd/render/output.h"

namespace sluice::command {

// `rpc`: the request itself, as a program would send it.
enum class Display { text, xml, json, set, rpc };

// Where the caller is to put the reply's text, with its own rights.
struct Destination {
  enum class Kind { screen, save, append } kind = Kind::screen;
  std::string file;
};

enum class PipeKind { match, except, find, count, last, no_more, trim };

struct Pipe {
  PipeKind kind;
  std::string pattern;     // match, except, find
  std::size_t number = 0;  // of lines for `last`, 0: a screenful; of columns for `trim`
};

// A chain of line filters in front of an Output. finish() passes on what `count` and `last` kept back.
class Pipeline : public render::Output {
 public:
  // Fails when a pattern is not a regular expression.
  static Result<std::unique_ptr<Pipeline>> make(const std::vector<Pipe>& pipes, render::Output& out,
                                                std::size_t screenful = kScreenful);
  // Of a caller who does not say how many lines his screen has.
  static constexpr std::size_t kScreenful = 24;

  virtual void finish() = 0;
};

}  // namespace sluice::command
