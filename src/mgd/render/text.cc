#include "mgd/render/text.h"

namespace sluice::render {

void TextSink::on_document(Name name, std::string_view) {
  document_.clear();
  document_.begin(name.text(), {});
}

void TextSink::on_begin(Name name, Attributes attributes) {
  const bool is_item = document_.depth() == 1 && name.text() == layout_.record;
  Record& target = is_item || item_.depth() > 0 ? item_ : document_;
  target.begin(name.text(), attributes);
}

void TextSink::on_leaf(Name name, std::string_view value, Attributes attributes) {
  const bool is_item = item_.depth() == 0 && document_.depth() == 1 && name.text() == layout_.record;
  (is_item || item_.depth() > 0 ? item_ : document_).leaf(name.text(), value, attributes);
  if (is_item) print_item();
}

void TextSink::on_flag(Name name) {
  on_leaf(name, {}, {});
}

void TextSink::print_item() {
  layout_.print_record(item_.root(), page_);
  item_.clear();
  ++page_.records;
  buffer_.flush_if_large();
}

void TextSink::on_end() {
  if (item_.depth() > 0) {
    item_.end();
    if (item_.depth() > 0) return;
    return print_item();
  }
  document_.end();
  if (document_.depth() > 0) return;
  if (layout_.print_document != nullptr) layout_.print_document(document_.root(), page_);
  buffer_.flush();
}

void TextSink::on_configuration(const ConfigurationReply& reply) {
  if (!reply.node) return;
  if (form_ == Configuration::set) {
    buffer_ << config::to_set(reply.node);
    return;
  }
  if (reply.commit_unix_s != 0 && reply.node.raw() == reply.tree.root().raw()) {
    page_.print("## Last commit: {} by {}\n", utc_time(reply.commit_unix_s), reply.commit_user);
  }
  buffer_ << config::to_curly(reply.node);
}

}  // namespace sluice::render
