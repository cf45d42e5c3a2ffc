#include "media/demuxer_internal.h"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/file.h"
#include "media/stream_choice_internal.h"

extern "C" {
#include <libavutil/mem.h>
#include <libavutil/pixdesc.h>
}

namespace videogen::media {
namespace {

// Containers of moving pictures, and still pictures as clips of one frame. Left out are
// playlists and image sequences (they open other files), network descriptions, and formats
// that turn any text into pictures.
constexpr auto kContainers = std::to_array<std::string_view>({
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
    "avi",
    "mpegts",
    "mpeg",
    "mpegvideo",
    "m4v",
    "h264",
    "hevc",
    "av1",
    "obu",
    "ivf",
    "vc1",
    "vc1test",
    "flv",
    "live_flv",
    "gif",
    "apng",
    "asf",
    "ogg",
    "mxf",
    "nut",
    "dv",
    "gxf",
    "wtv",
    "rm",
    "nsv",
    "dirac",
    "dnxhd",
    "mjpeg",
    "mjpeg_2000",
    "mpjpeg",
    "smjpeg",
    "yuv4mpegpipe",
    "bmp_pipe",
    "jpeg_pipe",
    "png_pipe",
    "ppm_pipe",
    "tiff_pipe",
    "webp_pipe",
});

Status check_file(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return tl::unexpected(file_error("open", path, errno));
  const std::string name = printable(path.string());
  if (S_ISDIR(status.st_mode))
    return fail(ErrorCode::unreachable, fmt::format("cannot open {}: it is a folder", name));
  if (!S_ISREG(status.st_mode))
    return fail(ErrorCode::unsupported, fmt::format("cannot open {}: not a regular file", name));
  if (status.st_size == 0)
    return fail(ErrorCode::corrupt, fmt::format("cannot open {}: the file is empty", name));
  if (::access(path.c_str(), R_OK) != 0) return tl::unexpected(file_error("open", path, errno));
  return {};
}

// What demuxers see of the name: they guess from the extension, as with ffmpeg, but get
// nothing that could be a pattern, a protocol or the place of other files.
std::string neutral_name(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  const bool plain = extension.size() <= 8 &&
                     std::all_of(extension.begin(), extension.end(),
                                 [](unsigned char c) { return std::isalnum(c) != 0 || c == '.'; });
  return plain ? "clip" + extension : "clip";
}

int refuse_to_open(AVFormatContext* /*file*/, AVIOContext** /*io*/, const char* /*url*/,
                   int /*flags*/, AVDictionary** /*options*/) {
  return AVERROR(EPERM);
}

int over(void* deadline) { return static_cast<const Deadline*>(deadline)->over() ? 1 : 0; }

// "a", or "a: b" where there is something to add.
std::string with_cause(std::string text, const std::string& cause) {
  return cause.empty() ? text : text + ": " + cause;
}

std::string stream_list(const AVFormatContext& file) {
  std::string list;
  for (unsigned i = 0; i < std::min(file.nb_streams, 4U); ++i) {
    const AVStream& stream = *file.streams[i];
    const char* type = av_get_media_type_string(stream.codecpar->codec_type);
    const bool cover = (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ",
                        cover             ? "cover picture"
                        : type != nullptr ? type
                                          : "data",
                        avcodec_get_name(stream.codecpar->codec_id));
  }
  return list.empty() ? "no streams at all" : "only " + list;
}

}  // namespace

Demuxer::Demuxer(std::filesystem::path path, const Limits& limits, Deadline& deadline, LogSink& log)
    : path_(std::move(path)), limits_(limits), deadline_(&deadline), log_(&log) {}

Status Demuxer::open_all() {
  const LogScope scope(*log_);
  static_cast<void>(log_->take());
  VIDEOGEN_TRY(open_container());
  VIDEOGEN_TRY(find_stream());
  return check_stream();
}

Result<Demuxer> Demuxer::open(const std::filesystem::path& path, const Limits& limits,
                              Deadline& deadline, LogSink& log) {
  VIDEOGEN_TRY(check_file(path));
  Demuxer demuxer(path, limits, deadline, log);
  VIDEOGEN_TRY(demuxer.open_all());
  return demuxer;
}

Result<Demuxer> Demuxer::open(LiveInput& live, const std::filesystem::path& path,
                              const Limits& limits, Deadline& deadline, LogSink& log) {
  Demuxer demuxer(path, limits, deadline, log);
  demuxer.live_ = std::make_unique<Live>(Live{live, deadline});
  VIDEOGEN_TRY(demuxer.open_all());
  return demuxer;
}

void Demuxer::CloseIo::operator()(AVIOContext* io) const {
  if (io->read_packet != read_live) {
    avio_closep(&io);
    return;
  }
  av_freep(static_cast<void*>(&io->buffer));  // libav may have replaced the one it was given
  avio_context_free(&io);
}

int Demuxer::read_live(void* live, std::uint8_t* into, int size) {
  auto& [input, deadline] = *static_cast<Live*>(live);
  const auto start = std::chrono::steady_clock::now();
  const Result<std::size_t> got = input.read(
      std::as_writable_bytes(std::span(into, static_cast<std::size_t>(size))), deadline.stop());
  deadline.exclude(std::chrono::steady_clock::now() - start);
  if (!got) return got.error().code == ErrorCode::interrupted ? AVERROR_EXIT : AVERROR(EIO);
  return *got == 0 ? AVERROR_EOF : static_cast<int>(*got);
}

Status Demuxer::open_io(const AVIOInterruptCB& interrupt) {
  if (live_) {
    constexpr int kBuffer = 32 << 10;
    auto* buffer = static_cast<unsigned char*>(av_malloc(kBuffer));
    // Without a seek function libav knows that there is no way back.
    AVIOContext* io = buffer == nullptr ? nullptr
                                        : avio_alloc_context(buffer, kBuffer, 0, live_.get(),
                                                             read_live, nullptr, nullptr);
    if (io == nullptr) {
      av_free(buffer);
      return fail(ErrorCode::internal, "out of memory");
    }
    io_.reset(io);
    return {};
  }
  Options only_files;
  only_files.set("protocol_whitelist", "file");
  AVIOContext* io = nullptr;
  // "file:" in front: a name may look like a protocol or begin with a dash.
  const int opened = avio_open2(&io, ("file:" + path_.string()).c_str(), AVIO_FLAG_READ, &interrupt,
                                only_files.get());
  if (opened < 0) return tl::unexpected(file_error("open", path_, AVUNERROR(opened)));
  io_.reset(io);
  return {};
}

Result<Demuxer> Demuxer::reopen() const {
  Demuxer demuxer(path_, limits_, *deadline_, *log_);
  const LogScope scope(*log_);
  VIDEOGEN_TRY(demuxer.open_container());
  const auto index = static_cast<unsigned>(stream_->index);
  // Some containers tell of their streams only as their packets come.
  if (index >= demuxer.file_->nb_streams ||
      demuxer.file_->streams[index]->codecpar->codec_id != stream_->codecpar->codec_id)
    return open(path_, limits_, *deadline_, *log_);
  demuxer.select_stream(stream_->index);
  demuxer.clock_ = clock_;
  demuxer.stream_->avg_frame_rate = stream_->avg_frame_rate;
  if (avcodec_parameters_copy(demuxer.stream_->codecpar, stream_->codecpar) < 0)
    return fail(ErrorCode::internal, "out of memory");
  return demuxer;
}

Status Demuxer::open_container() {
  const std::string name = printable(path_.string());
  const AVIOInterruptCB interrupt{over, deadline_};
  VIDEOGEN_TRY(open_io(interrupt));
  AVIOContext* io = io_.get();

  const std::string neutral = neutral_name(path_);
  const AVInputFormat* format = nullptr;
  int probed = av_probe_input_buffer2(io, &format, neutral.c_str(), nullptr, 0, 0);
  // A picture's extension stands for a numbered sequence of files; one picture is meant.
  if (probed >= 0 && format != nullptr && format->name == std::string_view("image2")) {
    format = nullptr;
    probed = av_probe_input_buffer2(io, &format, "clip", nullptr, 0, 0);
  }
  VIDEOGEN_TRY(deadline_->check());
  if (probed < 0 || format == nullptr)
    return fail(ErrorCode::corrupt,
                fmt::format("cannot open {}: not a video (no container that FFmpeg knows)", name));
  if (std::find(kContainers.begin(), kContainers.end(), format->name) == kContainers.end())
    return fail(ErrorCode::unsupported,
                fmt::format("cannot open {}: not a video file ({}) that is read here", name,
                            format->long_name != nullptr ? format->long_name : format->name));

  AVFormatContext* file = avformat_alloc_context();
  if (file == nullptr) return fail(ErrorCode::internal, "out of memory");
  file->pb = io;
  file->interrupt_callback = interrupt;
  file->io_open = refuse_to_open;
  file->max_streams = limits_.max_streams + 1;
  Options options;
  options.set("protocol_whitelist", "file");
  options.set("scan_all_pmts", "1");  // as ffmpeg does; other formats leave it unused
  const int result = avformat_open_input(&file, neutral.c_str(), format, options.get());
  if (result < 0) {
    VIDEOGEN_TRY(deadline_->check());
    return fail(ErrorCode::corrupt, with_cause(fmt::format("cannot open {}: damaged {} file ({})",
                                                           name, format->name, libav_error(result)),
                                               log_->take()));
  }
  file_.reset(file);
  return {};
}

// Transport streams may name further streams at any time, so that libav looks for them for
// seconds. Where the only programme's table has a video stream already, there is nothing to wait
// for, and what arrives is not kept waiting.
void Demuxer::settle_streams() {
  if (!live_ || file_->nb_programs != 1) return;
  for (unsigned i = 0; i < file_->nb_streams; ++i)
    if (file_->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO)
      file_->ctx_flags &= ~AVFMTCTX_NOHEADER;
}

Status Demuxer::find_stream() {
  settle_streams();
  const std::string name = printable(path_.string());
  std::vector<AVDictionary*> options(file_->nb_streams, nullptr);
  for (AVDictionary*& option : options)
    av_dict_set_int(&option, "max_pixels", limits_.max_pixels, 0);
  const int found = avformat_find_stream_info(file_.get(), options.data());
  for (AVDictionary*& option : options) av_dict_free(&option);
  VIDEOGEN_TRY(deadline_->check());
  if (file_->nb_streams > static_cast<unsigned>(limits_.max_streams))
    return fail(ErrorCode::limit, fmt::format("cannot open {}: more than the {} streams that a "
                                              "file may have",
                                              name, limits_.max_streams));
  const std::optional<int> chosen = choose_video_stream(*file_);
  if (!chosen) {
    if (found < 0)
      return fail(
          ErrorCode::corrupt,
          with_cause(fmt::format("cannot open {}: damaged, no stream found", name), log_->take()));
    return fail(ErrorCode::unsupported,
                fmt::format("cannot open {}: not a video (no video stream that FFmpeg can decode; "
                            "{})",
                            name, stream_list(*file_)));
  }
  select_stream(*chosen);
  clock_.time_base = stream_->time_base;
  clock_.average_rate = stream_->avg_frame_rate;
  clock_.pts_wrap_bits = stream_->pts_wrap_bits;
  clock_.start_us = file_->start_time;
  if (stream_->start_time != AV_NOPTS_VALUE)
    clock_.enabled_us =
        av_rescale_q(stream_->start_time, stream_->time_base, AVRational{1, AV_TIME_BASE});
  clock_.discontinuities_allowed = (file_->iformat->flags & AVFMT_TS_DISCONT) != 0;
  return {};
}

void Demuxer::select_stream(int index) {
  for (unsigned i = 0; i < file_->nb_streams; ++i)
    file_->streams[i]->discard = static_cast<int>(i) == index ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  stream_ = file_->streams[index];
}

Status Demuxer::check_stream() const {
  const std::string name = printable(path_.string());
  const AVCodecParameters& codec = *stream_->codecpar;
  if (avcodec_find_decoder(codec.codec_id) == nullptr)
    return fail(ErrorCode::unsupported, fmt::format("cannot open {}: no decoder for {}", name,
                                                    avcodec_get_name(codec.codec_id)));
  if (codec.width > limits_.max_dimension || codec.height > limits_.max_dimension ||
      std::int64_t{codec.width} * codec.height > limits_.max_pixels)
    return fail(
        ErrorCode::limit,
        fmt::format("cannot open {}: frames of {}x{} pixels, more than the {} a side or {} "
                    "in all that a frame may have",
                    name, codec.width, codec.height, limits_.max_dimension, limits_.max_pixels));
  return {};
}

int Demuxer::read(AVPacket& packet) {
  const LogScope scope(*log_);
  while (true) {
    const int result = av_read_frame(file_.get(), &packet);
    if (result == AVERROR(EAGAIN)) {
      if (deadline_->over()) return AVERROR_EXIT;
      continue;
    }
    if (result < 0) return result;
    if (packet.stream_index == stream_->index) return 0;
    av_packet_unref(&packet);  // a stream that appeared on the way
    if (deadline_->over()) return AVERROR_EXIT;
  }
}

std::int64_t Demuxer::promised_packets() const {
  // Other containers index key frames only.
  const std::string_view format = file_->iformat->name;
  if (format != "avi" && !format.starts_with("mov,")) return 0;
  return avformat_index_get_entries_count(stream_);
}

std::optional<DisplayMatrix> Demuxer::display_matrix() const {
  std::size_t size = 0;
  const std::uint8_t* data = av_stream_get_side_data(stream_, AV_PKT_DATA_DISPLAYMATRIX, &size);
  DisplayMatrix matrix{};
  if (data == nullptr || size < sizeof matrix) return std::nullopt;
  std::copy_n(data, sizeof matrix, reinterpret_cast<std::uint8_t*>(matrix.data()));
  return matrix;
}

ClockOptions Demuxer::clock_options(int reorder_delay) const {
  ClockOptions options = clock_;
  options.reorder_delay = reorder_delay;
  return options;
}

VideoInfo Demuxer::info() const {
  const AVCodecParameters& codec = *stream_->codecpar;
  VideoInfo info;
  info.container = file_->iformat->name;
  info.codec = avcodec_get_name(codec.codec_id);
  const char* format = av_get_pix_fmt_name(static_cast<AVPixelFormat>(codec.format));
  info.pixel_format = format != nullptr ? format : "unknown";
  info.width = codec.width;
  info.height = codec.height;
  const double turn = rotation_degrees(display_matrix());
  for (const int quarter : {90, 180, 270})
    if (std::abs(turn - quarter) < 1) info.rotation_degrees = quarter;
  if (info.rotation_degrees % 180 != 0) std::swap(info.width, info.height);
  info.stream_index = stream_->index;
  if (stream_->duration != AV_NOPTS_VALUE && stream_->duration > 0) {
    info.duration_s = static_cast<double>(stream_->duration) * av_q2d(stream_->time_base);
  } else if (file_->duration != AV_NOPTS_VALUE && file_->duration > 0) {
    info.duration_s = static_cast<double>(file_->duration) / AV_TIME_BASE;
  }
  AVRational rate = stream_->avg_frame_rate;
  if (rate.num <= 0 || rate.den <= 0) rate = stream_->r_frame_rate;
  if (rate.num > 0 && rate.den > 0) info.frame_rate = Rational{rate.num, rate.den};
  if (stream_->nb_frames > 0) info.frames = stream_->nb_frames;
  return info;
}

}  // namespace videogen::media
