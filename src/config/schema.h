// Schema: the YANG modules of the configuration, loaded and compiled once. See config.h.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"

struct ly_ctx;
struct lysc_node;

namespace sluice::config {

struct SchemaData;  // libyang's context and the written form of each node; private to the room

class Schema {
 public:
  // Loads sluice-configuration and what it imports from a directory. Fails with libyang's words
  // when a module is missing or wrong.
  static Result<Schema> load(const std::filesystem::path& directory);

  // Where this program's modules are: ../share/sluice/yang beside the folder of an installed program, else
  // what the build said, the source tree's yang/.
  static std::filesystem::path default_directory();

  // For the rooms that may use libyang directly (compile, commit, rpc, command).
  [[nodiscard]] const ly_ctx* context() const;
  // The schema node of the container 'configuration'.
  [[nodiscard]] const lysc_node* root() const;

  // Whether a path of statements from the top may begin so.
  [[nodiscard]] bool begins_path(std::string_view word) const;

  [[nodiscard]] const SchemaData& data() const { return *data_; }

 private:
  explicit Schema(std::shared_ptr<const SchemaData> data) : data_(std::move(data)) {}

  std::shared_ptr<const SchemaData> data_;
};

}  // namespace sluice::config
