// Result<T>: the way every fallible function on a control path answers.
//
// Shaped like C++23's std::expected<T, Error>. An Error carries the parts of a NETCONF rpc-error
// (RFC 6241 section 4.3) that only the failing code knows. Never used on the data path.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace sluice {

struct Error {
  // RFC 6241 error-tag: "invalid-value", "missing-element", "unknown-element", "operation-failed",
  // "data-missing", "resource-denied", "in-use", "access-denied", "malformed-message".
  std::string tag;
  // Where: a configuration path ("security policies from-zone trust to-zone dmz policy web"),
  // a file position ("fw.conf:12:5") or the offending word. May be empty.
  std::string path;
  // One sentence an operator can act on: what was wrong, and what is allowed.
  std::string message;
  // For programs: the name of the element or word that is unknown, missing or bad, and of its attribute.
  std::string element = {};
  std::string attribute = {};

  // "path: message", or the message alone when there is no path.
  [[nodiscard]] std::string text() const { return path.empty() ? message : path + ": " + message; }
};

template <class T>
class [[nodiscard]] Result {
 public:
  // Implicit, as below: a function returns its value or an Error as it is.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & {
    check(has_value(), "value() of a failed Result");
    return std::get<0>(state_);
  }
  const T& value() const& {
    check(has_value(), "value() of a failed Result");
    return std::get<0>(state_);
  }
  T&& value() && {
    check(has_value(), "value() of a failed Result");
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const {
    check(!has_value(), "error() of a successful Result");
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  [[nodiscard]] bool has_value() const { return !failed_; }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] const Error& error() const {
    check(failed_, "error() of a successful Result");
    return error_;
  }

 private:
  Error error_;
  bool failed_ = false;
};

using Status = Result<void>;

}  // namespace sluice
