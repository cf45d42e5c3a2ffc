#include "net/gunzip.h"

#include <vector>

#include <fmt/format.h>
#include <zlib.h>

namespace videogen::net {

struct Gunzip::State {
  State() {
    constexpr int kGzipOnly = 16;
    VIDEOGEN_CHECK(inflateInit2(&stream, MAX_WBITS + kGzipOnly) == Z_OK, "memory for zlib");
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { inflateEnd(&stream); }
  z_stream stream{};
  bool member_ended = false;
  std::vector<std::byte> out = std::vector<std::byte>(256 << 10);
};

Gunzip::Gunzip() : state_(std::make_unique<State>()) {}
Gunzip::Gunzip(Gunzip&&) noexcept = default;
Gunzip& Gunzip::operator=(Gunzip&&) noexcept = default;
Gunzip::~Gunzip() = default;

Status Gunzip::write(std::span<const std::byte> bytes, const Sink& sink) {
  z_stream& stream = state_->stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  while (true) {
    if (state_->member_ended) {
      if (stream.avail_in == 0) return {};
      // Several members in a row are one stream.
      inflateReset(&stream);
      state_->member_ended = false;
    }
    stream.next_out = reinterpret_cast<Bytef*>(state_->out.data());
    stream.avail_out = static_cast<uInt>(state_->out.size());
    const int code = inflate(&stream, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
      return fail(ErrorCode::corrupt, stream.msg != nullptr ? stream.msg : "it is no gzip");
    const std::size_t made = state_->out.size() - stream.avail_out;
    if (made > 0) VIDEOGEN_TRY(sink(std::span(state_->out).first(made)));
    state_->member_ended = code == Z_STREAM_END;
    if (!state_->member_ended && stream.avail_in == 0 && stream.avail_out > 0) return {};
  }
}

Status Gunzip::finish() const {
  if (!state_->member_ended) return fail(ErrorCode::corrupt, "its gzip is cut off");
  return {};
}

Result<std::string> gunzip(std::string_view zipped, std::size_t most) {
  Gunzip pieces;
  std::string plain;
  const auto keep = [&](std::span<const std::byte> bytes) -> Status {
    if (bytes.size() > most - plain.size())
      return fail(ErrorCode::limit, fmt::format("over {} bytes when unpacked", most));
    plain.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());  // NOLINT
    return {};
  };
  VIDEOGEN_TRY(pieces.write(std::as_bytes(std::span(zipped)), keep));
  VIDEOGEN_TRY(pieces.finish());
  return plain;
}

}  // namespace videogen::net
