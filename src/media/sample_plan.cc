#include "media/sample_plan_internal.h"

#include <algorithm>
#include <numeric>

#include "media/fps_sampler_internal.h"
#include "media/packet_clock_internal.h"

namespace videogen::media {
namespace {

using Packets = std::vector<PacketEntry>;

// Positions of the packets by presentation time; empty where two share one.
std::vector<std::uint32_t> presentation_order(const Packets& packets) {
  std::vector<std::uint32_t> order(packets.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return packets[a].pts < packets[b].pts; });
  const auto same = [&](std::uint32_t a, std::uint32_t b) {
    return packets[a].pts == packets[b].pts;
  };
  if (std::adjacent_find(order.begin(), order.end(), same) != order.end()) order.clear();
  return order;
}

// How many frames at most precede one in the file and follow it in presentation: what a
// decoder has to hold back. Beyond what any codec may, it only says "more".
int reorder_depth(const Packets& packets) {
  constexpr std::size_t kWindow = 33;
  int depth = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    int later = 0;
    for (std::size_t j = i - std::min(i, kWindow); j < i; ++j)
      if (packets[j].pts > packets[i].pts) ++later;
    depth = std::max(depth, later);
  }
  return depth;
}

// ffmpeg takes a frame's end for the clock of the packets: in containers whose times may
// jump, a packet that lags behind it looks like a jump.
bool looks_like_jump(const Packets& packets, const std::vector<std::uint32_t>& order,
                     std::size_t held_back, AVRational time_base) {
  constexpr double kToleranceS = 0.05;  // half of ffmpeg's
  for (std::size_t i = 1; i < packets.size(); ++i) {
    // A time that is missing counts as the lowest.
    if (packets[i].dts <= packets[i - 1].dts) return true;
    if (i <= held_back) continue;
    const PacketEntry& shown = packets[order[i - 1 - held_back]];
    const double end = static_cast<double>(shown.pts) + shown.duration;
    const double lag_s = (end - static_cast<double>(packets[i].dts)) * av_q2d(time_base);
    if (lag_s > kToleranceS) return true;
  }
  return false;
}

// A stretch of packets from an entry to the next.
struct Segment {
  std::size_t begin = 0, end = 0;
};

std::vector<Segment> split_at_entries(const Packets& packets) {
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (i == 0 || packets[i].entry) segments.push_back({i, i});
    segments.back().end = i + 1;
  }
  return segments;
}

// Adds to the wanted packets all that they refer to, directly or not.
void add_references(const Packets& packets, std::vector<bool>& decode) {
  const std::vector<Segment> segments = split_at_entries(packets);
  bool next_refers_back = false;
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    std::size_t end = segment->end;
    if (!next_refers_back)
      while (end > segment->begin && !decode[end - 1]) --end;
    bool leading_wanted = false;
    bool trailing = false;
    for (std::size_t i = segment->begin; i < segment->end; ++i) {
      leading_wanted = leading_wanted || (packets[i].leading && decode[i]);
      trailing = trailing || (i > segment->begin && !packets[i].leading);
    }
    // Without a picture that follows the entry in both orders, what the next segment refers
    // to may lie before this one.
    leading_wanted = leading_wanted || (next_refers_back && !trailing);
    for (std::size_t i = segment->begin; i < end; ++i)
      if (!packets[i].disposable && (!packets[i].leading || leading_wanted)) decode[i] = true;
    next_refers_back = leading_wanted;
  }
}

// How often each packet's frame is taken, where sampling decides it.
std::vector<std::int64_t> samples_at_rate(const PacketIndex& index,
                                          const std::vector<std::uint32_t>& order, double rate) {
  std::vector<std::int64_t> samples(index.packets.size(), 0);
  FpsSampler sampler(index.time_base, rate);
  std::optional<std::uint32_t> last;
  for (const std::uint32_t position : order) {
    if (index.packets[position].hidden) continue;
    const std::int64_t taken = sampler.push(index.packets[position].pts);
    if (last) samples[*last] = taken;
    last = position;
  }
  if (last) {
    const PacketEntry& packet = index.packets[*last];
    samples[*last] = sampler.finish(end_of_frame(packet.pts, packet.duration, index.time_base));
  }
  return samples;
}

std::vector<std::int64_t> samples_within(const PacketIndex& index,
                                         std::span<const TimeSpan> spans) {
  std::vector<std::int64_t> samples;
  for (const PacketEntry& packet : index.packets) {
    const double time_s =
        static_cast<double>(packet.pts) * index.time_base.num / index.time_base.den;
    samples.push_back(!packet.hidden && within(spans, time_s) ? 1 : 0);
  }
  return samples;
}

}  // namespace

bool within(std::span<const TimeSpan> spans, double time_s) {
  return std::ranges::any_of(
      spans, [&](const TimeSpan& span) { return span.from_s <= time_s && time_s <= span.to_s; });
}

std::optional<SamplePlan> plan_samples(const PacketIndex& index, const PlanOptions& options) {
  const Packets& packets = index.packets;
  const std::vector<std::uint32_t> order = presentation_order(packets);
  if (order.empty() || reorder_depth(packets) > options.reorder_delay) return std::nullopt;
  if (options.discontinuities_allowed &&
      looks_like_jump(packets, order, static_cast<std::size_t>(options.reorder_delay),
                      index.time_base))
    return std::nullopt;

  SamplePlan plan;
  const PacketEntry* last = nullptr;
  std::uint32_t first_position = 0;
  for (const std::uint32_t position : order) {
    if (packets[position].hidden) continue;
    if (last == nullptr) first_position = position;
    last = &packets[position];
    ++plan.source_frames;
  }
  // Without a duration the end is a guess of the decoder's.
  if (last == nullptr || last->duration <= 0) return std::nullopt;
  const std::vector<std::int64_t> samples = options.rate
                                                ? samples_at_rate(index, order, *options.rate)
                                                : samples_within(index, options.only);

  plan.decode.resize(packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i) plan.decode[i] = samples[i] > 0;
  // A clip that is too short to be sampled must still prove that it can be decoded.
  if (std::find(plan.decode.begin(), plan.decode.end(), true) == plan.decode.end())
    plan.decode[first_position] = true;
  add_references(packets, plan.decode);

  for (const PacketEntry& packet : packets) plan.packet_pts.push_back(packet.pts);
  std::int64_t source_index = 0;
  for (const std::uint32_t position : order) {
    if (packets[position].hidden) continue;
    if (plan.decode[position])
      plan.frames.push_back({packets[position].pts, source_index, samples[position]});
    plan.samples += samples[position];
    ++source_index;
  }
  return plan;
}

}  // namespace videogen::media
