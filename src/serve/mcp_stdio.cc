// MCP over standard input and output: one message a line.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <list>

#include <fmt/format.h>

#include "base/file.h"
#include "serve/json_text_internal.h"
#include "serve/mcp.h"
#include "serve/mcp_server_internal.h"
#include "serve/tokens.h"

namespace videogen::serve {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr std::size_t kMostLine = std::size_t{16} << 20;
constexpr std::chrono::milliseconds kAfterEnd{1'500};  // hosts wait about 2 s before they kill

// Messages of one host, on one thread: those that take long are asked again and again.
class StdioSession {
 public:
  StdioSession(Jobs& jobs, const Executor& executor, const McpStdioOptions& options)
      : options_(options),
        server_(jobs, executor, options.version, true),
        caller_{std::string(kLocalTenant), "", options.data, ""} {}

  Status run(const std::stop_token& stop);

 private:
  Status read();
  Status take(std::string_view line);
  void notified(const RpcCall& call);
  Status advance();
  Status write(const json& message);
  [[nodiscard]] bool busy() const { return !runs_.empty(); }

  const McpStdioOptions& options_;
  McpServer server_;
  McpCaller caller_;
  std::list<std::unique_ptr<McpRun>> runs_;
  std::string buffer_;
  bool ended_ = false, reader_gone_ = false;
  bool skipping_ = false;  // the rest of a line that is too long
};

Status StdioSession::run(const std::stop_token& stop) {
  Clock::time_point last = Clock::time_point::max();
  while (!stop.stop_requested() && !reader_gone_) {
    const auto rest = [&] { return ended_ && (!busy() || Clock::now() >= last); };
    if (rest()) break;
    pollfd waiting{ended_ ? -1 : options_.in, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, busy() || ended_ ? 20 : 100);
    if (ready < 0 && errno != EINTR)
      return tl::unexpected(file_error("read", "standard input", errno));
    if (ready > 0) VIDEOGEN_TRY(read());
    if (ended_ && last == Clock::time_point::max()) last = Clock::now() + kAfterEnd;
    VIDEOGEN_TRY(advance());
  }
  for (const auto& run : runs_) run->cancel();
  return {};
}

Status StdioSession::read() {
  char piece[65536];
  const ssize_t got = ::read(options_.in, piece, sizeof piece);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (got < 0) return tl::unexpected(file_error("read", "standard input", errno));
  if (got == 0) {
    ended_ = true;
    // The last line may lack its end.
    if (!buffer_.empty() && !skipping_) return take(std::exchange(buffer_, {}));
    return {};
  }
  buffer_.append(piece, std::size_t(got));
  std::size_t begin = 0;
  for (std::size_t end = buffer_.find('\n', begin); end != std::string::npos;
       end = buffer_.find('\n', begin)) {
    const std::string line = buffer_.substr(begin, end - begin);
    begin = end + 1;
    if (!std::exchange(skipping_, false)) VIDEOGEN_TRY(take(line));
  }
  buffer_.erase(0, begin);
  if (buffer_.size() <= kMostLine) return {};
  buffer_.clear();
  if (std::exchange(skipping_, true)) return {};
  return write(rpc_error(
      nullptr, {RpcError::invalid_request, fmt::format("a message may have {} bytes", kMostLine)}));
}

Status StdioSession::take(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
  const auto call = parse_rpc_call(line);
  if (!call) return write(rpc_error(call.error().id, call.error().error));
  if (call->notification) {
    notified(*call);
    return {};
  }
  McpServer::Answer answer = server_.answer(*call, caller_);
  if (!answer.run) return write(answer.response);
  runs_.push_back(std::move(answer.run));
  return {};
}

void StdioSession::notified(const RpcCall& call) {
  if (call.method != "notifications/cancelled") return;
  const json& id = member(call.params, "requestId");
  for (auto at = runs_.begin(); at != runs_.end(); ++at) {
    if ((*at)->id() != id) continue;
    (*at)->cancel();
    runs_.erase(at);
    return;
  }
}

Status StdioSession::advance() {
  for (auto at = runs_.begin(); at != runs_.end();) {
    for (const json& message : (*at)->next()) VIDEOGEN_TRY(write(message));
    at = (*at)->over() ? runs_.erase(at) : std::next(at);
  }
  return {};
}

Status StdioSession::write(const json& message) {
  const std::string text = text_of(message) + "\n";
  for (std::size_t done = 0; done < text.size() && !reader_gone_;) {
    const ssize_t wrote = ::write(options_.out, text.data() + done, text.size() - done);
    if (wrote >= 0) {
      done += std::size_t(wrote);
    } else if (errno == EPIPE) {
      reader_gone_ = true;
    } else if (errno == EAGAIN) {
      pollfd waiting{options_.out, POLLOUT, 0};
      ::poll(&waiting, 1, 100);
    } else if (errno != EINTR) {
      return tl::unexpected(file_error("write", "standard output", errno));
    }
  }
  return {};
}

}  // namespace

Status serve_mcp_stdio(Jobs& jobs, const Executor& executor, const McpStdioOptions& options,
                       const std::stop_token& stop) {
  return StdioSession(jobs, executor, options).run(stop);
}

}  // namespace videogen::serve
