// The service: its routes behind one gate, on one port.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "serve/log.h"
#include "serve/parts.h"

namespace videogen::serve {

// All routes there are.
void add_all_routes(Routes& routes, const ServiceParts& parts);

class Service {
 public:
  // Listens from here on. Errors: usage (no address; one that is not loopback, without tokens),
  // unreachable (the port is taken).
  static Result<Service> open(const ServiceParts& parts, LogSink log);
  Service(Service&&) noexcept;
  Service& operator=(Service&&) noexcept;
  ~Service();

  // "http://127.0.0.1:8080"
  [[nodiscard]] std::string url() const;

  // Reads --tls-cert and --tls-key again. From any thread; errors: what is wrong with the new
  // ones, and the ones before stay.
  [[nodiscard]] Status reload_tls();

  // Serves until a stop is requested: then no more jobs are taken, running ones may end within
  // ServiceOptions::drain while callers still hear of them, and the rest waits on disk. Once.
  void run(const std::stop_token& stop);

 private:
  struct State;
  explicit Service(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace videogen::serve
