#include "emulator/gunzip.h"

#include <array>

#include <fmt/format.h>
#include <zlib.h>

namespace videogen::emulator {
namespace {

class Inflater {
 public:
  // 15: the largest window; 16 more: a gzip header.
  Inflater() { VIDEOGEN_CHECK(inflateInit2(&stream_, 15 + 16) == Z_OK, "zlib starts"); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

}  // namespace

Result<std::string> gunzip(std::string_view zipped, std::size_t most) {
  Inflater inflater;
  z_stream& stream = inflater.stream();
  std::string plain;
  std::array<char, 65536> piece{};
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    if (stream.avail_in == 0) {
      const std::size_t take = std::min<std::size_t>(zipped.size(), 1U << 30);
      // zlib does not write there.
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zipped.data()));  // NOLINT
      stream.avail_in = static_cast<uInt>(take);
      zipped.remove_prefix(take);
    }
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());  // NOLINT
    stream.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END)
      return fail(ErrorCode::corrupt, "what is stored as gzip is none");
    plain.append(piece.data(), piece.size() - stream.avail_out);
    if (plain.size() > most)
      return fail(ErrorCode::limit, fmt::format("over {} bytes when unpacked", most));
  }
  return plain;
}

}  // namespace videogen::emulator
