// The methods of A2A 1.0, whatever carries them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "serve/a2a.h"
#include "serve/a2a_error_internal.h"
#include "serve/a2a_message_internal.h"
#include "serve/a2a_push_internal.h"
#include "serve/a2a_watch_internal.h"
#include "serve/executor.h"
#include "serve/jobs.h"

namespace videogen::serve {

struct A2aCaller {
  std::string tenant;
  std::string root;         // before the service's own paths in what it is told
  std::string traceparent;  // of its request; empty: none
  bool legacy = false;      // speaks 0.3
};

struct A2aReply {
  enum class Kind {
    now,     // `result`
    later,   // the task, once `watch` is over
    stream,  // `result` where it is not null, as the only item; else the items of `watch`
  } kind = Kind::now;
  nlohmann::json result{};
  std::unique_ptr<TaskWatch> watch{};
  bool wrapped = false;  // `later`: {"task": …} instead of the bare task
};

class A2aMethods {
 public:
  A2aMethods(Jobs& jobs, const Executor& executor, A2aPush& push, const A2aOptions& options)
      : jobs_(jobs), executor_(executor), push_(push), options_(options) {}

  // `params` are taken apart. Thread-safe.
  [[nodiscard]] A2aResult<A2aReply> call(std::string_view method, nlohmann::json params,
                                         const A2aCaller& caller);

 private:
  struct Sending;
  A2aResult<A2aReply> send(nlohmann::json& params, const A2aCaller& caller, bool stream);
  A2aResult<Submitted> begin(Sending& sending, const A2aCaller& caller, std::string& reply);
  A2aResult<Submitted> go_on(Sending& sending, const A2aCaller& caller);
  A2aResult<A2aReply> get(const nlohmann::json& params, const A2aCaller& caller) const;
  A2aResult<A2aReply> list(const nlohmann::json& params, const A2aCaller& caller) const;
  A2aResult<A2aReply> cancel(const nlohmann::json& params, const A2aCaller& caller);
  A2aResult<A2aReply> subscribe(const nlohmann::json& params, const A2aCaller& caller);
  A2aResult<A2aReply> create_push(const nlohmann::json& params, const A2aCaller& caller);
  A2aResult<A2aReply> get_push(const nlohmann::json& params, const A2aCaller& caller) const;
  A2aResult<A2aReply> list_push(const nlohmann::json& params, const A2aCaller& caller) const;
  A2aResult<A2aReply> delete_push(const nlohmann::json& params, const A2aCaller& caller);
  A2aResult<Job> find(std::string_view id, const A2aCaller& caller) const;

  Jobs& jobs_;
  const Executor& executor_;
  A2aPush& push_;
  const A2aOptions& options_;
};

}  // namespace videogen::serve
