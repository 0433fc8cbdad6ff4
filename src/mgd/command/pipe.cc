#include "mgd/command/pipe.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <deque>
#include <functional>

namespace sluice::command {
namespace {

// One step. It gets whole lines, without their line feed.
class Filter {
 public:
  virtual ~Filter() = default;
  virtual void line(std::string_view text, const std::function<void(std::string_view)>& next) = 0;
  virtual void finish(const std::function<void(std::string_view)>&) {}
};

// RE2, because an operator writes the pattern: its memory and time are bounded, where regcomp() takes all
// memory for "x++++++++++".
class Pattern : public Filter {
 public:
  explicit Pattern(const Pipe& pipe) : kind_(pipe.kind), regex_(pipe.pattern, options()) {}

  // Empty: the pattern is a regular expression.
  [[nodiscard]] const std::string& error() const { return regex_.error(); }

  void line(std::string_view text, const std::function<void(std::string_view)>& next) override {
    if (kind_ == PipeKind::find && found_) return next(text);
    const bool matches = re2::RE2::PartialMatch({text.data(), text.size()}, regex_);
    found_ = found_ || matches;
    if (matches != (kind_ == PipeKind::except)) next(text);
  }

 private:
  static re2::RE2::Options options() {
    re2::RE2::Options options;
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    options.set_never_capture(true);
    return options;
  }

  PipeKind kind_;
  re2::RE2 regex_;
  bool found_ = false;
};

class Count : public Filter {
 public:
  void line(std::string_view, const std::function<void(std::string_view)>&) override { ++lines_; }
  void finish(const std::function<void(std::string_view)>& next) override {
    next(fmt::format("Count: {} lines", lines_));
  }

 private:
  std::size_t lines_ = 0;
};

class Last : public Filter {
 public:
  explicit Last(std::size_t lines) : keep_(lines) {}

  void line(std::string_view text, const std::function<void(std::string_view)>&) override {
    kept_.emplace_back(text);
    if (kept_.size() > keep_) kept_.pop_front();
  }
  void finish(const std::function<void(std::string_view)>& next) override {
    for (const std::string& text : kept_) next(text);
  }

 private:
  std::size_t keep_;
  std::deque<std::string> kept_;
};

// Of characters, not of bytes.
class Trim : public Filter {
 public:
  explicit Trim(std::size_t columns) : columns_(columns) {}

  void line(std::string_view text, const std::function<void(std::string_view)>& next) override {
    std::size_t at = 0;
    for (std::size_t left = columns_; at < text.size(); ++at) {
      if ((static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) continue;
      if (left-- == 0) break;
    }
    next(text.substr(at));
  }

 private:
  std::size_t columns_;
};

class LinePipeline : public Pipeline {
 public:
  LinePipeline(std::vector<std::unique_ptr<Filter>> filters, render::Output& out)
      : filters_(std::move(filters)), buffer_(out) {}

  void write(std::string_view bytes) override {
    if (filters_.empty()) {
      buffer_ << bytes;
      buffer_.flush();
      return;
    }
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      partial_ += bytes.substr(0, end);
      if (end == std::string_view::npos) return;
      pass(0, partial_);
      partial_.clear();
      bytes.remove_prefix(end + 1);
    }
  }

  void finish() override {
    if (!partial_.empty()) pass(0, partial_);
    partial_.clear();
    for (std::size_t i = 0; i < filters_.size(); ++i) {
      filters_[i]->finish([this, i](std::string_view text) { pass(i + 1, text); });
    }
    buffer_.flush();
  }

  [[nodiscard]] bool wanted() const override { return buffer_.wanted(); }

 private:
  void pass(std::size_t step, std::string_view text) {
    if (step == filters_.size()) {
      buffer_ << text << "\n";
    } else {
      filters_[step]->line(text, [this, step](std::string_view kept) { pass(step + 1, kept); });
    }
  }

  std::vector<std::unique_ptr<Filter>> filters_;
  render::Buffer buffer_;
  std::string partial_;
};

Result<std::unique_ptr<Filter>> pattern_filter(const Pipe& pipe) {
  auto pattern = std::make_unique<Pattern>(pipe);
  if (!pattern->error().empty()) {
    return Error{"invalid-value", pipe.pattern,
                 fmt::format("not a regular expression ({})", pattern->error())};
  }
  return std::unique_ptr<Filter>(std::move(pattern));
}

}  // namespace

Result<std::unique_ptr<Pipeline>> Pipeline::make(const std::vector<Pipe>& pipes, render::Output& out,
                                                 std::size_t screenful) {
  std::vector<std::unique_ptr<Filter>> filters;
  for (const Pipe& pipe : pipes) {
    switch (pipe.kind) {
      case PipeKind::no_more:
        break;
      case PipeKind::count:
        filters.push_back(std::make_unique<Count>());
        break;
      case PipeKind::last:
        filters.push_back(std::make_unique<Last>(pipe.number > 0 ? pipe.number : screenful));
        break;
      case PipeKind::trim:
        filters.push_back(std::make_unique<Trim>(pipe.number));
        break;
      default: {
        auto filter = pattern_filter(pipe);
        if (!filter) return filter.error();
        filters.push_back(std::move(*filter));
      }
    }
  }
  return std::unique_ptr<Pipeline>(std::make_unique<LinePipeline>(std::move(filters), out));
}

}  // namespace sluice::command
