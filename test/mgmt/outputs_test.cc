// What replies are made of: every element that an operation answers is in its rpc's output, where it stands
// there and in that order.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <libyang/libyang.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/xml_text.h"
#include "configuration.h"
#include "nat_configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

std::vector<const lysc_node*> data_children(const lysc_node* parent) {
  std::vector<const lysc_node*> children;
  const lysc_node* child = nullptr;
  while ((child = lys_getnext(child, parent, nullptr, LYS_GETNEXT_OUTPUT)) != nullptr) {
    children.push_back(child);
  }
  return children;
}

bool has_mark(const lysc_node* node, std::string_view name) {
  for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(node->exts); ++i) {
    if (node->exts[i].def->name == name) return true;
  }
  return false;
}

// Goes through a reply and its schema together; what does not fit is told by its path.
class Fit {
 public:
  std::vector<std::string> misfits;
  std::set<const lysc_node*> seen;

  void children(const pugi::xml_node& element, const lysc_node* parent, const std::string& path) {
    if (parent->nodetype == LYS_ANYXML) return;
    const std::vector<const lysc_node*> known = data_children(parent);
    auto from = known.begin();
    for (const pugi::xml_node& child : element) {
      if (child.type() != pugi::node_element) continue;
      const std::string where = fmt::format("{}/{}", path, child.name());
      const auto at = std::ranges::find(known, doors::local_name(child), &lysc_node::name);
      if (at == known.end()) {
        misfits.push_back(where + " is not in the schema");
        continue;
      }
      if (at < from && !has_mark(parent, "any-order")) misfits.push_back(where + " is out of order");
      from = at;
      seen.insert(*at);
      value(child, *at, where);
    }
  }

 private:
  void value(const pugi::xml_node& element, const lysc_node* node, const std::string& where) {
    if ((node->nodetype & (LYS_CONTAINER | LYS_LIST | LYS_ANYXML)) != 0)
      return children(element, node, where);
    if (doors::first_element(element)) misfits.push_back(where + " has elements in it");
    const auto* type = reinterpret_cast<const lysc_node_leaf*>(node)->type;
    const std::string_view text = trimmed(element.text().get());
    const bool number = type->basetype == LY_TYPE_UINT32 || type->basetype == LY_TYPE_UINT64;
    if (type->basetype == LY_TYPE_EMPTY && !text.empty()) misfits.push_back(where + " has a text");
    if (number && (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)) {
      misfits.push_back(fmt::format("{} is no number: '{}'", where, text));
    }
  }
};

// The rpcs with the names of their outputs' first elements.
class Schema {
 public:
  Schema() {
    ly_ctx* context = nullptr;
    EXPECT_EQ(ly_ctx_new(config::Schema::default_directory().c_str(), LY_CTX_DISABLE_SEARCHDIR_CWD, &context),
              LY_SUCCESS);
    context_.reset(context);
    std::vector<const lys_module*> modules;
    for (const char* name : {"flow", "policies", "nat", "network", "system", "configuration"}) {
      const std::string module = fmt::format("sluice-rpc-{}", name);
      modules.push_back(ly_ctx_load_module(context, module.c_str(), nullptr, nullptr));
      EXPECT_NE(modules.back(), nullptr) << module;
    }
    // Nodes last once all modules are there.
    for (const lys_module* module : modules) {
      for (const lysc_node_action* rpc = module->compiled->rpcs; rpc != nullptr; rpc = rpc->next) {
        outputs_[rpc->name] = reinterpret_cast<const lysc_node*>(&rpc->output);
      }
    }
  }

  [[nodiscard]] const lysc_node* output(std::string_view rpc) const {
    const auto at = outputs_.find(rpc);
    return at != outputs_.end() ? at->second : nullptr;
  }
  [[nodiscard]] const std::map<std::string, const lysc_node*, std::less<>>& all() const { return outputs_; }

 private:
  struct Free {
    void operator()(ly_ctx* context) const { ly_ctx_destroy(context); }
  };
  std::unique_ptr<ly_ctx, Free> context_;
  std::map<std::string, const lysc_node*, std::less<>> outputs_;
};

// Inputs that an operation cannot do without.
std::string needed(std::string_view rpc) {
  if (rpc.ends_with("-by-session-identifier")) return "<session-identifier>7</session-identifier>";
  if (rpc == "clear-flow-session") return "<protocol>tcp</protocol>";
  if (rpc == "get-nat-who-had") return "<address>203.0.113.2</address><port>17783</port>";
  if (rpc.starts_with("match-")) {
    return "<from-zone>trust</from-zone><to-zone>untrust</to-zone><source-ip>192.0.2.38</source-ip>"
           "<destination-ip>198.51.100.7</destination-ip><source-port>1024</source-port>"
           "<destination-port>80</destination-port><protocol>tcp</protocol>";
  }
  if (rpc == "get-rollback-information") return "<rollback>0</rollback>";
  if (rpc.find("persist-nat-ip-port") != std::string_view::npos) return "<ip>192.0.2.11</ip>";
  if (rpc.find("persist-nat-pool") != std::string_view::npos) return "<pool-name>pool-1</pool-name>";
  return {};
}

// Requests for one operation: without more than it needs, and with each flag and word that it takes.
std::vector<std::string> requests(const command::Rpc& rpc) {
  std::string base = needed(rpc.name);
  if (base.empty() && rpc.needs_input) base = "<all/>";
  std::vector<std::string> inputs = {base};
  if (rpc.name == "get-rollback-information") inputs.push_back(base + "<compare>1</compare>");
  if (rpc.name == "get-nat-who-had") inputs.push_back("<address>203.0.113.16</address><port>1030</port>");
  for (const command::Parameter& parameter : rpc.parameters) {
    if (parameter.name == "all" || parameter.name == "compare" || parameter.name == "database") continue;
    if (parameter.flag && !parameter.hidden) inputs.push_back(fmt::format("{}<{}/>", base, parameter.name));
    for (const command::Choice& choice : parameter.choices) {
      inputs.push_back(fmt::format("{0}<{1}>{2}</{1}>", base, parameter.name, choice.word));
    }
  }
  for (std::string& input : inputs) input = fmt::format("<{0}>{1}</{0}>", rpc.name, input);
  return inputs;
}

bool is_answered(const rpc::Operation& operation) {
  const std::string_view words = operation.command.words;
  if (words == "show chassis cluster status") return false;  // an error is what a device without one says
  return operation.command.mode == command::Mode::operational &&
         (words.starts_with("show ") || words.starts_with("clear "));
}

class Outputs : public testing::Test {
 protected:
  void expect_fit(World& world, const std::string& release) {
    const auto rpcs = command::RpcSchema::load(config::Schema::default_directory()).value();
    for (const rpc::Operation& operation : rpc::operations()) {
      if (!is_answered(operation)) continue;
      for (const std::string& request : requests(*rpcs.find(operation.command.rpc))) {
        expect_reply_fit(operation.command.rpc, world.rpc(request), release + " " + request);
      }
    }
  }

  void expect_reply_fit(std::string_view rpc, const std::string& reply, const std::string& what) {
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(reply.c_str())) << reply;
    pugi::xml_node root = document.document_element();
    EXPECT_FALSE(root.child("rpc-error")) << what << reply;
    if (!doors::first_element(root)) return;  // it is done, and there is nothing to say
    ASSERT_NE(schema.output(rpc), nullptr) << what;
    fit.children(root, schema.output(rpc), std::string(rpc));
    for (const std::string& misfit : fit.misfits) ADD_FAILURE() << what << ": " << misfit;
    fit.misfits.clear();
  }

  Schema schema;
  Fit fit;
};

TEST_F(Outputs, every_reply_is_made_of_what_its_rpc_says_in_every_release) {
  for (const char* release : {"12.3", "22.2", "24.4"}) {
    const std::string line = fmt::format("set system junos-release {}\n", release);
    World nat;
    ASSERT_FALSE(nat.commit("set system host-name before\n").refused());
    ASSERT_FALSE(nat.commit(std::string(kNatConfiguration) + line).refused());
    expect_fit(nat, release);
    World policies;
    ASSERT_FALSE(policies.commit("set system host-name before\n").refused());
    std::string configuration = kConfiguration;
    configuration.insert(configuration.find("    ports {"), fmt::format("    junos-release {};\n", release));
    ASSERT_FALSE(policies.commit(configuration).refused());
    expect_fit(policies, release);
  }
  EXPECT_GT(fit.seen.size(), 300U) << "most of what there may be was seen";
}

TEST_F(Outputs, what_programs_are_told_of_commits_and_editors) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  const auto expect = [&](std::string_view rpc, const std::string& content = {}) {
    const std::string request = fmt::format("<{0}>{1}</{0}>", rpc, content);
    expect_reply_fit(rpc, world.rpc(request), request);
  };
  doors::Client other = world.connect();
  ASSERT_TRUE(other.order("<open-configuration/>"));
  expect("open-configuration");
  expect("load-configuration", "<configuration-text>system { host-name b; }</configuration-text>");
  expect("load-configuration",
         "<ignore-unsupported/><configuration-text>chassis; system { host-name c; }</configuration-text>");
  expect("get-database-status-information");
  expect("commit-configuration", "<check/>");
  expect("commit-configuration", "<confirmed/><log>why</log>");
  expect("get-commit-information");
  expect("commit-configuration");
  expect("commit-configuration", "<at-time>reboot</at-time>");
  expect("get-commit-information");
  expect("clear-system-commit");
  expect("get-authorized-keys", "<user>root</user>");
}

// Everything that is XML in a text.
std::vector<std::string> replies_in(const std::string& text) {
  const std::string begin = "<rpc-reply", end = "</rpc-reply>";
  std::vector<std::string> replies;
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
    replies.push_back(text.substr(at, text.find(end, at) + end.size() - at));
  }
  return replies;
}

// The XML in the golden conversations is the reply of some rpc.
TEST_F(Outputs, golden_conversations_have_no_other_elements) {
  int found = 0;
  const auto expect_some_fit = [&](const pugi::xml_node& root, const std::string& where) {
    std::vector<std::string> misfits;
    for (const auto& [rpc, output] : schema.all()) {
      const auto known = data_children(output);
      const std::string_view content = doors::local_name(doors::first_element(root));
      if (std::ranges::find(known, content, &lysc_node::name) == known.end()) continue;
      Fit trial;
      trial.children(root, output, rpc);
      misfits = std::move(trial.misfits);
      if (misfits.empty()) break;
    }
    ++found;
    for (const std::string& misfit : misfits) ADD_FAILURE() << where << ": " << misfit;
  };
  for (const auto& file : std::filesystem::directory_iterator(MGMT_GOLDEN)) {
    std::ifstream in(file.path());
    std::stringstream text;
    text << in.rdbuf();
    for (const std::string& reply : replies_in(text.str())) {
      pugi::xml_document document;
      if (!document.load_string(reply.c_str())) continue;  // cut by a pipe
      document.document_element().remove_child("cli");
      expect_some_fit(document.document_element(), file.path());
    }
  }
  EXPECT_GT(found, 30);
}

}  // namespace
}  // namespace sluice::test
