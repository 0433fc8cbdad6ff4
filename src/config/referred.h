// The names that a value may have because something is configured under them. Private to the room.
#pragma once

#include <libyang/libyang.h>

#include <map>
#include <string>
#include <vector>

namespace sluice::config {

// What the words of a statement say for the key of a list that they lead through.
struct Variable {
  std::string name;  // "policy.from-zone-name"
  std::string value;
};

// Name -> description, of the entries in the tree below `root` that the extension refers-to of `leaf` finds.
std::map<std::string, std::string> referred(const lyd_node* root, const lysc_node* leaf,
                                            const std::vector<Variable>& variables);

}  // namespace sluice::config
