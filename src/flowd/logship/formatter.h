// Formatter: event in, one record out, for one set of format options and one set of names.
//
// All decisions are made when it is built: a record is a walk over its Plan. Owned by one stream;
// the log thread. format() neither allocates nor fails.
#pragma once

#include <array>
#include <vector>

#include "dataplane/sessionlog/sessionlog.h"
#include "dataplane/snapshot/snapshot.h"
#include "flowd/logship/name_table.h"
#include "flowd/logship/plan.h"
#include "flowd/logship/timestamp.h"

namespace sluice::logship {

class Formatter {
 public:
  Formatter(const FormatOptions& options, const snapshot::Names& names);

  // Writes the record at `at`, where max_size() bytes are free, and returns its end. No terminator.
  char* format(Message message, const sessionlog::Event& event, char* at) noexcept;
  [[nodiscard]] std::size_t max_size() const noexcept { return max_size_; }

 private:
  char* put_value(Value value, const sessionlog::Event& event, char* at) noexcept;
  [[nodiscard]] std::uint32_t port(const sessionlog::Event& event, std::uint16_t own,
                                   std::uint16_t other) const noexcept;
  [[nodiscard]] std::size_t largest(Value value) const;

  std::array<Plan, kMessages> plans_;
  Timestamp timestamp_;
  const bool icmp_sequence_first_;
  NameTable policies_;
  NameTable zones_;
  NameTable interfaces_;
  NameTable services_;
  NameTable rule_types_;
  NameTable rule_names_;
  NameTable reasons_;
  NameTable pools_;
  std::size_t max_size_ = 0;
};

}  // namespace sluice::logship
