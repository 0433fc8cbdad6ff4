#include "flowd/logship/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "flowd/logship/name_table.h"
#include "flowd/logship/put.h"

namespace sluice::logship {

// Collects literals until a value comes: neighbouring constants melt into one literal.
class PlanWriter {
 public:
  void literal(std::string_view text) { pending_ += text; }

  void value(Value value) {
    step(value);
    pending_.clear();
  }

  [[nodiscard]] Plan finish() {
    if (!pending_.empty()) {
      step(Value::constant);
    }
    plan_.text_.resize(plan_.text_.size() + kSlack);
    return std::move(plan_);
  }

 private:
  void step(Value value) {
    check(pending_.size() < 65536, "a log message's literal is short");
    plan_.steps_.push_back({.literal = static_cast<std::uint32_t>(plan_.text_.size()),
                            .size = static_cast<std::uint16_t>(pending_.size()),
                            .value = value});
    plan_.text_.insert(plan_.text_.end(), pending_.begin(), pending_.end());
  }

  std::string pending_;
  Plan plan_;
};

namespace {

struct Context {
  const Shape& shape;
  const FormatOptions& options;
};

const Attribute& attribute(std::string_view name) {
  const Attribute* found = find_attribute(name);
  check(found != nullptr, "a log message names an attribute that is not in the table");
  return *found;
}

void write_value(PlanWriter& out, const Attribute& what, const Context& context) {
  const auto changed = std::ranges::find(context.shape.overrides, what.name, &Override::attribute);
  if (changed != context.shape.overrides.end()) {
    out.literal(escaped(changed->constant, escape_of(context.options)));
  } else if (what.value == Value::constant) {
    out.literal(escaped(what.constant, escape_of(context.options)));
  } else {
    out.value(what.value);
  }
}

std::string priority(const Context& context) {
  return fmt::format("<{}>", static_cast<unsigned>(context.options.facility) * 8 +
                                 static_cast<unsigned>(context.shape.severity));
}

std::vector<std::string_view> words(std::string_view list) {
  std::vector<std::string_view> found;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    found.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return found;
}

// A structured message's attributes, ours last.
std::vector<std::string_view> structured_attributes(const Context& context) {
  std::vector<std::string_view> names;
  for (const std::string_view part : context.shape.attributes) {
    std::ranges::copy(words(part), std::back_inserter(names));
  }
  for (const std::string_view extra : words(extra_attributes(context.shape.process))) {
    if (std::ranges::find(names, extra) == names.end()) {
      names.push_back(extra);
    }
  }
  return names;
}

// "created {source-address}/{source-port}..."
void write_template(PlanWriter& out, std::string_view text, const Context& context) {
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    out.literal(text.substr(0, open));
    text.remove_prefix(open);
    if (text.empty()) {
      return;
    }
    const std::size_t close = text.find('}');
    check(close != std::string_view::npos, "a log message's text closes its braces");
    write_value(out, attribute(text.substr(1, close - 1)), context);
    text.remove_prefix(close + 1);
  }
}

void write_syslog(PlanWriter& out, const Context& context) {
  out.literal(priority(context));
  out.value(Value::timestamp);
  const std::string& host = context.options.host_name;
  out.literal(host.empty() ? std::string() : " " + host);
  out.literal(fmt::format(" {}: {}: ", context.shape.process, context.shape.name));
  for (const std::string_view part : context.shape.text) {
    write_template(out, part, context);
  }
}

void write_structured(PlanWriter& out, const Context& context) {
  const FormatOptions& options = context.options;
  out.literal(priority(context) + "1 ");
  out.value(Value::timestamp);
  out.literal(fmt::format(" {} {} - {} [{}", options.host_name.empty() ? "-" : options.host_name,
                          context.shape.process, context.shape.name, options.sd_id));
  for (const std::string_view name : structured_attributes(context)) {
    out.literal(fmt::format(" {}=\"", name));
    write_value(out, attribute(name), context);
    out.literal("\"");
  }
  out.literal("]");
}

void write_json(PlanWriter& out, const Context& context) {
  out.literal(R"({"timestamp":")");
  out.value(Value::timestamp);
  out.literal(fmt::format(R"(","host":"{}","process":"{}","message":"{}")",
                          escaped(context.options.host_name, Escape::json), context.shape.process,
                          context.shape.name));
  for (const std::string_view name : structured_attributes(context)) {
    const Attribute& what = attribute(name);
    const std::string_view quote = what.kind == Kind::text ? "\"" : "";
    out.literal(fmt::format(",\"{}\":{}", name, quote));
    write_value(out, what, context);
    out.literal(quote);
  }
  out.literal("}");
}

}  // namespace

Escape escape_of(const FormatOptions& options) {
  if (options.format == Format::json) {
    return Escape::json;
  }
  return options.format == Format::sd_syslog && options.escape ? Escape::structured : Escape::none;
}

Plan Plan::compile(Message message, const FormatOptions& options) {
  const Shape& shape = profile_shape(options.profile).messages[static_cast<std::size_t>(message)];
  const Context context{.shape = shape, .options = options};
  PlanWriter out;
  switch (options.format) {
    case Format::syslog:
      write_syslog(out, context);
      break;
    case Format::sd_syslog:
      write_structured(out, context);
      break;
    case Format::json:
      write_json(out, context);
      break;
  }
  return out.finish();
}

}  // namespace sluice::logship
