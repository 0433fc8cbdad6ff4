// users: who may do what ('system login').
//
// What. A Login is the users and classes of one configuration; class_of() says which class a caller has,
// Class::may() whether that class permits a command that needs a permission. What an operation needs is said
// in its YANG rpc, and rpc::dispatch is the place that asks.
//
// Who is who. The kernel says which uid asks, and the machine's user database its name. root and the user as
// whom the management daemon runs are super-user: they can change its files anyway, so nobody is locked out
// by a configuration. A user of 'system login' has its class. Everybody else has none ('unauthorized'), also
// while nothing is configured.
//
// Threads. A Login is immutable once made; any thread may read it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace re2 {
class RE2;
}

namespace sluice::users {

// That every class has.
inline constexpr std::string_view kNoPermission = "none";
// The class of those who have none.
inline constexpr std::string_view kUnauthorized = "unauthorized";

class Class {
 public:
  Class(std::string name, std::set<std::string, std::less<>> permissions)
      : name_(std::move(name)), permissions_(std::move(permissions)) {}
  // Of 'system login class'. A regular expression that cannot be used leaves the class without anything.
  static Class of(const config::Node& node);

  [[nodiscard]] const std::string& name() const { return name_; }
  // 0: never.
  [[nodiscard]] std::uint64_t idle_timeout_min() const { return idle_timeout_min_; }
  // Of itself, by 'all', by the '-control' of it, or by 'control'.
  [[nodiscard]] bool has(std::string_view permission) const;
  // Whether a command that needs `permission` may be given. A regular expression decides against permissions;
  // where both match, the one that matches more of the command, and else allow-commands.
  [[nodiscard]] bool may(std::string_view permission, std::string_view command) const;

 private:
  std::string name_;
  std::set<std::string, std::less<>> permissions_;
  std::shared_ptr<const re2::RE2> allow_, deny_;
  std::uint64_t idle_timeout_min_ = 0;
};

class Login {
 public:
  Login() = default;
  explicit Login(const config::Tree& tree);

  // `user`: the machine's name for the uid.
  [[nodiscard]] const Class& class_of(std::string_view user, unsigned uid) const;
  // Minutes; 0: for ever. Of the class that is configured for the user, for those too who may do everything.
  [[nodiscard]] std::uint64_t idle_timeout_min(std::string_view user, unsigned uid) const;

 private:
  // Null: none is configured.
  [[nodiscard]] const Class* configured_class(std::string_view user, unsigned uid) const;
  struct User {
    std::string name;
    std::string class_name;
    std::uint64_t uid = 0;  // 0: any
  };
  std::vector<User> users_;
  std::vector<Class> classes_;
};

// Whether two configurations differ in who may do what: a change of it needs 'admin-control'.
inline constexpr std::string_view kChangesLogin = "admin-control";
bool login_differs(const config::Tree& before, const config::Tree& after);

// The lines of an authorized_keys file of OpenSSH that the configuration has for a user; none for one whose
// uid is configured and is another than the machine's.
std::vector<std::string> authorized_keys(const config::Tree& tree, std::string_view user,
                                         std::optional<unsigned> uid);

// What is accepted of 'system login' and has no effect, a sentence each.
std::vector<std::string> idle_statements(const config::Tree& tree);

// What YANG cannot check: regular expressions.
Status check_login(const config::Tree& tree);

}  // namespace sluice::users
