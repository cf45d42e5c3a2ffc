#include "serve/stream_source_internal.h"

#include <deque>
#include <thread>

#include <gtest/gtest.h>

namespace videogen::serve {
namespace {

using Then = net::Pulled::Then;

class Pieces final : public StreamSource {
 public:
  explicit Pieces(std::deque<Piece> pieces) : pieces_(std::move(pieces)) {}
  Result<Piece> next() override {
    Piece piece = pieces_.front();
    pieces_.pop_front();
    return piece;
  }

 private:
  std::deque<Piece> pieces_;
};

TEST(StreamSource, GivesPiecesThatFitTheRoom) {
  const auto body = stream_body(std::make_unique<Pieces>(std::deque<StreamSource::Piece>{
                                    {"abcde", false}, {"", false}, {"f", true}}),
                                ".", std::chrono::hours(1));
  std::string got;
  std::vector<Then> thens;
  char room[2];
  for (;;) {
    const auto pulled = body.pull()(room);
    ASSERT_TRUE(pulled);
    got.append(room, pulled->bytes);
    thens.push_back(pulled->then);
    if (pulled->then == Then::end) break;
  }
  EXPECT_EQ(got, "abcdef");
  EXPECT_EQ(thens, (std::vector{Then::more, Then::more, Then::more, Then::wait, Then::end}));
}

TEST(StreamSource, SpeaksUpWhenItWasSilentForTooLong) {
  const auto body = stream_body(std::make_unique<Pieces>(std::deque<StreamSource::Piece>(3)),
                                "still here", std::chrono::milliseconds(20));
  char room[64];
  EXPECT_EQ(body.pull()(room)->then, Then::wait);
  std::this_thread::sleep_for(std::chrono::milliseconds(25));
  const auto pulled = body.pull()(room);
  EXPECT_EQ(std::string(room, pulled->bytes), "still here");
  EXPECT_EQ(body.pull()(room)->bytes, 0);
}

TEST(StreamSource, WritesAnEventOnOneLine) {
  EXPECT_EQ(sse_event({{"a", "b\n\nc"}}), "data: {\"a\":\"b\\n\\nc\"}\n\n");
}

}  // namespace
}  // namespace videogen::serve
