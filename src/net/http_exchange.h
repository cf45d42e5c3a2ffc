// What an HTTP server hands to a handler, and what it gets back.
//
// No type of the library that speaks HTTP appears here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "net/form.h"
#include "net/headers.h"

namespace videogen::net {

// The body of a request: in memory while it is small, in a nameless file past that; one view of
// memory in either case. Movable; the view lives as long as the object.
class ReceivedBody {
 public:
  // What is over `in_memory_bytes` goes to the file, in `folder`; empty: TMPDIR, or /tmp.
  explicit ReceivedBody(std::size_t in_memory_bytes = std::size_t{1} << 20,
                        std::filesystem::path folder = {});
  ReceivedBody(ReceivedBody&& other) noexcept;
  ReceivedBody& operator=(ReceivedBody&& other) noexcept;
  ~ReceivedBody();

  // Errors: unwritable (no room for the file). Not after bytes().
  [[nodiscard]] Status append(std::string_view bytes);
  // All of it; maps the file. Errors of mapping throw std::logic_error.
  [[nodiscard]] std::string_view bytes() const;
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  struct Spool;
  std::size_t in_memory_bytes_;
  std::filesystem::path folder_;
  std::uint64_t size_ = 0;
  std::string memory_;
  mutable std::unique_ptr<Spool> spool_;
};

struct ServerRequest {
  std::string method;                 // "GET"
  std::string target;                 // as it was sent: "/b/o%2Fx?alt=media"
  std::string path;                   // of the target, still encoded: "/b/o%2Fx"
  std::vector<std::string> segments;  // of the path, each decoded: "b", "o/x"
  Parameters query;
  Headers headers;
  ReceivedBody body;
  std::string peer;      // address of the other side
  std::stop_token gone;  // requested once the client left or the server must end
};

// What a body's source says when it is asked for bytes.
struct Pulled {
  std::size_t bytes = 0;  // put into the buffer
  enum class Then {
    more,  // ask again
    wait,  // nothing to send yet: ask again in some tens of milliseconds
    end,
  } then = Then::more;
};
// Fills a part of the buffer. It may block for as long as reading a file takes; to wait for
// what is to come it says so and returns. An error breaks the connection off, so that nobody
// takes a part for the whole.
using Pull = std::function<Result<Pulled>(std::span<char>)>;

class ResponseBody {
 public:
  ResponseBody() = default;
  ResponseBody(std::string text) : source_(std::move(text)) {}  // NOLINT(*-explicit-*): a body
  // Without a length it goes out in chunks; HTTP/1.0 clients get it until the connection ends.
  static ResponseBody stream(Pull pull, std::optional<std::uint64_t> length = {});
  // `length` bytes of a file from `offset` on; it is open from now on and may be unlinked.
  // Errors: not_found, unreachable, corrupt (the file is shorter).
  static Result<ResponseBody> file(const std::filesystem::path& path, std::uint64_t offset = 0,
                                   std::optional<std::uint64_t> length = {});

  // nullopt where it is not known before the end.
  [[nodiscard]] std::optional<std::uint64_t> length() const;
  [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&source_); }
  [[nodiscard]] const Pull& pull() const { return std::get<Stream>(source_).pull; }

 private:
  struct Stream {
    Pull pull;
    std::optional<std::uint64_t> length;
  };
  std::variant<std::string, Stream> source_;
};

// How an answer goes wrong on purpose. Tests of clients need that; nothing else sets it.
struct WireFault {
  enum class Kind {
    close,  // the connection ends as if all had been sent
    reset,  // it ends with a TCP reset
    stall,  // nothing more is sent for `stall`; then the rest follows
  } kind = Kind::close;
  // After so many bytes of the body; nullopt: in place of the status line.
  std::optional<std::uint64_t> after_bytes;
  // Zero: until the client leaves or the server ends.
  std::chrono::milliseconds stall{0};
};

struct ServerResponse {
  int status = 200;
  // Content-Length, Transfer-Encoding, Connection and Date are the server's.
  Headers headers;
  ResponseBody body;
  std::optional<WireFault> fault;
};

}  // namespace videogen::net
