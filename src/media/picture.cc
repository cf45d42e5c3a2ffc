#include "media/picture.h"

#include <fcntl.h>
#include <unistd.h>
#include <array>

#include <fmt/format.h>

#include "base/file.h"
#include "media/picture_internal.h"

namespace videogen::media {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

}  // namespace

Status check_size(std::int64_t width, std::int64_t height, const std::string& name,
                  const Limits& limits) {
  if (width <= 0 || height <= 0)
    return fail(ErrorCode::corrupt,
                fmt::format("cannot read {}: a picture of {}x{} pixels", name, width, height));
  if (width > limits.max_dimension || height > limits.max_dimension ||
      width * height > limits.max_pixels)
    return fail(ErrorCode::limit,
                fmt::format("cannot read {}: {}x{} pixels, more than the {} a side or {} in all "
                            "that a picture may have",
                            name, width, height, limits.max_dimension, limits.max_pixels));
  return {};
}

Result<Image> read_picture(const std::filesystem::path& path, const Limits& limits) {
  VIDEOGEN_TRY(const std::string bytes, read_file(path, kMaxBytes));
  const std::string name = printable(path.string());
  if (is_png(bytes)) return decode_png(bytes, name, limits);
  if (is_jpeg(bytes)) return decode_jpeg(bytes, name, limits);
  if (bytes.empty())
    return fail(ErrorCode::corrupt, fmt::format("cannot read {}: the file is empty", name));
  return fail(ErrorCode::unsupported,
              fmt::format("cannot read {}: neither a PNG nor a JPEG picture", name));
}

bool is_picture(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a FIFO must not hang.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return false;
  std::array<char, 8> head{};
  const ssize_t got = ::read(descriptor, head.data(), head.size());
  ::close(descriptor);
  if (got <= 0) return false;
  const std::string_view bytes(head.data(), static_cast<std::size_t>(got));
  return is_png(bytes) || is_jpeg(bytes);
}

Status write_png(const std::filesystem::path& path, const Image& image) {
  VIDEOGEN_TRY(const std::string bytes, encode_png(image));
  VIDEOGEN_TRY(AtomicFile file, AtomicFile::create(path, AtomicFile::Existing::replace));
  VIDEOGEN_TRY(file.write(bytes));
  return file.commit();
}

}  // namespace videogen::media
