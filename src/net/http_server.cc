#include "net/http_server.h"

#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/http_session_internal.h"

namespace videogen::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// Where no descriptor is left, accepting at once again would only burn time.
constexpr std::chrono::milliseconds kBreath{100};

}  // namespace

struct HttpServer::State {
  explicit State(const ServerOptions& options) : acceptor(shared.io) { shared.options = options; }

  asio::awaitable<void> accept();
  asio::awaitable<void> wind_down();

  ServerShared shared;  // before the acceptor, which uses its io
  tcp::acceptor acceptor;
  std::string authority;
  std::uint16_t port = 0;
};

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::HttpServer(HttpServer&&) noexcept = default;
HttpServer& HttpServer::operator=(HttpServer&&) noexcept = default;
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const { return state_->port; }
std::string HttpServer::authority() const { return state_->authority; }

Result<HttpServer> HttpServer::listen(const ServerOptions& options) {
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) {
    return fail(ErrorCode::usage, fmt::format("cannot listen on {}: not an IP address",
                                              printable(options.address, 80)));
  }
  auto state = std::make_unique<State>(options);
  if (!options.tls_certificate.empty() || !options.tls_key.empty()) {
    VIDEOGEN_TRY(state->shared.tls, tls_of_server(options.tls_certificate, options.tls_key));
    state->shared.tls_is_on = true;
  }
  const tcp::endpoint endpoint(address, options.port);
  auto& acceptor = state->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return fail(ErrorCode::unreachable,
                fmt::format("cannot listen on {}, port {}: {}", options.address, options.port,
                            error.message()));
  }
  const tcp::endpoint bound = acceptor.local_endpoint(error);
  state->port = bound.port();
  state->authority = address.is_v6() ? fmt::format("[{}]:{}", address.to_string(), bound.port())
                                     : fmt::format("{}:{}", address.to_string(), bound.port());
  return HttpServer(std::move(state));
}

Status HttpServer::reload_tls() {
  ServerShared& shared = state_->shared;
  if (shared.tls_is_on) {
    VIDEOGEN_TRY(auto fresh, tls_of_server(shared.options.tls_certificate, shared.options.tls_key));
    // Connections that are open keep what they began with: OpenSSL counts its users.
    auto take = [&shared, fresh = std::move(fresh)]() mutable { shared.tls = std::move(fresh); };
    asio::post(shared.io, std::move(take));
  }
  return {};
}

asio::awaitable<void> HttpServer::State::accept() {
  while (!shared.stopping) {
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (shared.stopping) co_return;
    if (error) {
      asio::steady_timer timer(shared.io, kBreath);
      co_await timer.async_wait(kAwait);
      continue;
    }
    const bool full = shared.sessions.size() >= std::size_t(shared.options.max_connections);
    auto session = std::make_shared<HttpSession>(shared, std::move(socket));
    // The coroutine keeps the session: a plain function with a parameter, no capturing lambda.
    struct Run {
      static asio::awaitable<void> serve(std::shared_ptr<HttpSession> kept, bool turned_away) {
        if (turned_away)
          co_await kept->turn_away();
        else
          co_await kept->run();
      }
    };
    asio::co_spawn(shared.io, Run::serve(std::move(session), full), asio::detached);
  }
}

asio::awaitable<void> HttpServer::State::wind_down() {
  error_code ignored;
  acceptor.close(ignored);
  const auto deadline = std::chrono::steady_clock::now() + shared.options.drain;
  while (!shared.sessions.empty() && std::chrono::steady_clock::now() < deadline) {
    for (HttpSession* session : std::vector(shared.sessions.begin(), shared.sessions.end())) {
      session->wind_down();
      if (session->idle()) session->abort();
    }
    asio::steady_timer timer(shared.io, std::chrono::milliseconds(10));
    co_await timer.async_wait(kAwait);
  }
  for (HttpSession* session : std::vector(shared.sessions.begin(), shared.sessions.end()))
    session->abort();
  // Handlers see that they are alone and return; their sessions end with them.
  while (!shared.sessions.empty()) {
    asio::steady_timer timer(shared.io, std::chrono::milliseconds(10));
    co_await timer.async_wait(kAwait);
  }
  shared.io.stop();
}

void HttpServer::serve(Handler handler, std::stop_token stop) {
  State& state = *state_;
  state.shared.handler = std::move(handler);
  state.shared.workers =
      std::make_unique<asio::thread_pool>(std::size_t(state.shared.options.workers));
  const auto work = asio::make_work_guard(state.shared.io);
  asio::co_spawn(state.shared.io, state.accept(), asio::detached);
  const auto begin_end = [&state] {
    auto wind_down = [&state] {
      state.shared.stopping = true;
      asio::co_spawn(state.shared.io, state.wind_down(), asio::detached);
    };
    asio::post(state.shared.io, std::move(wind_down));
  };
  const std::stop_callback on_stop(std::move(stop), begin_end);
  state.shared.io.run();
  state.shared.workers->join();
}

}  // namespace videogen::net
