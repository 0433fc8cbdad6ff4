#include "flowd/logship/record_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "flowd/logship/timestamp.h"

namespace sluice::logship {
namespace {

constexpr std::int64_t kDay_s = 86400;
constexpr int kLeapYears = 8;  // there is a 29th of February in any so many years

template <class Number>
bool take_number(std::string_view text, Number& number, int base = 10) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return failure == std::errc() && end == text.data() + text.size();
}

// The words of a line, one after the other.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}
  // Empty at the end.
  std::string_view next() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word.size());
    return word;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// "16:49:31", maybe with fractions.
bool take_clock(std::string_view text, std::tm& time) {
  return text.size() >= 8 && text[2] == ':' && text[5] == ':' &&
         take_number(text.substr(0, 2), time.tm_hour) && take_number(text.substr(3, 2), time.tm_min) &&
         take_number(text.substr(6, 2), time.tm_sec);
}

std::int64_t seconds_of(std::tm time, bool utc) {
  time.tm_isdst = -1;
  return utc ? ::timegm(&time) : ::mktime(&time);
}

// The last year in which this time was not later than it may be; a 29th of February is not in every year.
std::optional<std::int64_t> in_last_year(std::tm time, const LineTimes& times) {
  std::tm latest{};
  const std::time_t latest_s = times.latest_unix_s;
  ::gmtime_r(&latest_s, &latest);
  const int first = latest.tm_year + 1;  // a day that has begun elsewhere
  for (time.tm_year = first; time.tm_year > first - kLeapYears; --time.tm_year) {
    const std::int64_t seconds = seconds_of(time, times.utc);
    const std::time_t read = seconds;
    std::tm back{};
    times.utc ? ::gmtime_r(&read, &back) : ::localtime_r(&read, &back);
    if (seconds <= times.latest_unix_s + kDay_s && back.tm_mday == time.tm_mday) return seconds;
  }
  return std::nullopt;
}

// "Jun  7 16:49:31", maybe with fractions and a year.
std::optional<std::int64_t> read_bsd_time(Words& words, const LineTimes& times) {
  std::tm time{};
  const auto* const month = std::ranges::find(kMonths, words.next());
  time.tm_mon = static_cast<int>(month - kMonths.begin());
  if (month == kMonths.end() || !take_number(words.next(), time.tm_mday) || !take_clock(words.next(), time)) {
    return std::nullopt;
  }
  Words after = words;
  int year = 0;
  const std::string_view word = after.next();
  if (word.size() != 4 || !take_number(word, year)) return in_last_year(time, times);
  words = after;
  time.tm_year = year - 1900;
  return seconds_of(time, times.utc);
}

// "2026-06-07T16:49:31.401Z", or with an offset.
std::optional<std::int64_t> read_rfc3339(std::string_view text) {
  std::tm time{};
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T') return std::nullopt;
  if (!take_number(text.substr(0, 4), time.tm_year) || !take_number(text.substr(5, 2), time.tm_mon) ||
      !take_number(text.substr(8, 2), time.tm_mday) || !take_clock(text.substr(11), time)) {
    return std::nullopt;
  }
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  std::int64_t seconds = seconds_of(time, true);
  const std::size_t sign = text.find_first_of("+-", 19);
  int hours = 0, minutes = 0;
  if (sign != std::string_view::npos && text.size() == sign + 6 &&
      take_number(text.substr(sign + 1, 2), hours) && take_number(text.substr(sign + 4, 2), minutes)) {
    seconds -= (text[sign] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
  }
  return seconds;
}

// "192.0.2.9/1000".
bool take_end(std::string_view text, std::string_view& address, std::uint16_t& port) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  address = text.substr(0, slash);
  return take_number(text.substr(slash + 1), port);
}

// "192.0.2.9/1000->198.51.100.7/80".
bool take_ends(std::string_view text, std::array<std::string_view*, 2> addresses,
               std::array<std::uint16_t*, 2> ports) {
  const std::size_t arrow = text.find("->");
  return arrow != std::string_view::npos && take_end(text.substr(0, arrow), *addresses[0], *ports[0]) &&
         take_end(text.substr(arrow + 2), *addresses[1], *ports[1]);
}

// "source rule" and its name, or "N/A" twice; of releases without types, a name.
void skip_rule(Words& words, bool typed) {
  const std::string_view first = words.next();
  if (!typed) return;
  if (first == "source" || first == "destination" || first == "static") words.next();
  words.next();
}

// Releases without types of rules have an ICMP session's sequence before its identifier.
void put_in_order(RecordLine& record, bool typed) {
  if (typed || !is_icmp(record.protocol)) return;
  std::swap(record.source_port, record.destination_port);
  std::swap(record.nat_source_port, record.nat_destination_port);
}

bool is_possible(const RecordLine& record) {
  return record.unix_s >= 0 && record.elapsed_s <= static_cast<std::uint64_t>(record.unix_s);
}

// Up to what follows "session created", or a closed session's reason. Empty: it is another line.
std::string_view skip_introduction(std::string_view text, bool& ended) {
  constexpr std::string_view kMade = ": session created ";
  constexpr std::string_view kClosed = ": session closed ";
  const std::size_t made = text.find(kMade);
  ended = made == std::string_view::npos;
  if (!ended) return text.substr(made + kMade.size());
  const std::size_t closed = text.find(kClosed);
  if (closed == std::string_view::npos) return {};
  const std::size_t reason = text.find(": ", closed + kClosed.size());  // it has blanks in it
  return reason == std::string_view::npos ? std::string_view() : text.substr(reason + 2);
}

// What an unstructured record says after its introduction. False: it is none, or not whole.
bool take_fields(Words fields, RecordLine& record) {
  if (!take_ends(fields.next(), {&record.source, &record.destination},
                 {&record.source_port, &record.destination_port})) {
    return false;
  }
  const bool typed =
      fields.next().starts_with("0x");  // the releases with connection tags have types of rules
  if (typed) fields.next();
  if (!take_ends(fields.next(), {&record.nat_source, &record.nat_destination},
                 {&record.nat_source_port, &record.nat_destination_port})) {
    return false;
  }
  if (typed) fields.next();
  skip_rule(fields, typed);
  skip_rule(fields, typed);
  if (!take_number(fields.next(), record.protocol)) return false;
  put_in_order(record, typed);
  record.policy = fields.next();
  fields.next();
  fields.next();
  if (!take_number(fields.next(), record.session_id)) return false;
  if (record.ended) {
    fields.next();
    fields.next();
    if (!take_number(fields.next(), record.elapsed_s)) return false;
  }
  return fields.rest().starts_with(' ');  // or else the number may go on
}

std::optional<RecordLine> read_text(Words words, const LineTimes& times) {
  RecordLine record;
  const auto time = read_bsd_time(words, times);
  if (!time) return std::nullopt;
  record.unix_s = *time;
  const std::string_view fields = skip_introduction(words.rest(), record.ended);
  return take_fields(Words(fields), record) && is_possible(record) ? std::optional(record) : std::nullopt;
}

// The values of a structured record: name="value", or "name":"value" and "name":value. One that is cut is
// none.
class Attributes {
 public:
  Attributes(std::string_view line, bool json) : line_(line), json_(json) {}

  [[nodiscard]] std::string_view value(std::string_view name) const {
    const std::string_view before = json_ ? "\"" : " ";
    const std::string_view after = json_ ? "\":" : "=";
    for (std::size_t at = line_.find(name); at != std::string_view::npos; at = line_.find(name, at + 1)) {
      const std::size_t end = at + name.size();
      if (at == 0 || line_[at - 1] != before[0] || line_.substr(end, after.size()) != after) continue;
      std::string_view rest = line_.substr(end + after.size());
      const bool quoted = rest.starts_with('"');
      if (quoted) rest.remove_prefix(1);
      const std::size_t length = rest.find_first_of(quoted ? "\"" : ",}");
      return length == std::string_view::npos ? std::string_view() : rest.substr(0, length);
    }
    return {};
  }
  template <class Number>
  [[nodiscard]] bool take(std::string_view name, Number& number) const {
    return take_number(value(name), number);
  }

 private:
  std::string_view line_;
  bool json_;
};

std::optional<RecordLine> read_structured(std::string_view time, std::string_view message,
                                          const Attributes& attributes) {
  RecordLine record;
  const auto when = read_rfc3339(time);
  record.ended = message == "RT_FLOW_SESSION_CLOSE";
  if (!when || (!record.ended && message != "RT_FLOW_SESSION_CREATE")) return std::nullopt;
  record.unix_s = *when;
  record.source = attributes.value("source-address");
  record.destination = attributes.value("destination-address");
  record.nat_source = attributes.value("nat-source-address");
  record.nat_destination = attributes.value("nat-destination-address");
  record.policy = attributes.value("policy-name");
  const bool whole = attributes.take("source-port", record.source_port) &&
                     attributes.take("destination-port", record.destination_port) &&
                     attributes.take("nat-source-port", record.nat_source_port) &&
                     attributes.take("nat-destination-port", record.nat_destination_port) &&
                     attributes.take("protocol-id", record.protocol) &&
                     attributes.take("session-id-32", record.session_id) &&
                     (!record.ended || attributes.take("elapsed-time", record.elapsed_s));
  if (!whole || !is_possible(record)) return std::nullopt;
  put_in_order(record, !attributes.value("src-nat-rule-type").empty());
  return record;
}

constexpr int kHexadecimal = 16;

bool is_possible(const BlockLine& block) {
  return block.unix_s >= 0 && block.made_s <= static_cast<std::uint64_t>(block.unix_s) &&
         block.low <= block.high;
}

// What stands in `text` between two others, which are cut off with it; empty: it is not there.
std::string_view take_between(std::string_view& text, std::string_view before, std::string_view behind) {
  const std::size_t at = text.find(before);
  if (at == std::string_view::npos) return {};
  std::string_view found = text.substr(at + before.size());
  const std::size_t end = found.find(behind);
  if (end == std::string_view::npos) return {};
  text = found.substr(end);
  return found.substr(0, end);
}

// "Subscriber 10.0.10.10 used/maximum [1/4] blocks, allocates port block [48640-48895] from 203.0.113.16 in
// source pool pool-1 lsys_id: 0 epoch 0x624b0492"
std::optional<BlockLine> read_block_text(Words words, const LineTimes& times) {
  BlockLine block;
  const auto time = read_bsd_time(words, times);
  std::string_view rest = words.rest();
  const std::string_view event = take_between(rest, kBlockMessages, ": ");
  if (!time || event.empty()) return std::nullopt;
  block.unix_s = *time;
  block.released = event == "RELEASE";
  block.host = take_between(rest, "Subscriber ", " ");
  const std::string_view low = take_between(rest, "port block [", "-");
  const std::string_view high = take_between(rest, "-", "] from ");
  block.address = take_between(rest, "] from ", " in source pool ");
  block.pool = take_between(rest, " in source pool ", " lsys_id: ");
  const std::size_t epoch = rest.find(" epoch 0x");
  if (epoch == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(epoch + std::string_view(" epoch 0x").size());
  const std::string_view made = rest.substr(0, rest.find_first_of(" \r\n"));
  const bool whole = take_number(low, block.low) && take_number(high, block.high) &&
                     take_number(made, block.made_s, kHexadecimal);
  return whole && is_possible(block) ? std::optional(block) : std::nullopt;
}

std::optional<BlockLine> read_structured_block(std::string_view time, std::string_view message,
                                               const Attributes& attributes) {
  BlockLine block;
  const auto when = read_rfc3339(time);
  if (!when || !message.starts_with(kBlockMessages)) return std::nullopt;
  block.unix_s = *when;
  block.released = message.ends_with("RELEASE");
  block.host = attributes.value("internal-ip");
  block.address = attributes.value("reflexive-ip");
  block.pool = attributes.value("nat-pool-name");
  const bool whole = attributes.take("block-port-low", block.low) &&
                     attributes.take("block-port-high", block.high) &&
                     take_number(attributes.value("epoch-time-64"), block.made_s, kHexadecimal);
  return whole && is_possible(block) ? std::optional(block) : std::nullopt;
}

// A line is unstructured, structured (RFC 5424) or JSON.
template <class Read, class ReadStructured>
auto read_line(std::string_view line, const Read& read, const ReadStructured& read_structured_line)
    -> decltype(read(Words(line))) {
  if (line.starts_with('{')) {
    const Attributes attributes(line, true);
    return read_structured_line(attributes.value("timestamp"), attributes.value("message"), attributes);
  }
  const std::size_t priority = line.find('>');
  if (!line.starts_with('<') || priority == std::string_view::npos) return std::nullopt;
  line.remove_prefix(priority + 1);
  Words words(line);
  if (!line.starts_with("1 ")) return read(words);
  words.next();
  const std::string_view time = words.next();
  // Host (which may be missing), process, "-", then the message.
  std::string_view message;
  for (int i = 0; i < 4 && !message.starts_with("RT_FLOW_") && !message.starts_with(kBlockMessages); ++i) {
    message = words.next();
  }
  return read_structured_line(time, message, Attributes(line, false));
}

}  // namespace

std::optional<RecordLine> read_record(std::string_view line, const LineTimes& times) {
  return read_line(
      line, [&](Words words) { return read_text(words, times); }, read_structured);
}

std::optional<BlockLine> read_block(std::string_view line, const LineTimes& times) {
  return read_line(
      line, [&](Words words) { return read_block_text(words, times); }, read_structured_block);
}

}  // namespace sluice::logship
