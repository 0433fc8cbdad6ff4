// The schema as documentation: what '?' and clients that read YANG are told.
#include <gtest/gtest.h>
#include <libyang/libyang.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "mgd/rpc/rpc.h"

namespace sluice::test {
namespace {

struct Free {
  void operator()(ly_ctx* context) const { ly_ctx_destroy(context); }
};

// Every module there is.
std::unique_ptr<ly_ctx, Free> load_all() {
  const std::filesystem::path folder = config::Schema::default_directory();
  ly_ctx* context = nullptr;
  EXPECT_EQ(ly_ctx_new(folder.c_str(), LY_CTX_DISABLE_SEARCHDIR_CWD, &context), LY_SUCCESS);
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const std::string name = file.path().stem().string();
    // Submodules come with their module.
    if (name.starts_with("sluice-configuration-")) continue;
    EXPECT_NE(ly_ctx_load_module(context, name.c_str(), nullptr, nullptr), nullptr) << name;
  }
  return std::unique_ptr<ly_ctx, Free>(context);
}

// Elements of replies have Junos's names, and are described where those do not say it.
bool is_in_reply(const lysc_node* node) {
  while (node != nullptr && node->nodetype != LYS_OUTPUT) node = node->parent;
  return node != nullptr;
}

LY_ERR note(lysc_node* node, void* data, ly_bool*) {
  auto& missing = *static_cast<std::vector<std::string>*>(data);
  if (is_in_reply(node)) return LY_SUCCESS;
  if ((node->nodetype & (LYS_INPUT | LYS_OUTPUT | LYS_CHOICE | LYS_CASE)) != 0) return LY_SUCCESS;
  char* path = lysc_path(node, LYSC_PATH_LOG, nullptr, 0);
  if (node->dsc == nullptr || std::string_view(node->dsc).empty()) missing.emplace_back(path);
  std::free(path);
  return LY_SUCCESS;
}

TEST(Schema, every_statement_operation_and_input_is_described) {
  const auto context = load_all();
  std::vector<std::string> missing;
  std::uint32_t index = 0;
  std::size_t modules = 0;
  while (const lys_module* module = ly_ctx_get_module_iter(context.get(), &index)) {
    if (!std::string_view(module->name).starts_with("sluice-")) continue;
    ++modules;
    EXPECT_EQ(lysc_module_dfs_full(module, note, &missing), LY_SUCCESS);
  }
  EXPECT_GT(modules, 10U);
  for (const std::string& path : missing) ADD_FAILURE() << path << " has no description";
}

TEST(Schema, every_word_that_leads_to_a_command_is_described) {
  const auto rpcs = command::RpcSchema::load(config::Schema::default_directory()).value();
  for (const rpc::Operation& operation : rpc::operations()) {
    const std::string_view words = operation.command.words;
    for (std::size_t at = words.find(' '); at != std::string_view::npos; at = words.find(' ', at + 1)) {
      const std::string above(words.substr(0, at));
      const bool is_command = std::ranges::any_of(
          rpc::operations(), [&](const rpc::Operation& other) { return other.command.words == above; });
      EXPECT_TRUE(is_command || !rpcs.words_help(above).empty()) << above;
    }
  }
}

}  // namespace
}  // namespace sluice::test
