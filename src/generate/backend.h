// A service that makes clips: an order is submitted, its operation polled, its clips fetched.
//
// A submit costs money and is not idempotent. It is sent once, and again only where the server
// said that it did not take it (429, 503, 401) or where nothing was sent at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "generate/order.h"

namespace videogen::generate {

struct Submission {
  enum class State {
    accepted,
    refused,  // the server did not take it: nothing runs, nothing is charged
    unknown,  // no reply, or none that tells: it may run, and be charged
  } state = State::refused;
  std::string operation{};  // accepted: its name, as the service gave it
  Error error{};            // else: why
};

// One clip of an operation: its bytes where they came with the poll, else where they lie.
struct Clip {
  std::string uri{};  // "gs://bucket/object", "http://…"
  std::string bytes{};
  std::string mime_type{};  // "video/mp4"; empty: not said
};

struct Poll {
  enum class State {
    running,
    done,
    partial,   // some clips, fewer than were asked for
    filtered,  // no clips: the service's filters withheld all of them
    failed,    // no clips: the operation ended with an error
    gone,      // the service knows no such operation (any more)
  } state = State::running;
  std::optional<int> percent{};      // of the work, where the service says it
  std::vector<Clip> clips{};         // done, partial
  int withheld = 0;                  // clips that filters took
  std::vector<int> support_codes{};  // filtered, partial, failed: see support_codes.h
  int code = 0;                      // failed: google.rpc.Code, 0 where there is none
  std::string message{};             // filtered, partial, failed, gone: one line
};

// Why nothing is known of an operation.
struct PollFailure : Error {
  bool may_heal = false;  // asking again later may help
};
using PollResult = tl::expected<Poll, PollFailure>;

// Bytes that are through so far, and in all where that is known.
using Fetched = std::function<void(std::uint64_t done, std::optional<std::uint64_t> total)>;

// For one thread at a time.
class Backend {
 public:
  virtual ~Backend() = default;

  [[nodiscard]] virtual std::string name() const = 0;  // "veo", "videos"
  // Whose quota is used: "projects/P/locations/L", or an address.
  [[nodiscard]] virtual std::string place() const = 0;
  // Samples that one submit may ask for; others are submits of their own.
  [[nodiscard]] virtual int most_samples() const = 0;

  // What a submit needs and can be missing without asking for a clip: credentials, pictures.
  // Errors: as net::GoogleCredentials, read_file; usage (no project); corrupt (a picture).
  [[nodiscard]] virtual Status prepare(const Order& order, const std::stop_token& stop) = 0;
  // After prepare(). `stop` ends pauses between attempts at once; a request that is on its way
  // ends with `cut`, and is unknown then.
  [[nodiscard]] virtual Submission submit(const Order& order, const std::stop_token& stop,
                                          const std::stop_token& cut) = 0;
  // `samples`: clips that were asked for. Failures: unreachable, budget (429), corrupt (no JSON,
  // or none that is understood), usage (no name of an operation), interrupted.
  [[nodiscard]] virtual PollResult poll(const std::string& operation, int samples,
                                        const std::stop_token& stop) = 0;
  // Into a file that appears when it is whole. Errors: as net::resumable_get and
  // net::CloudStorage::download; unwritable; corrupt (empty).
  [[nodiscard]] virtual Status download(const Clip& clip, const std::filesystem::path& path,
                                        const Fetched& progress, const std::stop_token& stop) = 0;
};

}  // namespace videogen::generate
