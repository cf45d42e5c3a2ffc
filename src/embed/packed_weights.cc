#include "embed/packed_weights_internal.h"

#include <xxhash.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "base/handle.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;

constexpr std::array<char, 8> kMagic{'V', 'G', 'P', 'A', 'C', 'K', '0', '1'};
constexpr std::chrono::hours kAbandonedAfter{1};
constexpr std::size_t kVerifiedAtOnce = 1U << 20U;

// The last bytes of the file.
struct Footer {
  std::array<char, 8> magic = kMagic;
  std::array<char, 64> key{};  // hexadecimal
  std::uint64_t weight_bytes = 0;
  std::uint64_t weight_checksum = 0;
  std::uint64_t footer_checksum = 0;  // of all above

  [[nodiscard]] std::uint64_t own_checksum() const {
    return XXH3_64bits(this, offsetof(Footer, footer_checksum));
  }
};
static_assert(sizeof(Footer) == 96, "no padding: it is compared and summed as bytes");

Footer make_footer(const std::string& key, std::uint64_t bytes, std::uint64_t checksum) {
  Footer footer;
  VIDEOGEN_CHECK(key.size() == footer.key.size(), "a key is a SHA-256 in hexadecimal");
  std::memcpy(footer.key.data(), key.data(), key.size());
  footer.weight_bytes = bytes;
  footer.weight_checksum = checksum;
  footer.footer_checksum = footer.own_checksum();
  return footer;
}

AlignedBytes allocate(std::size_t bytes) {
  AlignedBytes memory(static_cast<std::byte*>(std::aligned_alloc(kWeightAlignment, bytes)));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

// Packs every tensor in turn and hands its bytes to `write`, in the order of their offsets.
Status pack_all(const WeightLayout& layout, const Checkpoint& checkpoint,
                const std::stop_token& stop,
                const std::function<Status(std::span<const std::byte>)>& write) {
  std::size_t largest = 0;
  for (const auto& tensor : layout.tensors()) largest = std::max(largest, packed_bytes(tensor));
  const AlignedBytes room = allocate(largest);
  for (const auto& tensor : layout.tensors()) {
    if (stop.stop_requested()) {
      return fail(ErrorCode::interrupted, "interrupted while packing weights");
    }
    const std::span packed(room.get(), packed_bytes(tensor));
    VIDEOGEN_TRY(pack(tensor, checkpoint, packed));
    VIDEOGEN_TRY(write(packed));
  }
  return {};
}

// What processes that were killed while they wrote have left behind.
void remove_abandoned(const fs::path& folder) {
  std::error_code failed;
  for (fs::directory_iterator next(folder, failed), end; !failed && next != end;
       next.increment(failed)) {
    const std::string name = next->path().filename().string();
    if (!name.starts_with('.') || name.find(".partial") == std::string::npos) continue;
    std::error_code ignored;
    const auto written = fs::last_write_time(next->path(), ignored);
    if (!ignored && written + kAbandonedAfter < fs::file_time_type::clock::now()) {
      fs::remove(next->path(), ignored);
    }
  }
}

}  // namespace

void FreeAligned::operator()(std::byte* bytes) const { std::free(bytes); }

fs::path PackedWeights::path(const fs::path& cache, const std::string& key) {
  return cache.empty() ? fs::path() : cache / "weights" / (key + ".packed");
}

const std::byte* PackedWeights::data() const {
  return mapping_ ? mapping_->bytes().data() : memory_.get();
}

Result<PackedWeights> PackedWeights::open(const WeightLayout& layout, const std::string& key,
                                          const fs::path& path) {
  VIDEOGEN_TRY(MappedFile mapping, MappedFile::open(path));
  const auto damaged = [&](std::string_view fact) {
    return fail(ErrorCode::corrupt, fmt::format("{}: {}", printable(path.string()), fact));
  };
  const auto bytes = mapping.bytes();
  if (bytes.size() != layout.bytes() + sizeof(Footer)) return damaged("not of the right size");
  Footer footer;
  std::memcpy(&footer, bytes.data() + layout.bytes(), sizeof footer);
  const Footer expected = make_footer(key, layout.bytes(), footer.weight_checksum);
  if (std::memcmp(&footer, &expected, sizeof footer) != 0) return damaged("not of this model");
  PackedWeights weights(std::move(mapping));
  weights.claim_ = Claim{layout.bytes(), footer.weight_checksum, path};
  return weights;
}

Status PackedWeights::verify(const std::stop_token& stop) const {
  if (!claim_) return {};
  const Handle<XXH3_state_t, XXH3_freeState> sum(XXH3_createState());
  XXH3_64bits_reset(sum.get());
  for (auto rest = mapping_->bytes().first(claim_->bytes); !rest.empty();) {
    if (stop.stop_requested()) {
      return fail(ErrorCode::interrupted, "interrupted while checking weights");
    }
    const auto part = rest.first(std::min(rest.size(), kVerifiedAtOnce));
    XXH3_64bits_update(sum.get(), part.data(), part.size());
    rest = rest.subspan(part.size());
  }
  if (XXH3_64bits_digest(sum.get()) == claim_->checksum) return {};
  return fail(ErrorCode::corrupt,
              fmt::format("{}: the checksum is wrong", printable(claim_->path.string())));
}

Result<PackedWeights> PackedWeights::build(const WeightLayout& layout, const std::string& key,
                                           const fs::path& path, const Checkpoint& checkpoint,
                                           const std::stop_token& stop) {
  if (!path.empty()) {
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    remove_abandoned(path.parent_path());
    if (auto file = AtomicFile::create(path, AtomicFile::Existing::replace)) {
      const Handle<XXH3_state_t, XXH3_freeState> sum(XXH3_createState());
      XXH3_64bits_reset(sum.get());
      Status packed = pack_all(layout, checkpoint, stop, [&](std::span<const std::byte> bytes) {
        XXH3_64bits_update(sum.get(), bytes.data(), bytes.size());
        return file->write(bytes);
      });
      if (!packed && packed.error().code != ErrorCode::unwritable) {
        return tl::unexpected(std::move(packed).error());
      }
      const Footer footer = make_footer(key, layout.bytes(), XXH3_64bits_digest(sum.get()));
      if (packed && file->write(std::as_bytes(std::span(&footer, 1))) && file->commit()) {
        if (auto mapping = MappedFile::open(path);
            mapping && mapping->bytes().size() == layout.bytes() + sizeof(Footer)) {
          return PackedWeights(*std::move(mapping));
        }
      }
    }
  }
  AlignedBytes memory = allocate(layout.bytes());
  std::size_t filled = 0;
  VIDEOGEN_TRY(pack_all(layout, checkpoint, stop, [&](std::span<const std::byte> bytes) -> Status {
    std::memcpy(memory.get() + filled, bytes.data(), bytes.size());
    filled += bytes.size();
    return {};
  }));
  return PackedWeights(std::move(memory));
}

}  // namespace videogen::embed
