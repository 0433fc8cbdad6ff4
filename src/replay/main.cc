// sluice-replay: what the firewall would have made of a capture file. Needs no root, NIC or huge pages.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "base/version.h"
#include "config/config.h"
#include "dataplane/packet/address.h"
#include "replay/run.h"

namespace {

using sluice::logship::Format;
using sluice::replay::Options;

constexpr int kBadInput = 1;
constexpr int kBadUsage = 2;

constexpr const char* kAbout =
    "sluice-replay: runs a capture through a configuration and prints the sessions, the policy hits, the "
    "drops\n"
    "and the session log that the firewall would have had. Time follows the capture.";

class StandardOutput final : public sluice::render::Output {
 public:
  void write(std::string_view bytes) override { std::fwrite(bytes.data(), 1, bytes.size(), stdout); }
  [[nodiscard]] bool wanted() const override { return std::ferror(stdout) == 0; }
};

void say(std::string_view sentence) {
  fmt::print(stderr, "sluice-replay: {}\n", sentence);
}
void warn(std::string_view sentence) {
  fmt::print(stderr, "sluice-replay: warning: {}\n", sentence);
}

// As `format` of a `security log stream`.
const std::map<std::string, Format> kFormats{
    {"syslog", Format::syslog}, {"sd-syslog", Format::sd_syslog}, {"json", Format::json}};

struct Flags {
  std::string log_format;
  bool json = false;
  bool extensive = false;
};

void add_options(CLI::App& app, Options& options, Flags& flags) {
  app.add_option("--config", options.configuration_path, "The configuration, curly braces or set commands")
      ->type_name("FILE")
      ->required();
  app.add_option("--inside", options.inside, "Packets from these prefixes enter the inside interface")
      ->type_name("PREFIX")
      ->required();
  app.add_option("capture", options.capture_path, "A capture, pcap or pcapng; - is standard input")
      ->type_name("FILE");
  app.add_option("--inside-interface", options.inside_interface,
                 "Where they enter (default: where the routes to the prefixes lead)")
      ->type_name("NAME");
  app.add_option("--outside-interface", options.outside_interface,
                 "Where all others enter (default: where the default route leads, or what is left)")
      ->type_name("NAME");
  app.add_option("--log", options.log_path, "Write the session log to this file (default: print it)")
      ->type_name("FILE");
  app.add_option("--log-format", flags.log_format, "Its form (default: as the configuration says)")
      ->check(CLI::IsMember(kFormats));
  app.add_option("--after", options.after_s, "Let so many seconds pass after the last packet")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 1'000'000));
  app.add_flag("--extensive", flags.extensive, "Show sessions in detail");
  app.add_flag("--json", flags.json, "Print everything as one JSON object");
  app.add_option("--yang", options.yang_folder, "Folder of the YANG modules")->type_name("FOLDER");
  app.set_version_flag("--version", sluice::version_of("sluice-replay"));
}

// "--inside 10.0.0.0/8 10.1.0.0/16 capture.pcap": the last word is no prefix, but the capture.
void find_capture(Options& options) {
  const bool named = !options.capture_path.empty();
  if (named || options.inside.size() < 2 || sluice::packet::parse_prefix(options.inside.back())) return;
  options.capture_path = options.inside.back();
  options.inside.pop_back();
}

// An option that does not exist is why the words after it, the capture above all, fit nowhere.
std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error) {
  for (const std::string& word : app.remaining()) {
    if (word.size() > 1 && word.front() == '-') return fmt::format("there is no option {}", word);
  }
  return error.what();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.yang_folder = sluice::config::Schema::default_directory();
  Flags flags;
  CLI::App app(kAbout);
  add_options(app, options, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    say(fmt::format("{}; --help lists the options", what_is_wrong(app, error)));
    return kBadUsage;
  }
  find_capture(options);
  if (options.capture_path.empty()) {
    say("no capture is named: give its file after the options; --help lists them");
    return kBadUsage;
  }
  if (!flags.log_format.empty()) options.log_format = kFormats.at(flags.log_format);
  options.form = flags.json ? sluice::replay::Form::json : sluice::replay::Form::text;
  options.detail = flags.extensive ? sluice::replay::Detail::extensive : sluice::replay::Detail::brief;
  StandardOutput out;
  const sluice::Status done = sluice::replay::run(options, out, warn);
  if (!done) say(done.error().text());
  if (std::fflush(stdout) != 0) {
    say("the report cannot be written to standard output");
    return kBadInput;
  }
  return done ? 0 : kBadInput;
}
