// Text as XML character data, and back to what stands between blanks.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// Appends `text` with & < > " replaced, and with what XML 1.0 cannot carry as '?'.
void append_xml_text(std::string& out, std::string_view text);
// Appends ` name="value"`.
void append_xml_attribute(std::string& out, std::string_view name, std::string_view value);
// The opposite of append_xml_text: the five predefined entities.
std::string from_xml_text(std::string_view text);
std::string_view trimmed(std::string_view text);

}  // namespace sluice
