#include "coherence/clip_link.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace videogen::coherence {
namespace {

namespace fs = std::filesystem;

media::VideoInfo mp4() {
  media::VideoInfo video;
  video.container = "mov,mp4,m4a,3gp,3g2,mj2";
  video.codec = "h264";
  return video;
}

TEST(LinkedClip, LeadsFromThePageToTheClip) {
  EXPECT_EQ(linked_clip(mp4(), "clip.mp4", "page.html").url, "./clip.mp4");
  EXPECT_EQ(linked_clip(mp4(), "clips/a b.mp4", "page.html").url, "./clips/a%20b.mp4");
  EXPECT_EQ(linked_clip(mp4(), "clip.mp4", "reports/page.html").url, "../clip.mp4");
  EXPECT_EQ(linked_clip(mp4(), "/a/clips/x.mp4", "/a/reports/page.html").url, "../clips/x.mp4");
}

TEST(LinkedClip, KnowsWhatBrowsersCallIt) {
  media::VideoInfo video = mp4();
  EXPECT_EQ(linked_clip(video, "x", "p").type, "video/mp4");
  video.container = "matroska,webm";
  EXPECT_EQ(linked_clip(video, "x", "p").type, "video/x-matroska");
  video.codec = "vp9";
  EXPECT_EQ(linked_clip(video, "x", "p").type, "video/webm");
  video.container = "gif";
  EXPECT_EQ(linked_clip(video, "x", "p").type, "image/gif");
  EXPECT_EQ(linked_clip(video, "x", "p").player, ClipLink::Player::picture);
  video.container = "avi";
  EXPECT_EQ(linked_clip(video, "x", "p").type, "");
  EXPECT_EQ(linked_clip(video, "x", "p").player, ClipLink::Player::video);
}

TEST(EmbeddedClip, HoldsTheBytes) {
  const fs::path path =
      fs::path(testing::TempDir()) / ("embedded." + std::to_string(::getpid()) + ".mp4");
  std::ofstream(path, std::ios::binary) << "foobar";
  const Result<ClipLink> link = embedded_clip(mp4(), path);
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ(link->url, "data:video/mp4;base64,Zm9vYmFy");
  EXPECT_TRUE(link->embedded());
  fs::resize_file(path, kMostEmbeddedBytes + 1);
  const Result<ClipLink> large = embedded_clip(mp4(), path);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::limit);
  fs::remove(path);
}

}  // namespace
}  // namespace videogen::coherence
