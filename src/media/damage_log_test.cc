#include "media/damage_log_internal.h"

#include <gmock/gmock.h>

#include "media/libav_internal.h"
#include "media/log_capture_internal.h"

extern "C" {
#include <libavutil/log.h>
}

namespace videogen::media {
namespace {

TEST(DamageLog, KeepsOneNoteForEachKindInTheOrderOfThePlaces) {
  DamageLog log;
  EXPECT_TRUE(log.empty());
  log.add(DamageKind::container, 2.4, "9 of 40 frames are there");
  for (int i = 0; i < 1000; ++i) log.add(DamageKind::picture, 1.0 + i, i == 0 ? "" : "concealed");
  ASSERT_EQ(log.notes().size(), 2U);
  EXPECT_DOUBLE_EQ(log.notes()[0].time_s, 1.0);
  EXPECT_EQ(log.notes()[0].message, "damaged picture at 1.000 s (1000 times): concealed");
  EXPECT_EQ(log.notes()[1].message,
            "the file is damaged or cut off after 2.400 s: 9 of 40 frames are there");
  EXPECT_EQ(log.first_cause(), "9 of 40 frames are there");
}

TEST(LogCapture, GivesMessagesToTheInnermostScopeOfTheThread) {
  LogSink outer;
  LogSink inner;
  const LogScope outer_scope(outer);
  {
    const LogScope inner_scope(inner);
    av_log(nullptr, AV_LOG_ERROR, "broken\n");
    av_log(nullptr, AV_LOG_WARNING, "odd\n");
  }
  EXPECT_EQ(inner.take(), "broken");
  EXPECT_EQ(inner.take(), "") << "taken once";
  EXPECT_EQ(outer.take(), "");
}

TEST(LogCapture, KnowsACodecByItsSinkAndDistrustsStrangers) {
  LogSink sink;
  const CodecContext codec(avcodec_alloc_context3(nullptr));
  codec->opaque = &sink;
  av_log(codec.get(), AV_LOG_ERROR, "bad \x1b[31mslice\n");
  EXPECT_EQ(sink.take(), "bad \\x1b[31mslice");
  int stranger = 0;
  codec->opaque = &stranger;
  av_log(codec.get(), AV_LOG_ERROR, "not ours\n");
  EXPECT_EQ(sink.take(), "");
}

}  // namespace
}  // namespace videogen::media
