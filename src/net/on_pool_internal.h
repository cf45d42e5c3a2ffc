// What the coroutines of a connection share.
#pragma once

#include <functional>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace videogen::net {

// Errors come as values.
inline constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);

// Runs a blocking function on the pool; the coroutine goes on, on its own thread, with what
// it returned.
template <class Value>
boost::asio::awaitable<Value> on_pool(boost::asio::thread_pool& pool, std::function<Value()> work) {
  auto initiate = [&pool, work = std::move(work)](auto handler) mutable {
    auto job = [work = std::move(work), handler = std::move(handler)]() mutable {
      Value value = work();
      const auto executor = boost::asio::get_associated_executor(handler);
      auto resume = [handler = std::move(handler), value = std::move(value)]() mutable {
        std::move(handler)(std::move(value));
      };
      boost::asio::post(executor, std::move(resume));
    };
    boost::asio::post(pool, std::move(job));
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Value)>(
      std::move(initiate), boost::asio::use_awaitable);
}

}  // namespace videogen::net
