// Text of any origin made safe inside a page.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace videogen::coherence {

// For text and for attribute values in double quotes: & < > " ' become references; control
// characters and bytes that are not UTF-8 become \xNN.
[[nodiscard]] std::string html_text(std::string_view text);

// JSON for the inside of a <script> element: no "</script>" nor "<!--" survives.
[[nodiscard]] std::string script_text(std::string_view json);

// A file's path as a relative URL: "./" in front unless it has a "../" or "/" there, so that a
// colon in a name is no scheme; all but A-Z a-z 0-9 - . _ ~ / as %XX.
[[nodiscard]] std::string path_url(std::string_view path);

// "sha256-…", the source expression of a Content-Security-Policy for an inline element.
[[nodiscard]] std::string policy_hash(std::string_view content);

// What stands between two {{ }} is replaced by the value of that name; values are not searched.
struct Slot {
  std::string_view name;
  std::string value;
};
[[nodiscard]] std::string filled(std::string_view frame, std::initializer_list<Slot> slots);

}  // namespace videogen::coherence
