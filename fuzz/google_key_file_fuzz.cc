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
  if (!file && file.error().message.find("hush") != std::string::npos &&
      text.find("\"private_key\": \"hush\"") != std::string_view::npos)
    std::abort();
  return 0;
}
