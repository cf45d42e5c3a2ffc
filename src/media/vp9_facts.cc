// VP9 (bitstream specification 0.6): every frame may change probabilities and motion vectors
// that the next one starts from, so none is disposable; a key frame cuts all ties. A packet is
// a frame, or a superframe (annex B) of hidden frames and a shown one.
#include <array>
#include <optional>
#include <vector>

#include "media/bit_reader_internal.h"
#include "media/nal_units_internal.h"
#include "media/picture_facts_internal.h"

namespace videogen::media {
namespace {

struct Size {
  std::uint32_t width = 0, height = 0;
  friend bool operator==(const Size&, const Size&) = default;
};

struct Header {
  bool key = false;
  bool shown = false;
  std::optional<Size> size;  // where it is given; else that of a reference
};

bool skip_sync_code(BitReader& bits) { return bits.bits(24) == 0x498342; }

void skip_colours(BitReader& bits, std::uint32_t profile) {
  constexpr std::uint32_t kSrgb = 7;
  if (profile >= 2) bits.skip(1);
  if (bits.bits(3) != kSrgb) {
    bits.skip(1);
    if (profile % 2 == 1) bits.skip(3);
  } else if (profile % 2 == 1) {
    bits.skip(1);
  }
}

Size read_size(BitReader& bits) {
  const std::uint32_t width = bits.bits(16) + 1;
  return {width, bits.bits(16) + 1};
}

// uncompressed_header(), clause 6.2, as far as the frame's size.
std::optional<Header> read_header(Bytes frame) {
  BitReader bits(frame);
  if (bits.bits(2) != 2) return std::nullopt;
  const std::uint32_t low = bits.bits(1);
  const std::uint32_t profile = bits.bits(1) * 2 + low;
  if (profile == 3) bits.skip(1);
  Header header;
  if (bits.flag()) {  // show_existing_frame
    header.shown = true;
    return header;
  }
  header.key = !bits.flag();
  header.shown = bits.flag();
  const bool resilient = bits.flag();
  if (header.key) {
    if (!skip_sync_code(bits)) return std::nullopt;
    skip_colours(bits, profile);
    header.size = read_size(bits);
  } else {
    const bool intra_only = !header.shown && bits.flag();
    if (!resilient) bits.skip(2);  // reset_frame_context
    if (intra_only) {
      if (!skip_sync_code(bits)) return std::nullopt;
      if (profile > 0) skip_colours(bits, profile);
      bits.skip(8);  // refresh_frame_flags
      header.size = read_size(bits);
    } else {
      bits.skip(8 + 3 * 4);  // refresh_frame_flags, three references with their sign
      bool found = false;
      for (int i = 0; i < 3 && !found; ++i) found = bits.flag();
      if (!found) header.size = read_size(bits);
    }
  }
  if (bits.overrun()) return std::nullopt;
  return header;
}

// The frames of a packet; empty where the index at its end is wrong.
std::vector<Bytes> split_superframe(Bytes data) {
  const std::uint8_t marker = data.back();
  if ((marker & 0xE0) != 0xC0) return {data};
  const std::size_t frames = (marker & 7U) + 1;
  const std::size_t size_bytes = (marker >> 3 & 3U) + 1;
  const std::size_t index_size = 2 + frames * size_bytes;
  if (data.size() < index_size || data[data.size() - index_size] != marker) return {data};
  Bytes index = data.subspan(data.size() - index_size + 1);
  Bytes rest = data.first(data.size() - index_size);
  std::vector<Bytes> list;
  for (std::size_t i = 0; i < frames; ++i) {
    std::size_t size = 0;
    for (std::size_t byte = 0; byte < size_bytes; ++byte)
      size |= std::size_t{index[i * size_bytes + byte]} << (8 * byte);
    if (size == 0 || size > rest.size()) return {};
    list.push_back(rest.first(size));
    rest = rest.subspan(size);
  }
  return list;
}

class Vp9Inspector : public PictureInspector {
 public:
  PictureFacts inspect(const AVPacket& packet) override {
    if (packet.size <= 0) return {.doubtful = true};
    const std::vector<Bytes> frames =
        split_superframe({packet.data, static_cast<std::size_t>(packet.size)});
    PictureFacts facts;
    int shown = 0;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const std::optional<Header> header = read_header(frames[i]);
      if (!header) return {.doubtful = true};
      if (i == 0) facts.entry = header->key;
      shown += header->shown ? 1 : 0;
      if (!size_) size_ = header->size;
      if (header->size && header->size != size_) return {.doubtful = true};
    }
    if (shown != 1 || (first_ && !facts.entry)) return {.doubtful = true};
    first_ = false;
    return facts;
  }

 private:
  std::optional<Size> size_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<PictureInspector> inspect_vp9() { return std::make_unique<Vp9Inspector>(); }

}  // namespace videogen::media
