// Clips made by the ffmpeg program, and what that program reads from them: the independent
// side of this room's tests.
#pragma once

#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "media/frame_reader.h"

extern "C" {
#include <libavutil/md5.h>
}

namespace videogen::media {

inline void PrintTo(const Damage& damage, std::ostream* out) {
  *out << damage.time_s << " s: " << damage.message;
}

namespace test {

struct Output {
  int status = -1;
  std::string text;
};

inline Output run(const std::string& command) {
  Output output;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  std::array<char, 4096> buffer{};
  std::size_t got = 0;
  while ((got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0)
    output.text.append(buffer.data(), got);
  const int status = ::pclose(pipe);
  output.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return output;
}

inline std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

inline bool have_ffmpeg() {
  static const bool found = run("ffmpeg -version 2>/dev/null").status == 0;
  return found;
}

// A folder of this process that is removed at its end.
inline const std::filesystem::path& scratch() {
  struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / fmt::format("videogen-media-{}", ::getpid());
    Folder() { std::filesystem::create_directories(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  };
  static const Folder folder;
  return folder.path;
}

// Runs ffmpeg with the arguments, the output's name last; empty if it failed. A clip that is
// there already is used again.
inline std::filesystem::path make_clip(const std::string& name, const std::string& arguments) {
  const std::filesystem::path path = scratch() / name;
  if (std::filesystem::exists(path)) return path;
  const Output output = run(fmt::format("ffmpeg -nostdin -v error -y {} {} 2>&1", arguments,
                                        quoted("file:" + path.string())));
  if (output.status != 0) {
    ADD_FAILURE() << "ffmpeg cannot make " << name << ": " << output.text;
    return {};
  }
  return path;
}

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string md5(const Image& image) {
  std::array<std::uint8_t, 16> digest{};
  av_md5_sum(digest.data(), image.rgb.data(), image.rgb.size());
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

// What ffmpeg reads: the MD5 of each frame as rgb24, through `filter` ("" for every frame).
inline std::vector<std::string> ffmpeg_filtered(const std::filesystem::path& path, int stream,
                                                const std::string& filter) {
  const Output output = run(fmt::format(
      "ffmpeg -nostdin -v quiet -i {} -map 0:{} {} -fps_mode passthrough -pix_fmt rgb24 "
      "-f framemd5 - 2>/dev/null",
      quoted("file:" + path.string()), stream, filter.empty() ? "" : "-vf " + filter));
  std::vector<std::string> frames;
  std::size_t at = 0;
  while (at < output.text.size()) {
    const std::size_t end = std::min(output.text.find('\n', at), output.text.size());
    const std::string line = output.text.substr(at, end - at);
    if (!line.empty() && line[0] != '#') frames.push_back(line.substr(line.rfind(' ') + 1));
    at = end + 1;
  }
  return frames;
}

// The same, sampled at `rate` ("" for every frame).
inline std::vector<std::string> ffmpeg_frames(const std::filesystem::path& path, int stream,
                                              const std::string& rate) {
  return ffmpeg_filtered(path, stream, rate.empty() ? "" : "fps=" + rate);
}

struct Read {
  std::vector<std::string> frames;  // MD5 of each
  std::vector<double> times_s;
  std::vector<std::int64_t> source_indices;
  std::vector<Damage> damage;
  std::optional<std::int64_t> source_frames;
  std::optional<std::int64_t> expected_frames;
  std::optional<Error> error;
  VideoInfo info;
};

// What this room reads.
inline Read read_frames(const std::filesystem::path& path, const ReadOptions& options) {
  Read read;
  Result<FrameReader> reader = FrameReader::open(path, options);
  if (!reader) {
    read.error = reader.error();
    return read;
  }
  read.info = reader->info();
  while (true) {
    Result<std::optional<Frame>> frame = reader->next();
    if (!frame) {
      read.error = frame.error();
      break;
    }
    if (!*frame) break;
    const Result<Image> image = (*frame)->rgb();
    if (!image) {
      read.error = image.error();
      break;
    }
    read.frames.push_back(md5(*image));
    read.times_s.push_back((*frame)->time_s());
    read.source_indices.push_back((*frame)->source_index());
    if (read.frames.size() == 1) read.expected_frames = reader->expected_frames();
  }
  read.damage = reader->damage();
  read.source_frames = reader->source_frames();
  return read;
}

inline Rational rational(const std::string& rate) {
  const std::size_t slash = rate.find('/');
  return {std::stoll(rate), slash == std::string::npos ? 1 : std::stoll(rate.substr(slash + 1))};
}

}  // namespace test
}  // namespace videogen::media
