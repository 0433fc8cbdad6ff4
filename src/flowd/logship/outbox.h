// Records on their way to one destination: a bounded buffer that remembers where each record ends.
//
// A stream appends whole records; its transport takes bytes from the front. A record leaves only
// when the transport says that its last byte arrived, so that a transport that loses its
// connection can start again with the first record that may not have arrived.
// Owned by one stream; the log thread. Nothing allocates after construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace sluice::logship {

class Outbox {
 public:
  explicit Outbox(std::size_t capacity);

  // Room for `size` bytes at the end, or null when what waits leaves none.
  [[nodiscard]] char* reserve(std::size_t size) noexcept;
  // One record lies between the pointer that reserve() gave and `end`.
  void commit(const char* end) noexcept;

  // Bytes not yet sent; the first may belong to a record that is partly sent.
  [[nodiscard]] std::span<const char> unsent() const noexcept {
    return {buffer_.get() + sent_, tail_ - sent_};
  }
  // The longest run of whole unsent records of at most `limit` bytes, at least one record. Only at a
  // record's start.
  [[nodiscard]] std::span<const char> unsent_records(std::size_t limit) const noexcept;
  // Where the i-th record ends that has not arrived, as an offset from the first of them.
  [[nodiscard]] std::size_t end_of(std::size_t i) const noexcept { return ends_[first_ + i] - start_; }
  [[nodiscard]] std::size_t records() const noexcept { return ends_.size() - first_; }
  [[nodiscard]] bool at_record_start() const noexcept { return sent_ == start_; }
  [[nodiscard]] bool empty() const noexcept { return start_ == tail_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  // The next `bytes` are on their way.
  void mark_sent(std::size_t bytes) noexcept { sent_ += bytes; }
  // Sent, but not yet known to have arrived.
  [[nodiscard]] std::size_t in_flight() const noexcept { return sent_ - arrived_; }
  // The first `bytes` of those in flight arrived.
  void mark_arrived(std::size_t bytes) noexcept;
  void mark_sent_and_arrived(std::size_t bytes) noexcept {
    mark_sent(bytes);
    mark_arrived(bytes);
  }
  // Sending begins again with the first record that has not wholly arrived.
  void rewind() noexcept { sent_ = arrived_ = start_; }

  // Since construction.
  [[nodiscard]] std::uint64_t records_out() const noexcept { return records_out_; }
  [[nodiscard]] std::uint64_t bytes_out() const noexcept { return bytes_out_; }

 private:
  void compact() noexcept;

  const std::size_t capacity_;
  std::unique_ptr<char[]> buffer_;
  std::vector<std::uint32_t> ends_;  // of the records from first_ on
  std::size_t first_ = 0;
  std::size_t start_ = 0;    // of the first record that has not wholly arrived
  std::size_t arrived_ = 0;  // start_ <= arrived_ <= sent_ <= tail_
  std::size_t sent_ = 0;
  std::size_t tail_ = 0;
  std::uint64_t records_out_ = 0;
  std::uint64_t bytes_out_ = 0;
};

}  // namespace sluice::logship
