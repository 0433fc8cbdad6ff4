// The configuration tree: the door of the room.
//
// What. A Schema is the YANG modules of yang/, loaded once. A Tree is one configuration that fits
// the schema: the candidate, the running one, a rollback, what an operator's file says. Text in the
// form that operators know (curly braces or set commands) becomes a Tree and a Tree becomes text
// again; between the daemons a Tree travels as JSON. Nothing here knows what a statement means for
// a packet: that is flowd/compile's.
//
//     auto schema = config::Schema::load(config::Schema::default_directory());
//     auto tree = config::parse_text(*schema, text, "fw.conf");     // syntax, names, types, ranges
//     auto valid = tree->validate();                                // mandatory, references, 'must'
//     auto live = tree->active();                                   // without what is 'inactive:'
//     for (config::Node zone : live.root().child("security").child("zones").list("security-zone")) ...
//
// Why this way. The text forms are produced and read by walking the schema, never by code for one
// statement: a new YANG leaf is parsed, printed, compared and explained in errors without a line of
// C++. What YANG cannot say about the written form is in the extensions of sluice-extensions.yang.
//
// Where errors point. Text: Error.path is "FILE:LINE:COLUMN" (both from 1; a column is a
// character). Validation: Error.path is the statement in the operator's words, "security policies
// from-zone trust to-zone dmz policy web". Error.message is a sentence to be shown as it is.
//
// Threads. A Schema is immutable once loaded and may be shared by threads; copies are cheap and
// share it. A Tree, even a const one, is used by one thread at a time (libyang fills caches inside
// values on first read), unless it was share()d, which fills them; different trees of one schema may be used
// by different threads at once. A Tree keeps its Schema alive. A Node is a view into a Tree and may not
// outlive it.
#pragma once

#include "config/diff.h"
#include "config/rewrite.h"
#include "config/schema.h"
#include "config/suggest.h"
#include "config/text.h"
#include "config/tree.h"
#include "config/values.h"
