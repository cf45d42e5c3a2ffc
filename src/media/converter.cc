#include "media/converter_internal.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/mem.h>
#include <libavutil/pixdesc.h>
}

namespace videogen::media {
namespace {

bool swaps_sides(const std::optional<DisplayMatrix>& matrix) {
  const double turn = rotation_degrees(matrix);
  return std::abs(turn - 90) < 1 || std::abs(turn - 270) < 1;
}

std::string graph_description(const PictureShape& shape) {
  std::string filters = rotation_filters(shape.matrix);
  if (!filters.empty()) filters += ',';
  if (shape.fit_width > 0)
    filters += fmt::format("scale={}:{}:flags={},", shape.fit_width, shape.fit_height,
                           shape.by_area ? "area" : "bicubic");
  return filters + "format=rgb24";
}

Error graph_error(const PictureShape& shape, int result, const std::string& cause) {
  const char* format = av_get_pix_fmt_name(static_cast<AVPixelFormat>(shape.format));
  return Error{ErrorCode::internal,
               fmt::format("cannot convert a {}x{} {} picture to RGB: {}", shape.width,
                           shape.height, format != nullptr ? format : "unknown",
                           cause.empty() ? libav_error(result) : cause),
               std::source_location::current()};
}

}  // namespace

PictureShape fitted(PictureShape next, const PictureShape& first) {
  next.fit_width = first.fit_width > 0 ? first.fit_width : first.width;
  next.fit_height = first.fit_height > 0 ? first.fit_height : first.height;
  if (first.fit_width == 0 && swaps_sides(first.matrix)) std::swap(next.fit_width, next.fit_height);
  return next;
}

Status Converter::build(const PictureShape& shape) {
  shape_.reset();
  graph_.reset(avfilter_graph_alloc());
  if (!graph_) return fail(ErrorCode::internal, "out of memory");
  graph_->scale_sws_opts = av_strdup("flags=bicubic");

  // Frames carry no time of their own here, so any time base serves.
  const std::string input = fmt::format("video_size={}x{}:pix_fmt={}:time_base=1/1", shape.width,
                                        shape.height, shape.format);
  int result = avfilter_graph_create_filter(&source_, avfilter_get_by_name("buffer"), "in",
                                            input.c_str(), nullptr, graph_.get());
  if (result >= 0)
    result = avfilter_graph_create_filter(&sink_, avfilter_get_by_name("buffersink"), "out",
                                          nullptr, nullptr, graph_.get());
  if (result < 0) return tl::unexpected(graph_error(shape, result, log_.take()));

  // To the description, our source is its open input "in" and our sink its open output "out".
  using Ends = Handle<AVFilterInOut, avfilter_inout_free>;
  Ends outputs(avfilter_inout_alloc());
  Ends inputs(avfilter_inout_alloc());
  if (!outputs || !inputs) return fail(ErrorCode::internal, "out of memory");
  outputs->name = av_strdup("in");
  outputs->filter_ctx = source_;
  inputs->name = av_strdup("out");
  inputs->filter_ctx = sink_;
  AVFilterInOut* open_inputs = inputs.release();
  AVFilterInOut* open_outputs = outputs.release();
  result = avfilter_graph_parse_ptr(graph_.get(), graph_description(shape).c_str(), &open_inputs,
                                    &open_outputs, nullptr);
  avfilter_inout_free(&open_inputs);
  avfilter_inout_free(&open_outputs);
  if (result >= 0) result = avfilter_graph_config(graph_.get(), nullptr);
  if (result < 0) return tl::unexpected(graph_error(shape, result, log_.take()));
  shape_ = shape;
  return {};
}

Result<Image> Converter::convert(const AVFrame& picture, const PictureShape& shape) {
  const std::lock_guard lock(mutex_);
  const LogScope scope(log_);
  if (shape_ != shape) VIDEOGEN_TRY(build(shape));
  const Picture input = share(picture);
  const Picture output(av_frame_alloc());
  if (!input || !output) return fail(ErrorCode::internal, "out of memory");
  input->pts = AV_NOPTS_VALUE;
  // The shape of the pixels plays no part, but a change of it would rebuild the scaler.
  input->sample_aspect_ratio = AVRational{0, 1};
  int result = av_buffersrc_add_frame_flags(source_, input.get(), AV_BUFFERSRC_FLAG_KEEP_REF);
  if (result >= 0) result = av_buffersink_get_frame(sink_, output.get());
  if (result < 0) {
    shape_.reset();
    return tl::unexpected(graph_error(shape, result, log_.take()));
  }
  Image image(output->width, output->height);
  for (int y = 0; y < image.height; ++y)
    std::copy_n(output->data[0] + std::ptrdiff_t{y} * output->linesize[0],
                std::size_t(image.width) * 3, image.row(y));
  return image;
}

}  // namespace videogen::media
