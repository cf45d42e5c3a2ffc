#include "serve/stream_source_internal.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "serve/json_text_internal.h"

namespace videogen::serve {
namespace {

using Clock = std::chrono::steady_clock;

// Hands text out in pieces that fit.
class Outflow {
 public:
  Outflow(std::unique_ptr<StreamSource> source, std::string filler, Clock::duration keep_alive)
      : source_(std::move(source)), filler_(std::move(filler)), keep_alive_(keep_alive) {}

  Result<net::Pulled> pull(std::span<char> room) {
    if (at_ == text_.size() && !over_) {
      VIDEOGEN_TRY(StreamSource::Piece piece, source_->next());
      text_ = std::move(piece.text);
      at_ = 0;
      over_ = piece.last;
      const auto now = Clock::now();
      if (text_.empty() && !over_ && now - spoke_ >= keep_alive_) text_ = filler_;
      if (!text_.empty()) spoke_ = now;
    }
    net::Pulled pulled;
    pulled.bytes = std::min(room.size(), text_.size() - at_);
    std::memcpy(room.data(), text_.data() + at_, pulled.bytes);
    at_ += pulled.bytes;
    if (at_ < text_.size())
      pulled.then = net::Pulled::Then::more;
    else if (over_)
      pulled.then = net::Pulled::Then::end;
    else
      pulled.then = pulled.bytes > 0 ? net::Pulled::Then::more : net::Pulled::Then::wait;
    return pulled;
  }

 private:
  std::unique_ptr<StreamSource> source_;
  std::string filler_;
  Clock::duration keep_alive_;
  std::string text_;
  std::size_t at_ = 0;
  bool over_ = false;
  Clock::time_point spoke_ = Clock::now();
};

}  // namespace

net::ResponseBody stream_body(std::unique_ptr<StreamSource> source, std::string filler,
                              Clock::duration keep_alive) {
  // A function must be able to be copied; there is one flow for all copies.
  auto flow = std::make_shared<Outflow>(std::move(source), std::move(filler), keep_alive);
  return net::ResponseBody::stream(
      [flow = std::move(flow)](std::span<char> room) { return flow->pull(room); });
}

std::string sse_event(const nlohmann::json& data) {
  return fmt::format("data: {}\n\n", text_of(data));
}

net::ServerResponse sse_answer(std::unique_ptr<StreamSource> source) {
  net::ServerResponse response;
  response.headers.add("Content-Type", "text/event-stream");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Accel-Buffering", "no");
  response.body = stream_body(std::move(source), ": ping\n\n");
  return response;
}

net::ServerResponse late_json_answer(std::unique_ptr<StreamSource> source,
                                     std::string_view content_type) {
  net::ServerResponse response;
  response.headers.add("Content-Type", std::string(content_type));
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Accel-Buffering", "no");
  response.body = stream_body(std::move(source), " ");
  return response;
}

}  // namespace videogen::serve
