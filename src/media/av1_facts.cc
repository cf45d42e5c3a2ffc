// AV1 (bitstream specification 1.0.0): as in VP9 no frame is disposable, and a shown key frame
// cuts all ties. A packet is a temporal unit: one shown frame and any hidden ones.
#include <optional>
#include <string>

#include "media/bit_reader_internal.h"
#include "media/nal_units_internal.h"
#include "media/picture_facts_internal.h"

namespace videogen::media {
namespace {

enum Unit : std::uint32_t {
  kSequenceHeader = 1,
  kFrameHeader = 3,
  kFrame = 6,
  kTileList = 8,
};

constexpr std::uint32_t kKeyFrame = 0;
constexpr std::uint32_t kSwitchFrame = 3;
constexpr std::uint32_t kChosenByFrame = 2;

// What of the sequence header decides where the fields of a frame header lie.
struct Sequence {
  bool still = false;  // reduced_still_picture_header
  bool presentation_times = false;
  int presentation_time_bits = 0;
  bool frame_ids = false;
  int frame_id_bits = 0;
  std::uint32_t screen_content = kChosenByFrame;
  std::uint32_t integer_motion = kChosenByFrame;
};

void skip_unsigned_code(BitReader& bits) {  // uvlc(), clause 4.10.3
  int zeros = 0;
  while (zeros < 32 && !bits.overrun() && !bits.flag()) ++zeros;
  if (zeros < 32) bits.skip(zeros);
}

// Timing, decoder model and operating points of sequence_header_obu(), clause 5.5.1.
void read_operating_points(BitReader& bits, Sequence& sequence) {
  bool decoder_model = false;
  bool equal_intervals = false;
  int delay_bits = 0;
  if (bits.flag()) {  // timing_info_present_flag
    bits.skip(64);
    equal_intervals = bits.flag();
    if (equal_intervals) skip_unsigned_code(bits);
    decoder_model = bits.flag();
    if (decoder_model) {
      delay_bits = static_cast<int>(bits.bits(5)) + 1;
      bits.skip(32 + 5);
      sequence.presentation_time_bits = static_cast<int>(bits.bits(5)) + 1;
    }
  }
  sequence.presentation_times = decoder_model && !equal_intervals;
  const bool display_delays = bits.flag();
  const std::uint32_t points = bits.bits(5) + 1;
  for (std::uint32_t i = 0; i < points; ++i) {
    bits.skip(12);
    if (bits.bits(5) > 7) bits.skip(1);
    if (decoder_model && bits.flag()) bits.skip(2 * delay_bits + 1);
    if (display_delays && bits.flag()) bits.skip(4);
  }
}

// sequence_header_obu(), as far as frame headers need it.
std::optional<Sequence> read_sequence(Bytes payload) {
  BitReader bits(payload);
  Sequence sequence;
  bits.skip(3 + 1);
  sequence.still = bits.flag();
  if (sequence.still) {
    bits.skip(5);
  } else {
    read_operating_points(bits, sequence);
  }
  const int width_bits = static_cast<int>(bits.bits(4)) + 1;
  const int height_bits = static_cast<int>(bits.bits(4)) + 1;
  bits.skip(width_bits + height_bits);
  if (!sequence.still) sequence.frame_ids = bits.flag();
  if (sequence.frame_ids) {
    const std::uint32_t delta_length = bits.bits(4) + 2;
    sequence.frame_id_bits = static_cast<int>(bits.bits(3) + 1 + delta_length);
  }
  bits.skip(3);
  if (!sequence.still) {
    bits.skip(4);
    if (bits.flag()) bits.skip(2);  // enable_order_hint and what depends on it
    if (!bits.flag()) sequence.screen_content = bits.bits(1);
    if (sequence.screen_content > 0 && !bits.flag()) sequence.integer_motion = bits.bits(1);
  }
  if (bits.overrun()) return std::nullopt;
  return sequence;
}

struct Header {
  bool key = false;
  bool shown = false;
  bool resized = false;  // a size of its own, not the sequence's
};

// uncompressed_header(), clause 5.9.2, as far as frame_size_override_flag.
std::optional<Header> read_header(Bytes payload, const Sequence& sequence) {
  if (sequence.still) return Header{.key = true, .shown = true};
  BitReader bits(payload);
  Header header;
  if (bits.flag()) {  // show_existing_frame
    header.shown = true;
    return header;
  }
  const std::uint32_t type = bits.bits(2);
  header.shown = bits.flag();
  header.key = type == kKeyFrame && header.shown;
  if (!header.shown) {
    bits.skip(1);
  } else if (sequence.presentation_times) {
    bits.skip(sequence.presentation_time_bits);
  }
  if (type != kSwitchFrame && !header.key) bits.skip(1);  // error_resilient_mode
  bits.skip(1);
  const bool screen_content =
      sequence.screen_content == kChosenByFrame ? bits.flag() : sequence.screen_content != 0;
  if (screen_content && sequence.integer_motion == kChosenByFrame) bits.skip(1);
  if (sequence.frame_ids) bits.skip(sequence.frame_id_bits);
  header.resized = type == kSwitchFrame || bits.flag();
  if (bits.overrun()) return std::nullopt;
  return header;
}

struct Obu {
  std::uint32_t type = 0;
  std::uint32_t spatial_layer = 0;
  Bytes payload;
};

// Takes the first unit off `data`; nullopt where its size runs out of the data.
std::optional<Obu> next_obu(Bytes& data) {
  Obu obu;
  const std::uint8_t first = data[0];
  obu.type = first >> 3 & 15U;
  std::size_t at = 1;
  if ((first & 4) != 0) {
    if (data.size() < 2) return std::nullopt;
    obu.spatial_layer = data[1] >> 3 & 3U;
    at = 2;
  }
  std::size_t size = data.size() - at;
  if ((first & 2) != 0) {
    size = 0;
    for (int i = 0; i < 8; ++i) {
      if (at >= data.size()) return std::nullopt;
      const std::uint8_t byte = data[at++];
      size |= std::size_t{byte & 127U} << (7 * i);
      if ((byte & 128) == 0) break;
    }
  }
  if (size > data.size() - at) return std::nullopt;
  obu.payload = data.subspan(at, size);
  data = data.subspan(at + size);
  return obu;
}

class Av1Inspector : public PictureInspector {
 public:
  explicit Av1Inspector(const AVCodecParameters& codec) {
    // av1C: four bytes, then units.
    if (codec.extradata == nullptr || codec.extradata_size <= 4) return;
    Bytes rest(codec.extradata + 4, static_cast<std::size_t>(codec.extradata_size) - 4);
    while (!rest.empty()) {
      const std::optional<Obu> obu = next_obu(rest);
      if (!obu) return;
      if (obu->type == kSequenceHeader) take_sequence(obu->payload);
    }
  }

  PictureFacts inspect(const AVPacket& packet) override {
    Bytes rest(packet.data, static_cast<std::size_t>(packet.size));
    PictureFacts facts;
    int frames = 0;
    int shown = 0;
    while (!rest.empty() && !doubtful_) {
      const std::optional<Obu> obu = next_obu(rest);
      if (!obu || obu->spatial_layer > 0 || obu->type == kTileList) return {.doubtful = true};
      if (obu->type == kSequenceHeader) take_sequence(obu->payload);
      if (obu->type != kFrameHeader && obu->type != kFrame) continue;
      if (!sequence_) return {.doubtful = true};
      const std::optional<Header> header = read_header(obu->payload, *sequence_);
      if (!header || header->resized) return {.doubtful = true};
      if (frames++ == 0) facts.entry = header->key;
      shown += header->shown ? 1 : 0;
    }
    if (shown != 1 || doubtful_ || (first_ && !facts.entry)) return {.doubtful = true};
    first_ = false;
    return facts;
  }

 private:
  void take_sequence(Bytes payload) {
    std::string bytes(payload.begin(), payload.end());
    // Encoders exist whose header beside the stream differs from the one in its first packet,
    // which replaces it.
    if (sequence_ && !first_) {
      doubtful_ = doubtful_ || bytes != sequence_bytes_;
      return;
    }
    sequence_ = read_sequence(payload);
    sequence_bytes_ = std::move(bytes);
    doubtful_ = doubtful_ || !sequence_;
  }

  std::optional<Sequence> sequence_;
  std::string sequence_bytes_;
  bool first_ = true;
  bool doubtful_ = false;
};

}  // namespace

std::unique_ptr<PictureInspector> inspect_av1(const AVCodecParameters& codec) {
  return std::make_unique<Av1Inspector>(codec);
}

}  // namespace videogen::media
