// H.264 (ITU-T H.264): pictures with nal_ref_idc 0 are referred to by none, and only an IDR
// picture cuts all ties. Recovery points and open groups of pictures do not count as entries:
// what follows them may still address older pictures through the reference lists.
#include <algorithm>

#include "media/bit_reader_internal.h"
#include "media/nal_units_internal.h"
#include "media/picture_facts_internal.h"

namespace videogen::media {
namespace {

enum Unit : int {
  kSlice = 1,
  kPartitionA = 2,
  kPartitionC = 4,
  kIdrSlice = 5,
  kMessage = 6,
  kSequenceParameters = 7,
  kPictureParameters = 8,
  kDelimiter = 9,
  kFiller = 12,
};

constexpr std::uint32_t kExtendedProfiles[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138};

void skip_scaling_list(BitReader& bits, int size) {
  int last = 8;
  int next = 8;
  for (int i = 0; i < size && !bits.overrun(); ++i) {
    if (next != 0) next = (last + bits.signed_golomb() + 256) % 256;
    if (next != 0) last = next;
  }
}

// frame_mbs_only_flag (clause 7.3.2.1.1): false where pictures may be single fields, two of
// which make one frame.
bool only_whole_frames(Bytes sequence_parameters) {
  const std::vector<std::uint8_t> payload = unescape(sequence_parameters.subspan(1), 512);
  BitReader bits(payload);
  const std::uint32_t profile = bits.bits(8);
  bits.skip(16);
  static_cast<void>(bits.golomb());  // seq_parameter_set_id
  if (std::find(std::begin(kExtendedProfiles), std::end(kExtendedProfiles), profile) !=
      std::end(kExtendedProfiles)) {
    const std::uint32_t chroma_format = bits.golomb();
    if (chroma_format == 3) bits.skip(1);
    static_cast<void>(bits.golomb());  // bit_depth_luma_minus8
    static_cast<void>(bits.golomb());  // bit_depth_chroma_minus8
    bits.skip(1);
    if (bits.flag())
      for (int i = 0; i < (chroma_format == 3 ? 12 : 8); ++i)
        if (bits.flag()) skip_scaling_list(bits, i < 6 ? 16 : 64);
  }
  static_cast<void>(bits.golomb());  // log2_max_frame_num_minus4
  const std::uint32_t order_type = bits.golomb();
  if (order_type == 0) {
    static_cast<void>(bits.golomb());
  } else if (order_type == 1) {
    bits.skip(1);
    static_cast<void>(bits.signed_golomb());
    static_cast<void>(bits.signed_golomb());
    const std::uint32_t cycle = bits.golomb();
    for (std::uint32_t i = 0; i < cycle && !bits.overrun(); ++i)
      static_cast<void>(bits.signed_golomb());
  }
  static_cast<void>(bits.golomb());  // max_num_ref_frames
  bits.skip(1);
  static_cast<void>(bits.golomb());  // width
  static_cast<void>(bits.golomb());  // height
  return bits.flag() && !bits.overrun();
}

class H264Inspector : public PictureInspector {
 public:
  explicit H264Inspector(const AVCodecParameters& codec) {
    if (codec.extradata == nullptr || codec.extradata_size < 7) return;
    const Bytes extra(codec.extradata, static_cast<std::size_t>(codec.extradata_size));
    if (extra[0] == 1) {
      length_bytes_ = (extra[4] & 3) + 1;
      read_configuration(extra.subspan(5));
    } else {
      for (const Bytes unit : split_start_codes(extra)) take_parameters(unit);
    }
  }

  PictureFacts inspect(const AVPacket& packet) override {
    const Bytes data(packet.data, static_cast<std::size_t>(packet.size));
    auto units = length_bytes_ > 0 ? split_lengths(data, length_bytes_) : split_start_codes(data);
    if (!units || doubtful_) return {.doubtful = true};
    PictureFacts facts{.entry = true, .disposable = true};
    int pictures = 0;
    for (const Bytes unit : *units) {
      const int type = unit[0] & 31;
      if (type == kSlice || type == kIdrSlice) {
        facts.entry = facts.entry && type == kIdrSlice;
        facts.disposable = facts.disposable && (unit[0] >> 5 & 3) == 0;
        // first_mb_in_slice is 0, one bit, in the first slice of a picture.
        if (unit.size() < 2 || (unit[1] & 0x80) != 0) ++pictures;
      } else {
        take_parameters(unit);
      }
    }
    if (pictures != 1 || doubtful_ || (first_ && !facts.entry)) return {.doubtful = true};
    first_ = false;
    parameters_.close();
    return facts;
  }

 private:
  // avcC after its first five bytes (ISO 14496-15, 5.3.3.1).
  void read_configuration(Bytes list) {
    for (const int count_mask : {31, 255}) {
      if (list.empty()) return;
      int count = list[0] & count_mask;
      list = list.subspan(1);
      for (; count > 0 && list.size() >= 2; --count) {
        const auto size = static_cast<std::size_t>(list[0] << 8 | list[1]);
        if (size == 0 || size > list.size() - 2) return;
        take_parameters(list.subspan(2, size));
        list = list.subspan(2 + size);
      }
    }
  }

  void take_parameters(Bytes unit) {
    const int type = unit[0] & 31;
    if (type == kSequenceParameters) {
      doubtful_ = doubtful_ || !parameters_.add(type, unit) || !only_whole_frames(unit);
    } else if (type == kPictureParameters) {
      doubtful_ = doubtful_ || !parameters_.add(type, unit);
    } else if (type != kMessage && type != kDelimiter && type != kFiller) {
      doubtful_ = true;  // data partitions, layers, ends of sequences
    }
  }

  int length_bytes_ = 0;  // 0: start codes
  ParameterSets parameters_;
  bool first_ = true;
  bool doubtful_ = false;
};

}  // namespace

std::unique_ptr<PictureInspector> inspect_h264(const AVCodecParameters& codec) {
  return std::make_unique<H264Inspector>(codec);
}

}  // namespace videogen::media
