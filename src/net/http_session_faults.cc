// Faults on purpose, for tests of clients: what a server can do wrong on the wire.
#include "net/http_session_internal.h"
#include "net/on_pool_internal.h"

namespace videogen::net {

namespace asio = boost::asio;
using boost::system::error_code;

asio::awaitable<bool> HttpSession::strike(const WireFault& fault) {
  error_code ignored;
  if (fault.kind == WireFault::Kind::stall) {
    idle_ = true;
    const auto until = std::chrono::steady_clock::now() + fault.stall;
    while (!gone() && !winding_down_ &&
           (fault.stall.count() == 0 || std::chrono::steady_clock::now() < until)) {
      co_await pause(kAskAgain);
    }
    idle_ = false;
    co_return fault.stall.count() != 0 && !gone() && !winding_down_;
  }
  if (fault.kind == WireFault::Kind::reset) {
    // Closing with a linger time of zero sends RST.
    wire_.socket().set_option(asio::socket_base::linger(true, 0), ignored);
    wire_.socket().close(ignored);
  }
  co_return false;
}

asio::awaitable<void> HttpSession::pause(std::chrono::milliseconds length) {
  asio::steady_timer timer(co_await asio::this_coro::executor, length);
  co_await timer.async_wait(kAwait);
}

}  // namespace videogen::net
