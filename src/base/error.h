// Errors as values: what went wrong in the world (files, media, models) travels
// in a Result; what is wrong in this program throws through VIDEOGEN_CHECK and
// is caught only at the edges of the process.
#pragma once

#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace videogen {

enum class ErrorCode {
  usage,        // the caller asked for something that makes no sense
  corrupt,      // the input is there but is not what it should be
  unsupported,  // the input is well formed, but nothing here can handle it
  limit,        // the input asks for more than a safety limit allows
  not_found,    // no such file, model, stream
  unreachable,  // exists, but cannot be read (permission, network, device)
  unwritable,   // the output cannot be written (permission, disk full)
  interrupted,  // stopped by the user or by a stop token
  budget,       // a budget or quota is used up
  internal,     // a bug here, or a library that failed without a reason
};

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;  // one line a user can act on: what, where, actual against expected
  std::source_location where;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(
    ErrorCode code, std::string message,
    std::source_location where = std::source_location::current()) {
  return tl::unexpected<Error>(Error{code, std::move(message), where});
}

// The process exit status of INTERFACE: 2 usage, 3 bad input, 4 not found or
// unreachable, 5 interrupted, 6 budget, 70 internal.
[[nodiscard]] int exit_status(ErrorCode code);

// The code as a word, stable for logs and JSON: "corrupt", "not_found", …
[[nodiscard]] std::string_view name(ErrorCode code);

// Several inputs end in one exit status: the worst, by the order
// 70, 5, 2, 3, 4, 6, 1, 0.
[[nodiscard]] int worse_exit_status(int a, int b);

// Text that came from outside, made safe for one line of a terminal: control
// characters and broken UTF-8 become \xNN, and at most `limit` bytes are kept.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 400);

[[noreturn]] void broken_invariant(const char* condition, std::string_view message,
                                   std::source_location where = std::source_location::current());

}  // namespace videogen

// VIDEOGEN_TRY(declaration, expression) binds the value of a Result or returns its error;
// VIDEOGEN_TRY(expression) does the same for a Status. Not inside a coroutine.
#define VIDEOGEN_TRY_CONCAT_(a, b) a##b
#define VIDEOGEN_TRY_NAME_(line) VIDEOGEN_TRY_CONCAT_(videogen_try_, line)
#define VIDEOGEN_TRY_VALUE_(declaration, expression)                          \
  auto VIDEOGEN_TRY_NAME_(__LINE__) = (expression);                           \
  if (!VIDEOGEN_TRY_NAME_(__LINE__))                                          \
    return ::tl::unexpected(std::move(VIDEOGEN_TRY_NAME_(__LINE__)).error()); \
  declaration = *std::move(VIDEOGEN_TRY_NAME_(__LINE__))
#define VIDEOGEN_TRY_STATUS_(expression)                             \
  if (auto videogen_try_status = (expression); !videogen_try_status) \
  return ::tl::unexpected(std::move(videogen_try_status).error())
#define VIDEOGEN_TRY_PICK_(a, b, chosen, ...) chosen
#define VIDEOGEN_TRY(...)                                                       \
  VIDEOGEN_TRY_PICK_(__VA_ARGS__, VIDEOGEN_TRY_VALUE_, VIDEOGEN_TRY_STATUS_, ~) \
  (__VA_ARGS__)

// A broken invariant is a bug: it throws std::logic_error with the place.
#define VIDEOGEN_CHECK(condition, message) \
  (static_cast<bool>(condition) ? void(0) : ::videogen::broken_invariant(#condition, message))
