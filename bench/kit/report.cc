#include "kit/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

namespace sluice::bench {
namespace {

std::string results_path() {
  const char* path = std::getenv("SLUICE_BENCH_RESULTS");
  return path != nullptr ? path : "bench-results.json";
}

// One figure per line between the braces, so that a line can be replaced without a JSON library.
std::map<std::string, std::string> read_results(const std::string& path) {
  std::map<std::string, std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const auto begin = line.find('"');
    const auto end = line.find('"', begin + 1);
    if (begin != std::string::npos && end != std::string::npos) {
      if (line.back() == ',') {
        line.pop_back();
      }
      lines[line.substr(begin + 1, end - begin - 1)] = line;
    }
  }
  return lines;
}

std::string to_line(const Figure& figure) {
  std::string runs;
  for (const double run : figure.runs) {
    runs += fmt::format("{}{:.6g}", runs.empty() ? "" : ", ", run);
  }
  return fmt::format(R"(  "{}": {{"value": {:.6g}, "unit": "{}", "runs": [{}], "conditions": "{}"}})",
                     figure.name, median(figure.runs), figure.unit, runs, figure.conditions);
}

void write_results(const Figure& figure) {
  const std::string path = results_path();
  auto lines = read_results(path);
  lines[figure.name] = to_line(figure);
  std::ofstream out(path, std::ios::trunc);
  out << "{\n";
  std::size_t left = lines.size();
  for (const auto& [name, line] : lines) {
    out << line << (--left != 0 ? ",\n" : "\n");
  }
  out << "}\n";
}

}  // namespace

double clocks_per_ns() {
  static const double rate = [] {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const std::uint64_t first = clocks();
    while (Clock::now() - start < std::chrono::milliseconds(50)) {
    }
    const auto last = clocks();
    const double ns = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
    return static_cast<double>(last - first) / ns;
  }();
  return rate;
}

double median(std::vector<double> values) {
  if (values.empty()) {
    return 0;
  }
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void report(const Figure& figure) {
  const double value = median(figure.runs);
  std::string verdict;
  if (figure.target != 0) {
    const bool met = figure.at_most ? value <= figure.target : value >= figure.target;
    verdict = fmt::format("  target {} {:.6g}: {}", figure.at_most ? "at most" : "at least", figure.target,
                          met ? "met" : "MISSED");
  }
  fmt::print("{:<28} {:>12.6g} {:<16}{}\n", figure.name, value, figure.unit, verdict);
  std::fflush(stdout);
  write_results(figure);
}

}  // namespace sluice::bench
