#include "cli/remote_flags_internal.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "cli/numbers.h"

namespace videogen::cli {

void RemoteFlags::declare(CLI::App& command) {
  command.add_flag("--untrusted", untrusted_,
                   "Addresses come from a stranger: only public machines, http and https, at\n"
                   "most 2 GiB and 10 minutes each");
  command
      .add_option("--allow-net", allowed_,
                  "With --untrusted: also machines in this range; may be given several times")
      ->type_name("CIDR")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--download-deadline", deadline_, "Seconds that fetching one clip may take")
      ->type_name("S")
      ->envname("VIDEOGEN_DOWNLOAD_DEADLINE");
  command.add_option("--max-download", most_bytes_, "Bytes that one fetched clip may have")
      ->type_name("BYTES")
      ->envname("VIDEOGEN_MAX_DOWNLOAD");
}

Result<net::RemoteOptions> RemoteFlags::options() const {
  constexpr double kDay_s = 86'400;
  constexpr std::chrono::minutes kOfAStranger(10);
  constexpr std::uint64_t kBytesOfAStranger = std::uint64_t{2} << 30;
  net::RemoteOptions options;
  options.untrusted = untrusted_;
  if (!untrusted_ && !allowed_.empty())
    return fail(ErrorCode::usage, "--allow-net is an exception to --untrusted, which is not set");
  for (const std::string& range : allowed_) {
    const Result<net::IpRange> parsed = net::parse_ip_range(range);
    if (!parsed) return fail(ErrorCode::usage, "--allow-net: " + parsed.error().message);
    options.allowed.push_back(*parsed);
  }
  if (untrusted_) {
    options.deadline = kOfAStranger;
    options.most_bytes = kBytesOfAStranger;
  }
  if (!deadline_.empty()) {
    VIDEOGEN_TRY(const double seconds,
                 parse_number("--download-deadline", deadline_, 0.001, kDay_s));
    options.deadline = std::chrono::milliseconds(std::llround(1000 * seconds));
  }
  if (!most_bytes_.empty()) {
    VIDEOGEN_TRY(const double bytes, parse_number("--max-download", most_bytes_, 1,
                                                  static_cast<double>(net::Spool::kMostBytes)));
    options.most_bytes = static_cast<std::uint64_t>(bytes);
  }
  return options;
}

Result<net::RemoteInputs> RemoteFlags::inputs(Context& context) const {
  VIDEOGEN_TRY(net::RemoteOptions wanted, options());
  return net::RemoteInputs(std::move(wanted), [&context](std::string_view shown, std::uint64_t done,
                                                         std::optional<std::uint64_t> total) {
    constexpr std::uint64_t kMegabyte = 1'000'000;
    std::optional<std::int64_t> of;
    // Of small files nothing but zeros would be seen.
    if (total && *total >= kMegabyte) of = static_cast<std::int64_t>(*total / kMegabyte);
    context.console.progress(shown, "MB", static_cast<std::int64_t>(done / kMegabyte), of);
  });
}

}  // namespace videogen::cli
