// ManagementService: what the management daemon does with an <rpc>: finds the operation, has it
// answered, rendered as the caller asked.
//
// Two ways in, one way through. <command format="text|xml|json">show ...</command> is parsed by the
// grammar (this is how the command line asks, pipes included); an rpc by its own name comes with its
// inputs as elements. Both end in rpc::dispatch with a Sink for the wanted form.
//
// <complete>show sec</complete> asks what may stand at the end of a line; ends-word="yes": and what is wrong
// with its last word, should a blank end it. What is the command line's own affair comes back as <cli-action
// name="RPC">, and what it needs to know before it shows a text as <cli-output more="no" save="FILE"/> in
// front of it.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mgd/command/command.h"
#include "mgd/delivery.h"
#include "mgd/doors/server.h"
#include "mgd/refusal.h"
#include "mgd/rpc/rpc.h"

namespace sluice::mgd {

class ManagementService : public doors::Service {
 public:
  ManagementService(const config::Schema& schema, const command::RpcSchema& rpcs,
                    const command::Grammar& grammar, commit::Parts parts)
      : schema_(schema), rpcs_(rpcs), grammar_(grammar), parts_(parts), candidates_(schema, parts) {}

  void answer(const doors::Peer& peer, const pugi::xml_node& rpc, doors::Reply& reply) override;
  [[nodiscard]] std::string reply_attributes() const override;
  [[nodiscard]] std::vector<std::string> capabilities() const override;
  Status end(const doors::Peer& peer, unsigned session, const std::function<Status()>& kill) override;
  [[nodiscard]] std::uint64_t idle_limit_s(const doors::Peer& peer) override;
  void turned_away(const doors::Peer& peer, const Error& why) override;
  void idle(const doors::Peer& peer) override;
  void ended(const doors::Peer& peer) override;
  // What is edited through it.
  [[nodiscard]] candidate::Candidates& candidates() { return candidates_; }

 private:
  // False: it was refused.
  bool run(const Request& request, const Question& question, const rpc::Context& context,
           doors::Reply& reply) const;
  void answer_command(const pugi::xml_node& command, const rpc::Context& context, doors::Reply& reply);
  // False: a word of a statement could be several; the reply says which.
  bool say_in_full(command::Command& command, const Question& question, const rpc::Context& context,
                   doors::Reply& reply) const;
  // That a commit is still to be confirmed.
  void remind(const rpc::Context& context, doors::Reply& reply) const;
  void answer_completion(const pugi::xml_node& line, const rpc::Context& context, doors::Reply& reply) const;
  void check_word(std::string_view typed, const command::Names& names, command::Mode mode,
                  command::Suggestions& found) const;
  void answer_rpc(const pugi::xml_node& element, const rpc::Context& context, doors::Reply& reply) const;
  // Notes the first request of a session as its login.
  void greet(const doors::Peer& peer, const rpc::Caller& caller);
  // A login; an Error: it came to nothing. `source` and `client` may be empty: not known.
  void note_login(const doors::Peer& peer, const std::string& source, std::string_view client,
                  const Status& came);
  // An event of the session that nobody asked for.
  void note(std::string_view tag, const std::string& message, const doors::Peer& peer);
  // That what is shown as the configuration is not what was committed, or not in force.
  void warn_of_alarms(doors::Reply& reply, const Question& question) const;
  [[nodiscard]] render::Profile profile() const;
  // Says why a request is refused; `position`: of the wrong word in a command.
  void refuse(doors::Reply& reply, const Error& error, const Question& question,
              std::optional<std::size_t> position = std::nullopt) const;
  void warn(doors::Reply& reply, const Error& warning, const Question& question) const;

  const config::Schema& schema_;
  const command::RpcSchema& rpcs_;
  const command::Grammar& grammar_;
  commit::Parts parts_;
  candidate::Candidates candidates_;
  std::mutex lock_;                                 // of what follows
  std::map<unsigned, std::string> greeted_;         // where each session that asked something comes from
  std::map<unsigned, std::int64_t> turned_away_s_;  // by uid: when that was noted last
};

}  // namespace sluice::mgd
