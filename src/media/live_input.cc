#include "media/live_input.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/file.h"

namespace videogen::media {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPoll{25};
constexpr std::size_t kMostPeeked = std::size_t{1} << 20;
constexpr std::size_t kChunk = std::size_t{64} << 10;

std::uint64_t big_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

// Containers for which FFmpeg goes back and forth.
bool needs_seeking(std::span<const std::byte> begin) {
  using namespace std::string_view_literals;
  constexpr std::array kBeginnings{"GIF8"sv, "OggS"sv, "\x06\x0E\x2B\x34"sv, "\x89PNG"sv};
  return std::ranges::any_of(kBeginnings, [&](std::string_view bytes) {
    return begin.size() >= bytes.size() &&
           std::memcmp(begin.data(), bytes.data(), bytes.size()) == 0;
  });
}

// What a file of the MP4 family may begin with, or have before its index.
bool is_leading_box(std::string_view type) {
  constexpr std::array<std::string_view, 9> kLeading{"ftyp", "styp", "free", "skip", "wide",
                                                     "pnot", "uuid", "sidx", "pdin"};
  return std::ranges::find(kLeading, type) != kLeading.end();
}

}  // namespace

struct LiveInput::State {
  int descriptor = -1;
  std::string name;
  std::chrono::milliseconds idle{};
  Kind kind = Kind::pipe;
  std::vector<std::byte> peeked;  // read, and not yet given
  std::size_t given = 0;          // of `peeked`
  std::uint64_t position = 0;     // in the file
  bool ended = false;
  Sha256 sha256;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (descriptor >= 0) ::close(descriptor);
  }

  [[nodiscard]] tl::unexpected<Error> cannot_read(std::string_view why) const {
    return fail(ErrorCode::unreachable, fmt::format("cannot read {}: {}", printable(name), why));
  }

  // True: there may be something to read, or an end.
  Result<bool> wait_for_pipe() const {
    pollfd waiting{descriptor, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(kPoll.count()));
    if (ready < 0 && errno != EINTR) return cannot_read(std::strerror(errno));
    return ready > 0;
  }

  [[nodiscard]] Status check_size() const {
    struct stat status {};
    if (::fstat(descriptor, &status) == 0 && static_cast<std::uint64_t>(status.st_size) < position)
      return cannot_read("it has become shorter while it was read");
    return {};
  }

  // From the descriptor; 0 at the end.
  Result<std::size_t> arrive(std::span<std::byte> into, const std::stop_token& stop) {
    const Clock::time_point start = Clock::now();
    while (!ended) {
      if (stop.stop_requested())
        return fail(ErrorCode::interrupted, fmt::format("{}: interrupted", printable(name)));
      if (kind == Kind::pipe) {
        VIDEOGEN_TRY(const bool ready, wait_for_pipe());
        if (!ready) continue;
      }
      const ssize_t got = ::read(descriptor, into.data(), into.size());
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got < 0) return cannot_read(std::strerror(errno));
      if (got > 0) {
        const auto count = static_cast<std::size_t>(got);
        position += count;
        sha256.update(into.first(count));
        return count;
      }
      if (kind == Kind::pipe || Clock::now() - start >= idle) {
        ended = true;
      } else {
        VIDEOGEN_TRY(check_size());
        std::this_thread::sleep_for(kPoll);
      }
    }
    return 0;
  }

  // False: it ends before.
  Result<bool> peek_until(std::size_t size, const std::stop_token& stop) {
    while (peeked.size() < size) {
      const std::size_t before = peeked.size();
      peeked.resize(before + kChunk);
      const Result<std::size_t> got = arrive(std::span(peeked).subspan(before), stop);
      peeked.resize(before + got.value_or(0));
      if (!got) return tl::unexpected(got.error());
      if (*got == 0) return false;
    }
    return true;
  }
};

LiveInput::LiveInput(int descriptor, std::string name, std::chrono::milliseconds idle)
    : state_(std::make_unique<State>()) {
  VIDEOGEN_CHECK(descriptor >= 0, "a descriptor is open");
  state_->descriptor = descriptor;
  state_->name = std::move(name);
  state_->idle = idle;
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
    state_->kind = Kind::growing_file;
    state_->position =
        static_cast<std::uint64_t>(std::max<off_t>(0, ::lseek(descriptor, 0, SEEK_CUR)));
  }
}

LiveInput::LiveInput(LiveInput&&) noexcept = default;
LiveInput& LiveInput::operator=(LiveInput&&) noexcept = default;
LiveInput::~LiveInput() = default;

LiveInput::Kind LiveInput::kind() const { return state_->kind; }

Result<std::size_t> LiveInput::read(std::span<std::byte> into, const std::stop_token& stop) {
  VIDEOGEN_CHECK(!into.empty(), "room for a byte");
  State& s = *state_;
  if (s.given == s.peeked.size()) return s.arrive(into, stop);
  const std::size_t count = std::min(into.size(), s.peeked.size() - s.given);
  std::copy_n(s.peeked.begin() + static_cast<std::ptrdiff_t>(s.given), count, into.begin());
  s.given += count;
  if (s.given == s.peeked.size()) {
    s.peeked = {};
    s.given = 0;
  }
  return count;
}

Result<LiveInput::Layout> LiveInput::layout(const std::stop_token& stop) {
  State& s = *state_;
  VIDEOGEN_CHECK(s.given == 0, "nothing was read yet");
  std::uint64_t at = 0;
  while (true) {
    constexpr std::size_t kLongHeader = 16;
    if (at + kLongHeader > kMostPeeked) return Layout::whole_only;  // what comes is not in sight
    VIDEOGEN_TRY(const bool there, s.peek_until(static_cast<std::size_t>(at) + kLongHeader, stop));
    if (!there) return Layout::streamable;  // too short for either
    const auto header = std::span(s.peeked).subspan(static_cast<std::size_t>(at), kLongHeader);
    if (at == 0 && needs_seeking(header)) return Layout::whole_only;
    std::array<char, 4> letters{};
    std::memcpy(letters.data(), header.data() + 4, letters.size());
    const std::string_view type(letters.data(), letters.size());
    // Without a leading box only QuickTime's own files begin.
    if (type == "mdat") return Layout::whole_only;
    if (!is_leading_box(type)) return Layout::streamable;
    std::uint64_t size = big_endian(header.first(4));
    if (size == 1) size = big_endian(header.subspan(8, 8));
    if (size < 8) return Layout::streamable;  // damaged: for the demuxer to say
    if (size > kMostPeeked) return Layout::whole_only;
    at += size;
  }
}

Result<std::string> LiveInput::digest(const std::stop_token& stop) {
  std::vector<std::byte> chunk(kChunk);
  while (true) {
    VIDEOGEN_TRY(const std::size_t got, state_->arrive(chunk, stop));
    if (got == 0) return state_->sha256.hex();
  }
}

}  // namespace videogen::media
