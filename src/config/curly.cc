// Tree -> curly braces.
#include "config/curly.h"

#include <fmt/format.h>

#include <vector>

#include "config/edit.h"
#include "config/text.h"
#include "config/token.h"

namespace sluice::config {
namespace {

// So that nobody shows them by mistake.
constexpr std::string_view kSecretNote = " ## SECRET-DATA";

bool runs_together(const lyd_node* a, const lyd_node* b) {
  if (a->schema != b->schema) return false;
  if (a->schema->nodetype == LYS_LEAFLIST) return is_inactive(a) == is_inactive(b);
  return form_of(a->schema).grouped;
}

std::vector<Run> runs_below(const lyd_node* parent) {
  std::vector<Run> runs;
  for (const lyd_node* child = lyd_child_no_keys(parent); child != nullptr; child = child->next) {
    if (!is_configured(child)) continue;
    if (!runs.empty() && runs_together(runs.back().back(), child)) {
      runs.back().push_back(child);
    } else {
      runs.push_back({child});
    }
  }
  return runs;
}

class CurlyPrinter {
 public:
  void statements(const lyd_node* parent, int level) {
    for (const Run& run : runs_below(parent)) statement(run, level, "");
  }

  // Of a grouped list, without the block around it.
  void entry(const lyd_node* node) {
    comment(node, 0);
    inner(node, 0, "", words(words_of(node), 1));
  }

  static std::string head(const lyd_node* node) {
    if (form_of(node->schema).grouped) return words(words_of(node), 1);
    return is_inner(node->schema) ? words(words_of(node), 0) : leaf_words({node});
  }

  std::string take() { return std::move(out_); }

  // Whatever a comment says, it ends where it ends: what stands in it is never read as statements.
  void comment(const lyd_node* node, int level) {
    std::string text = comment_of(node);
    if (text.empty()) return;
    for (std::size_t at = text.find("*/"); at != std::string::npos; at = text.find("*/", at)) {
      text.insert(at + 1, 1, ' ');
    }
    out_.append(static_cast<std::size_t>(level) * 4, ' ');
    out_ += fmt::format("/* {} */\n", text);
  }

  void statement(const Run& run, int level, std::string_view prefix) {
    const lyd_node* node = run.front();
    const Form& form = form_of(node->schema);
    if (!form.grouped) comment(node, level);
    if (form.joined) {
      for (const Run& below : runs_below(node))
        statement(below, level, fmt::format("{} ", written_name(node->schema)));
    } else if (form.grouped) {
      open(level, prefix, node->schema->name, false);
      for (const lyd_node* one : run) {
        comment(one, level + 1);
        inner(one, level + 1, "", words(words_of(one), 1));
      }
      close(level);
    } else if (is_inner(node->schema)) {
      inner(node, level, prefix, words(words_of(node), 0));
    } else {
      const std::string_view note = form.secret ? kSecretNote : std::string_view();
      line(level, prefix, leaf_words(run), is_inactive(node), note);
    }
  }

 private:
  void inner(const lyd_node* node, int level, std::string_view prefix, const std::string& head) {
    const std::vector<Run> below = runs_below(node);
    if (below.empty()) {
      line(level, prefix, head, is_inactive(node));
    } else if (fits_one_line(node->schema, below)) {
      std::string whole = head;
      for (const Run& run : below) whole += ' ' + leaf_words(run);
      line(level, prefix, whole, is_inactive(node));
    } else {
      open(level, prefix, head, is_inactive(node));
      for (const Run& run : below) statement(run, level + 1, "");
      close(level);
    }
  }

  static bool fits_one_line(const lysc_node* schema, const std::vector<Run>& below) {
    const OneLine when = form_of(schema).one_line;
    if (when == OneLine::never || (when == OneLine::single && below.size() > 1)) return false;
    for (const Run& run : below) {
      if (is_inner(run.front()->schema) || is_inactive(run.front())) return false;
      if (!comment_of(run.front()).empty()) return false;
    }
    return true;
  }

  static std::string leaf_words(const Run& run) {
    const lyd_node* node = run.front();
    if (is_flag(node->schema)) return node->schema->name;
    std::string text = form_of(node->schema).bare ? "" : fmt::format("{} ", node->schema->name);
    if (form_of(node->schema).secret && value_of(node) == kHiddenSecret)
      return text + std::string(kHiddenSecret);
    if (run.size() == 1) return text + written_value(node);
    text += '[';
    for (const lyd_node* one : run) text += ' ' + written_value(one);
    return text + " ]";
  }

  static std::string words(const std::vector<std::string>& all, std::size_t from) {
    std::string text;
    for (std::size_t i = from; i < all.size(); ++i) text += (i == from ? "" : " ") + written(all[i]);
    return text;
  }

  void begin(int level, std::string_view prefix, std::string_view head, bool inactive) {
    out_.append(static_cast<std::size_t>(level) * 4, ' ');
    if (inactive) out_ += "inactive: ";
    out_ += prefix;
    out_ += head;
  }
  // `note` follows the statement.
  void line(int level, std::string_view prefix, std::string_view head, bool inactive,
            std::string_view note = {}) {
    begin(level, prefix, head, inactive);
    out_ += ';';
    out_ += note;
    out_ += '\n';
  }
  void open(int level, std::string_view prefix, std::string_view head, bool inactive) {
    begin(level, prefix, head, inactive);
    out_ += " {\n";
  }
  void close(int level) {
    out_.append(static_cast<std::size_t>(level) * 4, ' ');
    out_ += "}\n";
  }

  std::string out_;
};

}  // namespace

std::string curly_statement(const Run& run, Grouping grouping) {
  CurlyPrinter printer;
  if (grouping == Grouping::ungrouped && form_of(run.front()->schema).grouped) {
    for (const lyd_node* node : run) printer.entry(node);
  } else {
    printer.statement(run, 0, "");
  }
  return printer.take();
}

std::string curly_comment(const lyd_node* node) {
  CurlyPrinter printer;
  printer.comment(node, 0);
  return printer.take();
}

std::string curly_head(const lyd_node* node) {
  return CurlyPrinter::head(node);
}

std::string to_curly(const Node& node) {
  if (!node) return {};
  CurlyPrinter printer;
  if (node.whole_list()) {
    for (const lyd_node* entry : instances(lyd_parent(node.raw()), node.schema())) printer.entry(entry);
  } else if (!is_inner(node.raw()->schema)) {
    const auto values = instances(lyd_parent(node.raw()), node.raw()->schema);
    printer.statement(Run(values.begin(), values.end()), 0, "");  // nothing is below it: it is shown itself
  } else {
    printer.statements(node.raw(), 0);
  }
  return printer.take();
}

}  // namespace sluice::config
