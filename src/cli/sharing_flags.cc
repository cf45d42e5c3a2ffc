#include "cli/sharing_flags_internal.h"

#include <cstdint>

#include <fmt/format.h>

#include "cli/numbers.h"

namespace videogen::cli {
namespace {

Result<std::uint64_t> within(std::string_view flag, const std::string& text, std::uint64_t low,
                             std::uint64_t high) {
  const auto count = parse_count(flag, text);
  if (count && *count >= low && *count <= high) return *count;
  return fail(ErrorCode::usage, fmt::format("{} {}: must be a whole number from {} to {}", flag,
                                            printable(text, 60), low, high));
}

}  // namespace

void SharingFlags::declare(CLI::App& command) {
  const auto number = [&command](const char* flag, std::string& value, const char* help,
                                 const char* unit) {
    command.add_option(flag, value, help)->type_name(unit)->capture_default_str();
  };
  number("--memory", memory_,
         "Memory that clips are judged in, all together; a clip waits until there\n"
         "is room for it",
         "BYTES");
  number("--max-batch", max_batch_,
         "Pictures of all jobs that go through the model at once; 0: as it is\n"
         "fastest",
         "N");
  number("--batch-delay", batch_delay_, "A picture waits so long for company", "MICROSECONDS");
  number("--embedding-cache", cache_, "Embeddings kept in memory, by content; 0: none are kept",
         "BYTES");
  number("--embedding-file", cache_file_, "The same on disk; 0: none", "BYTES");
}

Result<serve::ResidentOptions> SharingFlags::options(const std::filesystem::path& data) const {
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20, kMost = std::uint64_t{1} << 46;
  serve::ResidentOptions options;
  VIDEOGEN_TRY(options.memory_bytes, within("--memory", memory_, 64 * kMiB, kMost));
  VIDEOGEN_TRY(options.max_batch, within("--max-batch", max_batch_, 0, 1024));
  VIDEOGEN_TRY(const auto delay, within("--batch-delay", batch_delay_, 0, 10'000'000));
  options.batch_delay = std::chrono::microseconds(delay);
  VIDEOGEN_TRY(options.cache_bytes, within("--embedding-cache", cache_, 0, kMost));
  VIDEOGEN_TRY(options.cache_file_bytes, within("--embedding-file", cache_file_, 0, kMost));
  if (options.cache_file_bytes > 0 && options.cache_file_bytes < kMiB)
    return fail(ErrorCode::usage, fmt::format("--embedding-file {}: must be 0 or at least {}",
                                              options.cache_file_bytes, kMiB));
  options.cache_file = data / "embeddings.sqlite";
  return options;
}

}  // namespace videogen::cli
