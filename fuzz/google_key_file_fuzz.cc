// Files of Google credentials. None is good (there is no key in the corpus that a fuzzer could
// mend), so what is looked for is a crash, and an error that quotes a secret.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/google_key_file_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = videogen::net::parse_key_file(text, "key.json");
  // Where the word stands elsewhere, too, it is no secret there.
  constexpr std::string_view kField = "\"private_key\": \"hush\"", kSecret = "hush";
  const std::size_t field = text.find(kField);
  if (file || field == std::string_view::npos) return 0;
  const bool elsewhere = text.substr(0, field).find(kSecret) != std::string_view::npos ||
                         text.substr(field + kField.size()).find(kSecret) != std::string_view::npos;
  if (!elsewhere && file.error().message.find(kSecret) != std::string::npos) std::abort();
  return 0;
}
