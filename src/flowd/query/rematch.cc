#include "flowd/query/rematch.h"

#include <algorithm>
#include <map>

#include "flowd/query/sweep.h"

namespace sluice::query {
namespace {

using policy::Action;
using policy::Policy;
using session::CloseReason;

// What a session is to expect, by its policy.
enum class Outlook : std::uint8_t { stays, asked, looked_up, ends };

bool same_addresses(const policy::AddressMatch& a, const policy::AddressMatch& b) {
  return a.any == b.any && a.excluded == b.excluded && a.prefixes == b.prefixes;
}

bool same_term(const policy::ApplicationTerm& a, const policy::ApplicationTerm& b) {
  const auto same_ports = [](const policy::PortRange& x, const policy::PortRange& y) {
    return x.low == y.low && x.high == y.high;
  };
  return a.protocol == b.protocol && same_ports(a.source, b.source) &&
         same_ports(a.destination, b.destination);
}

bool same_applications(const policy::Table& before, const policy::Table& after, const Policy& policy) {
  return std::ranges::all_of(policy.applications, [&](AppId id) {
    const policy::Application* old = before.find(id);
    const policy::Application* now = after.find(id);
    return old != nullptr && now != nullptr && std::ranges::equal(old->terms, now->terms, same_term);
  });
}

// Whether what a policy permits may be another now.
bool modified(const policy::Table& before, const policy::Table& after, const Policy& old, const Policy& now) {
  const bool same = old.action == now.action && old.global_from == now.global_from &&
                    old.global_to == now.global_to && same_addresses(old.source, now.source) &&
                    same_addresses(old.destination, now.destination) &&
                    old.applications == now.applications && same_applications(before, after, now);
  return !same;
}

// What the session's policy is asked (for an address of the firewall in another zone that is the first of two
// lookups).
template <class F>
policy::Query<typename F::Address> query_of(const session::Copy<F>& session,
                                            const snapshot::Snapshot& after) {
  policy::Query<typename F::Address> query;
  const auto in = session.key(0);
  const auto out = session.key(1);
  query.from_zone = ZoneId{in.zone};
  query.to_zone = ZoneId{out.zone};
  if (query.to_zone == kJunosHostZone) {
    const route::NextHop& forth = after.routes->next_hop(after.routes->lookup(out.source));
    if (forth.kind == route::NextHopKind::local) {
      query.to_zone = after.zone_towards(query.from_zone, forth);
    }
  }
  query.source = in.source;
  query.destination = out.source;  // after destination translation
  query.protocol = in.protocol;
  query.source_port = byte_swap(in.source_port);
  query.destination_port = byte_swap(out.source_port);
  if (packet::is_icmp(F::kFamily, in.protocol)) {
    query.source_port = 0;
    query.destination_port = packet::policy_port<F>(in);
  }
  return query;
}

class RematchJudge {
 public:
  RematchJudge(const snapshot::Snapshot& before, const snapshot::Snapshot& after)
      : after_(after), policies_(*after.policies), outlook_(kMaxPolicies, Outlook::ends) {
    judge_policies(before, after);
    judge_interfaces(before, after);
  }

  [[nodiscard]] bool needed() const { return needed_; }

  template <class F>
  [[nodiscard]] bool concerns(const session::Record<F>& /*record*/, const session::Cold<F>& cold) const {
    return places_matter_ || outlook_[session::get(cold.policy)] != Outlook::stays;
  }

  template <class F>
  void operator()(const Case<F>& one) const {
    if (!places_stay(one)) {
      one.end(CloseReason::interface_gone);
      return;
    }
    switch (outlook_[one.session.cold.policy]) {
      case Outlook::stays:
        return;
      case Outlook::ends:
        return one.end(CloseReason::policy_delete);
      case Outlook::asked:
        if (!still_permitted(one)) {
          one.end(CloseReason::policy_delete);
        }
        return;
      case Outlook::looked_up:
        return look_up(one);
    }
  }

 private:
  void judge_policies(const snapshot::Snapshot& before, const snapshot::Snapshot& after) {
    const snapshot::FlowOptions& flow = after.flow;
    const Outlook when_gone = flow.policy_rematch_extensive ? Outlook::looked_up : Outlook::ends;
    const Outlook when_modified = flow.policy_rematch_extensive ? Outlook::looked_up
                                  : flow.policy_rematch         ? Outlook::asked
                                                                : Outlook::stays;
    std::ranges::fill(outlook_, when_gone);
    // Numbers below the users' are the firewall's own.
    std::fill_n(outlook_.begin(), kFirstUserPolicy.value, Outlook::stays);
    // Turned on, it looks at every policy once: what was changed before counts from now on.
    const bool turned_on = flow.policy_rematch && !before.flow.policy_rematch;
    const bool default_narrowed = before.policies->definition().default_action == Action::permit &&
                                  after.policies->definition().default_action != Action::permit;
    if (default_narrowed && when_modified != Outlook::stays) {
      outlook_[kDefaultPolicy.value] = when_modified;
      needed_ = true;
    }
    for (const Policy& now : after.policies->definition().policies) {
      const Policy* old = before.policies->find(now.id);
      if (now.enabled) {
        const bool asks =
            old != nullptr && (turned_on || modified(*before.policies, *after.policies, *old, now));
        outlook_[now.id.value] = asks ? when_modified : Outlook::stays;
      }
    }
    for (const Policy& old : before.policies->definition().policies) {
      needed_ = needed_ || (old.enabled && outlook_[old.id.value] != Outlook::stays);
    }
  }

  void judge_interfaces(const snapshot::Snapshot& before, const snapshot::Snapshot& after) {
    for (const snapshot::Interface& interface : after.interfaces) {
      zones_[interface.id] = interface.zone;
    }
    places_matter_ = std::ranges::any_of(before.interfaces, [&](const snapshot::Interface& old) {
      const auto now = zones_.find(old.id);
      return old.zone != kNullZone && (now == zones_.end() || now->second != old.zone);
    });
    needed_ = needed_ || places_matter_;
  }

  // Whether both wings' interfaces still are in the zones that the session knows.
  template <class F>
  [[nodiscard]] bool places_stay(const Case<F>& one) const {
    for (unsigned wing = 0; places_matter_ && wing < 2; ++wing) {
      const auto zone = zones_.find(IflId{one.session.cold.ifl[wing]});
      if (zone == zones_.end() ||
          zone->second != session::zone_of(one.session.record, one.session.cold, wing)) {
        return false;
      }
    }
    return true;
  }

  template <class F>
  [[nodiscard]] bool still_permitted(const Case<F>& one) const {
    const PolicyId policy{one.session.cold.policy};
    return policy == kDefaultPolicy ? policies_.definition().default_action == Action::permit
                                    : policies_.permits(policy, query_of(one.session, after_));
  }

  template <class F>
  void look_up(const Case<F>& one) const {
    const auto query = query_of(one.session, after_);
    policy::Decision decision;
    policies_.match(std::span(&query, 1), std::span(&decision, 1));
    if (decision.action != Action::permit) {
      one.end(CloseReason::policy_delete);
    } else if (decision.policy.value != one.session.cold.policy) {
      one.keep(decision.policy);
    }
  }

  const snapshot::Snapshot& after_;
  const policy::Table& policies_;
  std::vector<Outlook> outlook_;  // by PolicyId
  std::map<IflId, ZoneId> zones_;
  bool places_matter_ = false;
  bool needed_ = false;
};

}  // namespace

std::uint64_t rematch(Shards shards, const snapshot::Snapshot& before, const snapshot::Snapshot& after,
                      const Wait& wait, const Pace& pace) {
  const RematchJudge judge(before, after);
  return judge.needed() ? sweep(shards, judge, wait, pace) : 0;
}

}  // namespace sluice::query
