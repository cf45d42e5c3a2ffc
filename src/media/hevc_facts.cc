// HEVC (ITU-T H.265): the unit type says it all. Sub-layer non-reference pictures are those of
// even types below 16; intra random access pictures (16…21) are entries, and of what follows
// them only the skipped leading pictures (RASL) refer to what was before.
#include "media/bit_reader_internal.h"
#include "media/nal_units_internal.h"
#include "media/picture_facts_internal.h"

namespace videogen::media {
namespace {

enum Unit : int {
  kRaslN = 8,
  kRaslR = 9,
  kFirstEntry = 16,
  kLastBrokenLink = 18,
  kCleanRandomAccess = 21,
  kLastPicture = 31,
  kVideoParameters = 32,
  kSequenceParameters = 33,
  kPictureParameters = 34,
  kEndOfSequence = 36,
  kEndOfStream = 37,
};

// output_flag_present_flag (clause 7.3.2.3.1): pictures may be decoded and not shown.
bool may_hide_pictures(Bytes picture_parameters) {
  if (picture_parameters.size() < 4) return true;
  const std::vector<std::uint8_t> payload = unescape(picture_parameters.subspan(2), 16);
  BitReader bits(payload);
  static_cast<void>(bits.golomb());  // pps_pic_parameter_set_id
  static_cast<void>(bits.golomb());  // pps_seq_parameter_set_id
  bits.skip(1);                      // dependent_slice_segments_enabled_flag
  return bits.flag() || bits.overrun();
}

class HevcInspector : public PictureInspector {
 public:
  explicit HevcInspector(const AVCodecParameters& codec) {
    if (codec.extradata == nullptr || codec.extradata_size < 4) return;
    const Bytes extra(codec.extradata, static_cast<std::size_t>(codec.extradata_size));
    // hvcC begins with 1, a stream with the zeros of a start code.
    if (extra.size() > 22 && (extra[0] != 0 || extra[1] != 0 || extra[2] > 1)) {
      length_bytes_ = (extra[21] & 3) + 1;
      read_configuration(extra.subspan(22));
    } else {
      for (const Bytes unit : split_start_codes(extra)) take_other(unit);
    }
  }

  PictureFacts inspect(const AVPacket& packet) override {
    const Bytes data(packet.data, static_cast<std::size_t>(packet.size));
    auto units = length_bytes_ > 0 ? split_lengths(data, length_bytes_) : split_start_codes(data);
    if (!units || doubtful_) return {.doubtful = true};
    PictureFacts facts;
    int pictures = 0;
    for (const Bytes unit : *units) {
      if (unit.size() < 3) return {.doubtful = true};
      const int type = unit[0] >> 1 & 63;
      if (type > kLastPicture) {
        take_other(unit);
        continue;
      }
      if ((unit[2] & 0x80) == 0) continue;  // a further slice of the picture
      ++pictures;
      facts = picture(unit, type);
      doubtful_ = doubtful_ || facts.doubtful;
    }
    if (pictures != 1 || doubtful_ || (first_ && !facts.entry)) return {.doubtful = true};
    first_ = false;
    parameters_.close();
    return facts;
  }

 private:
  PictureFacts picture(Bytes unit, int type) {
    PictureFacts facts;
    facts.entry = type >= kFirstEntry && type <= kCleanRandomAccess;
    facts.disposable = type < kFirstEntry && type % 2 == 0;
    facts.leading = type == kRaslN || type == kRaslR;
    facts.layer = (unit[1] & 7) - 1;
    const bool other_view = (unit[0] & 1) != 0 || unit[1] >> 3 != 0;  // nuh_layer_id
    // no_output_of_prior_pics_flag: pictures that wait for their turn are thrown away.
    const bool discards = facts.entry && !first_ && (unit[2] & 0x40) != 0;
    // Leading pictures that have lost what they refer to are decoded, but not shown.
    const bool lost = facts.leading && after_break_;
    facts.doubtful = other_view || discards || lost || facts.layer < 0 ||
                     (type > kCleanRandomAccess && type <= kLastPicture);
    if (facts.entry)
      after_break_ = type <= kLastBrokenLink || (first_ && type == kCleanRandomAccess);
    return facts;
  }

  // hvcC from its number of arrays on (ISO 14496-15, 8.3.3.1).
  void read_configuration(Bytes list) {
    int arrays = list[0];
    list = list.subspan(1);
    for (; arrays > 0 && list.size() >= 3; --arrays) {
      int count = list[1] << 8 | list[2];
      list = list.subspan(3);
      for (; count > 0 && list.size() >= 2; --count) {
        const auto size = static_cast<std::size_t>(list[0] << 8 | list[1]);
        if (size < 2 || size > list.size() - 2) return;
        take_other(list.subspan(2, size));
        list = list.subspan(2 + size);
      }
    }
  }

  void take_other(Bytes unit) {
    const int type = unit[0] >> 1 & 63;
    if (type >= kVideoParameters && type <= kPictureParameters) {
      doubtful_ = doubtful_ || !parameters_.add(type, unit);
      if (type == kPictureParameters) doubtful_ = doubtful_ || may_hide_pictures(unit);
    } else if (type == kEndOfSequence || type == kEndOfStream) {
      doubtful_ = true;
    }
  }

  int length_bytes_ = 0;  // 0: start codes
  ParameterSets parameters_;
  bool first_ = true;
  bool after_break_ = false;
  bool doubtful_ = false;
};

}  // namespace

std::unique_ptr<PictureInspector> inspect_hevc(const AVCodecParameters& codec) {
  return std::make_unique<HevcInspector>(codec);
}

}  // namespace videogen::media
