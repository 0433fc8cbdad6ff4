// Runner: runs one command line at the management daemon and shows the answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/screen.h"
#include "mgd/doors/client.h"

namespace sluice::cli {

// Where a command was typed, which is how its answer is shown.
enum class Seat {
  script,  // what is refused is shown with its line, so that the caret below it points somewhere
  shell,   // the line is on the screen; long output is paged
};

// Where in the configuration the operator is.
struct Place {
  bool configuring = false;
  std::string edit;  // the words of the statement that is edited
};

struct Ran {
  bool good = false;  // not refused, and it could be asked
  std::vector<doors::Action> actions;
  std::string question;  // nothing is done yet: the operator has to say yes first
};

bool is_exit(std::string_view line);

class Runner {
 public:
  Runner(std::string socket, Seat seat) : socket_(std::move(socket)), seat_(seat) {}

  // The answer goes to stdout, refusals to stderr. `indent` is where the line begins on the screen.
  Ran run(const std::string& line, const Place& place, std::size_t indent = 0);
  // The same line again, whose question was answered with yes.
  Ran run_confirmed(const std::string& line, const Place& place, std::size_t indent);
  // The answer's text, shown to nobody; nullopt when it was refused.
  std::optional<std::string> ask(std::string_view line, const Place& place = {});
  // What the daemon calls the firewall; nullopt: it does not say.
  std::optional<std::string> host_name();
  // The alarms that are active, as a command lists them; empty: there are none.
  std::string alarms();
  // How many times the daemon was connected to: another one may call the firewall otherwise.
  [[nodiscard]] unsigned connections() const { return connections_; }
  // What a lost connection takes with it: nothing of what all editors share; all of what is one's own.
  enum class Candidate { shared, own };
  // From now on, until `end`, what is typed in configuration mode goes through the connection that began it:
  // a lock and a private copy are that connection's, so no interrupt may cut it.
  void begin_configuration(Candidate candidate);
  void end_configuration();
  // Whether the connection is lost and configuration mode with it: a lock and a private copy end with their
  // connection. The shared candidate is there again when the daemon is, unless that refuses it.
  [[nodiscard]] bool lost_configuration() const { return lost_; }

  // What the daemon says unasked to who stands at a place. The number of a file that is readable then; -1: it
  // will say nothing.
  [[nodiscard]] int hearing(const Place& place) const;
  std::vector<doors::Notice> hear(const Place& place);

  // Whether a blank is about to end the last word: then what is wrong with it is told.
  enum class Completion { goes_on, ends_word };
  // Nothing when the daemon does not answer.
  doors::Suggestions complete(std::string_view line, const Place& place,
                              Completion how = Completion::goes_on);

  Screen& screen() { return screen_; }

 private:
  Ran run(doors::Line asked, const Place& place, std::size_t indent);
  // Runs the programs among the actions, which are done then. False: one failed.
  bool run_programs(std::vector<doors::Action>& actions) const;
  // False: it failed.
  bool run_one(const doors::Action& action) const;
  // The text of one element of a reply, shown to nobody; nullopt: it has none.
  std::optional<std::string> element(const std::string& request, const char* path);
  // Connects when it must; reach() is silent, for a line that is still being typed.
  Status reach();
  bool connect();
  // Tells the operator what there is to tell of a connection; whether it is there.
  bool told(const Status& reached);
  Status reach_configuration();
  bool connect_configuration();
  [[nodiscard]] std::optional<doors::Client>& client_at(const Place& place) {
    return place.configuring ? configuration_ : client_;
  }
  void drop_configuration();
  void show(const doors::Refusal& refusal, std::string_view line, std::size_t indent) const;

  std::string socket_;
  Seat seat_;
  Screen screen_;
  std::optional<doors::Client> client_;         // of queries: cut when one is not wanted any more
  std::optional<doors::Client> configuration_;  // of configuration mode
  unsigned connections_ = 0;
  Candidate candidate_ = Candidate::shared;
  bool lost_ = false;
  bool restarted_ = false;  // the daemon, and the operator was not told yet
};

}  // namespace sluice::cli
