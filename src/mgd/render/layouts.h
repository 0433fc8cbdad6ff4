// The text layouts of the operations, one file each (text_NAME.cc).
//
// A layout reads the same elements that XML and JSON show, by their names. Where releases differ it
// asks page.profile. Trailing blanks in the formats are Junos's own and scripts match them.
#pragma once

#include "mgd/render/text.h"

namespace sluice::render {

extern const TextLayout kAlarms;
extern const TextLayout kArp;
extern const TextLayout kAuthorizedKeys;
extern const TextLayout kChassis;
extern const TextLayout kClearSession;
extern const TextLayout kCommit;
extern const TextLayout kClearCommit;
extern const TextLayout kCommitHistory;
extern const TextLayout kConfiguration;
extern const TextLayout kDatabaseStatus;
extern const TextLayout kDestinationNatPools;
extern const TextLayout kDestinationNatRules;
extern const TextLayout kDestinationNatSummary;
extern const TextLayout kDone;
extern const TextLayout kFlowSession;
extern const TextLayout kFlowStatistics;
extern const TextLayout kMonitoring;
extern const TextLayout kFlowStatus;
extern const TextLayout kHelp;
extern const TextLayout kInterfaces;
extern const TextLayout kIpv6Neighbors;
extern const TextLayout kLicense;
extern const TextLayout kLoad;
extern const TextLayout kLog;
extern const TextLayout kOpened;
extern const TextLayout kPersistentNat;
extern const TextLayout kPolicies;
extern const TextLayout kPolicyHitCount;
extern const TextLayout kPolicyMatch;
extern const TextLayout kPortBlocks;
extern const TextLayout kRoute;
extern const TextLayout kRouteEngine;
extern const TextLayout kRouteSummary;
extern const TextLayout kSoftware;
extern const TextLayout kSourceNatPools;
extern const TextLayout kSourceNatRules;
extern const TextLayout kSourceNatSummary;
extern const TextLayout kStaticNatRules;
extern const TextLayout kSystem;
extern const TextLayout kUptime;
extern const TextLayout kWhoHad;
extern const TextLayout kZones;

}  // namespace sluice::render
