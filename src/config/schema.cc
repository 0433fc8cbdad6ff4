#include "config/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "config/form.h"

namespace sluice::config {
namespace {

std::vector<std::string> split_words(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// The names of typedefs of sluice-predefined.
std::vector<Predefined> names_of(const lys_module* predefined, const std::vector<std::string>& typedefs) {
  std::vector<Predefined> names;
  const lysp_tpdf* all = predefined->parsed->typedefs;
  for (const std::string& wanted : typedefs) {
    for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(all); ++i) {
      if (wanted != all[i].name) continue;
      const lysp_type_enum* words = all[i].type.enums;
      for (LY_ARRAY_COUNT_TYPE j = 0; j < LY_ARRAY_COUNT(words); ++j) {
        names.push_back({words[j].name, words[j].dsc != nullptr ? words[j].dsc : ""});
      }
    }
  }
  return names;
}

void apply_extension(const SchemaData& data, Form& form, std::string_view name, std::string_view argument) {
  if (name == "bare") {
    form.bare = true;
  } else if (name == "hidden-name") {
    form.hidden_name = true;
  } else if (name == "grouped") {
    form.grouped = true;
  } else if (name == "whole") {
    form.whole = true;
  } else if (name == "word") {
    form.word = argument;
  } else if (name == "secret") {
    form.secret = true;
  } else if (name == "joined") {
    form.joined = true;
  } else if (name == "one-line") {
    form.one_line = argument == "all" ? OneLine::all : OneLine::single;
  } else if (name == "key-words") {
    form.key_words = split_words(argument);
  } else if (name == "refers-to") {
    form.refers_to = split_words(argument);
  } else if (name == "predefined") {
    form.predefined = names_of(data.predefined, split_words(argument));
  } else if (name == "value-form") {
    form.value_form = argument;
  }
}

void describe(SchemaData& data, lysc_node* node) {
  Form& form = data.forms.emplace_back();
  node->priv = &form;
  LY_ARRAY_COUNT_TYPE i = 0;
  LY_ARRAY_FOR(node->exts, i) {
    const lysc_ext_instance& instance = node->exts[i];
    if (instance.def->module == data.extensions) {
      apply_extension(data, form, instance.def->name, instance.argument != nullptr ? instance.argument : "");
    }
  }
  if (form.secret) data.secret_leaves.emplace(node->name);
  if (!is_inner(node)) return;
  const lysc_node* child = nullptr;
  while ((child = lys_getnext(child, node, nullptr, 0)) != nullptr) {
    (lysc_is_key(child) ? form.keys : form.children).push_back(child);
    describe(data, const_cast<lysc_node*>(child));
  }
}

Error load_error(const SchemaData& data, const std::filesystem::path& directory, std::string_view module) {
  const ly_err_item* last = data.context != nullptr ? ly_err_last(data.context) : nullptr;
  return Error{"operation-failed", directory.string(),
               fmt::format("the YANG module '{}' could not be loaded: {}", module,
                           last != nullptr && last->msg != nullptr ? last->msg : "no such directory")};
}

}  // namespace

Result<Schema> Schema::load(const std::filesystem::path& directory) {
  ly_log_options(LY_LOSTORE_LAST);  // errors become Error; the library itself prints nothing
  auto data = std::make_shared<SchemaData>();
  constexpr std::uint16_t kOptions = LY_CTX_NO_YANGLIBRARY | LY_CTX_DISABLE_SEARCHDIR_CWD;
  if (ly_ctx_new(directory.c_str(), kOptions, &data->context) != LY_SUCCESS) {
    return load_error(*data, directory, "sluice-configuration");
  }
  data->extensions = ly_ctx_load_module(data->context, "sluice-extensions", nullptr, nullptr);
  if (data->extensions == nullptr) return load_error(*data, directory, "sluice-extensions");
  data->predefined = ly_ctx_load_module(data->context, "sluice-predefined", nullptr, nullptr);
  if (data->predefined == nullptr) return load_error(*data, directory, "sluice-predefined");
  data->configuration = ly_ctx_load_module(data->context, "sluice-configuration", nullptr, nullptr);
  if (data->configuration == nullptr) return load_error(*data, directory, "sluice-configuration");
  data->root = lys_find_child(nullptr, data->configuration, "configuration", 0, LYS_CONTAINER, 0);
  if (data->root == nullptr) return load_error(*data, directory, "sluice-configuration");
  describe(*data, const_cast<lysc_node*>(data->root));
  return Schema(std::move(data));
}

std::filesystem::path Schema::default_directory() {
  std::error_code unknown;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  std::filesystem::path installed = program.parent_path().parent_path() / "share/sluice/yang";
  return std::filesystem::is_directory(installed, unknown) ? installed : SLUICE_YANG_DIR;
}

const ly_ctx* Schema::context() const {
  return data_->context;
}

const lysc_node* Schema::root() const {
  return data_->root;
}

bool Schema::begins_path(std::string_view word) const {
  return child_schema(root(), word) != nullptr;
}

const lysc_node* child_schema(const lysc_node* parent, std::string_view name) {
  const Form& form = form_of(parent);
  for (const auto* list : {&form.keys, &form.children}) {
    for (const lysc_node* child : *list) {
      if (name == child->name) return child;
    }
  }
  return nullptr;
}

}  // namespace sluice::config
