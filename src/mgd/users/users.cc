#include "mgd/users/users.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/machine.h"
#include "mgd/users/public_key.h"

namespace sluice::users {
namespace {

using config::Node;
using Permissions = std::set<std::string, std::less<>>;

// The classes that there are by themselves, as in Junos.
const std::array<Class, 5>& predefined() {
  static const std::array<Class, 5> classes{Class("super-user", {"all"}), Class("superuser", {"all"}),
                                            Class("operator", {"clear", "network", "reset", "trace", "view"}),
                                            Class("read-only", {"view"}),
                                            Class(std::string(kUnauthorized), {})};
  return classes;
}

// Junos's expressions are POSIX's extended ones, and do not mind case. RE2, because an operator writes them.
re2::RE2::Options options() {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_case_sensitive(false);
  options.set_longest_match(true);
  return options;
}

// What is deactivated does not count.
std::string active_text(const Node& node, std::string_view name) {
  const Node leaf = node.child(name);
  return leaf && !leaf.inactive() ? std::string(leaf.value()) : std::string();
}

std::vector<Node> active_entries(const Node& node, std::string_view list) {
  std::vector<Node> entries = node.list(list);
  std::erase_if(entries, [](const Node& entry) { return entry.inactive(); });
  return entries;
}

Node login_of(const config::Tree& tree) {
  const Node system = tree.root().child("system");
  const Node login = system.child("login");
  return system.inactive() || login.inactive() ? Node() : login;
}

std::shared_ptr<const re2::RE2> expression(const std::string& text) {
  return text.empty() ? nullptr : std::make_shared<const re2::RE2>(text, options());
}

// How much of the command's beginning it matches; -1: it does not.
std::ptrdiff_t matched(const std::shared_ptr<const re2::RE2>& expression, std::string_view command) {
  re2::StringPiece found;
  const re2::StringPiece text(command.data(), command.size());
  if (expression == nullptr || !expression->Match(text, 0, text.size(), re2::RE2::ANCHOR_START, &found, 1)) {
    return -1;
  }
  return static_cast<std::ptrdiff_t>(found.size());
}

}  // namespace

Class Class::of(const Node& node) {
  Permissions permissions;
  for (const Node& child : node.children()) {
    if (child.name() == "permissions" && !child.inactive()) permissions.emplace(child.value());
  }
  Class made(std::string(node.key()), std::move(permissions));
  made.allow_ = expression(active_text(node, "allow-commands"));
  made.deny_ = expression(active_text(node, "deny-commands"));
  if (!active_text(node, "idle-timeout").empty()) {
    made.idle_timeout_min_ = node.number("idle-timeout").value_or(0);
  }
  for (const auto& used : {made.allow_, made.deny_}) {
    if (used != nullptr && !used->ok()) return {made.name_, {}};
  }
  return made;
}

bool Class::has(std::string_view permission) const {
  constexpr std::string_view kControl = "-control";
  if (permissions_.contains("all") || permissions_.contains(permission)) return true;
  if (permission.ends_with(kControl)) return permissions_.contains("control");
  // 'control' stands for all there are with that ending; 'view' or 'clear' have none.
  constexpr std::array<std::string_view, 10> kControlled{
      "access", "admin", "firewall", "interface", "routing", "secret", "security", "snmp", "system", "trace"};
  const std::string modifies = fmt::format("{}{}", permission, kControl);
  return permissions_.contains(modifies) || (permissions_.contains("control") &&
                                             std::ranges::find(kControlled, permission) != kControlled.end());
}

bool Class::may(std::string_view permission, std::string_view command) const {
  if (permission == kNoPermission) return true;
  const std::ptrdiff_t allowed = matched(allow_, command);
  const std::ptrdiff_t denied = matched(deny_, command);
  if (allowed < 0 && denied < 0) return has(permission);
  return allowed >= denied;
}

Login::Login(const config::Tree& tree) {
  const Node login = login_of(tree);
  if (!login) return;
  for (const Node& user : active_entries(login, "user")) {
    const std::uint64_t uid = active_text(user, "uid").empty() ? 0 : user.number("uid").value_or(0);
    users_.push_back({std::string(user.key()), active_text(user, "class"), uid});
  }
  for (const Node& made : active_entries(login, "class")) classes_.push_back(Class::of(made));
}

const Class* Login::configured_class(std::string_view name, unsigned uid) const {
  const auto user = std::ranges::find(users_, name, &User::name);
  if (user == users_.end() || (user->uid != 0 && user->uid != uid)) return nullptr;
  const auto own = std::ranges::find(predefined(), user->class_name, &Class::name);
  if (own != predefined().end()) return &*own;
  const auto made = std::ranges::find(classes_, user->class_name, &Class::name);
  return made != classes_.end() ? &*made : nullptr;
}

const Class& Login::class_of(std::string_view name, unsigned uid) const {
  if (administers(uid)) return predefined().front();
  const Class* configured = configured_class(name, uid);
  return configured != nullptr ? *configured : predefined().back();
}

std::uint64_t Login::idle_timeout_min(std::string_view name, unsigned uid) const {
  const Class* configured = configured_class(name, uid);
  return configured != nullptr ? configured->idle_timeout_min() : 0;
}

namespace {

struct KeyKind {
  const char* statement;
  std::vector<std::string_view> types;  // as a key names its own
};

const std::array<KeyKind, 3>& key_kinds() {
  static const std::array<KeyKind, 3> kinds{
      {{"ssh-rsa", {"ssh-rsa"}},
       {"ssh-ecdsa", {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"}},
       {"ssh-ed25519", {"ssh-ed25519"}}}};
  return kinds;
}

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
}

// Type, body and perhaps a comment: whatever else sshd would take of the line, as options, is not a key.
bool is_key(std::string_view text, const KeyKind& kind) {
  const std::string_view type = text.substr(0, text.find(' '));
  if (std::ranges::find(kind.types, type) == kind.types.end() || !is_one_line(text)) return false;
  const std::string_view rest = text.substr(std::min(type.size() + 1, text.size()));
  return is_key_body(type, rest.substr(0, rest.find(' ')));
}

// sshd takes options before a key; a quote in one is escaped.
std::string key_line(const Node& key) {
  std::string from;
  for (const char c : active_text(key, "from")) from += c == '"' ? std::string("\\\"") : std::string(1, c);
  return from.empty() ? std::string(key.key()) : fmt::format("from=\"{}\" {}", from, key.key());
}

Status check_key(const Node& key, const KeyKind& kind, const std::string& place) {
  if (!is_key(key.key(), kind)) {
    return Error{
        "invalid-value", place,
        fmt::format("not a public key: it is one line '{} BASE64 COMMENT' as ssh-keygen writes it, with "
                    "nothing in front; hosts belong into 'from'",
                    fmt::join(kind.types, "|"))};
  }
  if (is_one_line(active_text(key, "from"))) return {};
  return Error{"invalid-value", fmt::format("{} from", place), "a list of hosts is one line"};
}

// Whoever may change 'system login' is not to become root by it.
constexpr std::string_view kRoot = "root";

Status check_keys(const Node& user) {
  const Node authentication = user.child("authentication");
  if (!authentication || authentication.inactive()) return {};
  for (const KeyKind& kind : key_kinds()) {
    const std::string place = fmt::format("{} {}", authentication.path(), kind.statement);
    for (const Node& key : active_entries(authentication, kind.statement)) {
      if (user.key() == kRoot) {
        return Error{"invalid-value", place,
                     "root gets no keys from here; they belong into the machine's own authorized_keys file"};
      }
      if (auto good = check_key(key, kind, place); !good) return good;
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> authorized_keys(const config::Tree& tree, std::string_view name,
                                         std::optional<unsigned> uid) {
  std::vector<std::string> lines;
  const Node login = login_of(tree);
  const bool of_administrator = name == kRoot || (uid && administers(*uid));
  if (!login || of_administrator) return lines;
  for (const Node& user : active_entries(login, "user")) {
    const std::string wanted = active_text(user, "uid");
    const bool meant = user.key() == name && (wanted.empty() || (uid && wanted == fmt::to_string(*uid)));
    const Node authentication = user.child("authentication");
    if (!meant || !authentication || authentication.inactive()) continue;
    for (const KeyKind& kind : key_kinds()) {
      for (const Node& key : active_entries(authentication, kind.statement)) {
        std::string line = key_line(key);
        // A configuration of before such keys were refused may have others.
        if (is_key(key.key(), kind) && is_one_line(line)) lines.push_back(std::move(line));
      }
    }
  }
  return lines;
}

std::vector<std::string> idle_statements(const config::Tree& tree) {
  std::vector<std::string> sentences;
  const Node login = login_of(tree);
  if (!login) return sentences;
  for (const Node& user : active_entries(login, "user")) {
    const Node authentication = user.child("authentication");
    if (!authentication || authentication.inactive()) continue;
    if (active_text(authentication, "encrypted-password").empty()) continue;
    sentences.push_back(
        fmt::format("{} encrypted-password: kept, but passwords are the machine's own; set it there with "
                    "'usermod -p', or use ssh keys",
                    authentication.path()));
  }
  return sentences;
}

bool login_differs(const config::Tree& before, const config::Tree& after) {
  const auto said = [](const config::Tree& tree) {
    const Node system = tree.root().child("system");
    const Node login = system.child("login");
    return login ? fmt::format("{}{}", system.inactive() ? "inactive " : "", config::to_set(login))
                 : std::string();
  };
  return said(before) != said(after);
}

Status check_login(const config::Tree& tree) {
  const Node login = login_of(tree);
  if (!login) return {};
  for (const Node& made : active_entries(login, "class")) {
    for (const char* leaf : {"allow-commands", "deny-commands"}) {
      const auto used = expression(active_text(made, leaf));
      if (used == nullptr || used->ok()) continue;
      return Error{"invalid-value", fmt::format("{} {}", made.path(), leaf),
                   fmt::format("not a regular expression ({})", used->error())};
    }
  }
  for (const Node& user : active_entries(login, "user")) {
    if (auto good = check_keys(user); !good) return good;
  }
  return {};
}

}  // namespace sluice::users
