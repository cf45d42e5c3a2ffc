#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "embed/json_file_internal.h"
#include "embed/safetensors_internal.h"

namespace videogen::embed {
namespace {

using Json = nlohmann::json;

// The limit that the reference implementation sets (MAX_HEADER_SIZE).
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
constexpr std::size_t kMaxRank = 8;

struct Kind {
  std::string_view name;
  std::size_t bytes;
  ElementType type;
};

constexpr std::array kKinds{
    Kind{"F32", 4, ElementType::f32},      Kind{"F16", 2, ElementType::f16},
    Kind{"BF16", 2, ElementType::bf16},    Kind{"F64", 8, ElementType::other},
    Kind{"I64", 8, ElementType::other},    Kind{"U64", 8, ElementType::other},
    Kind{"I32", 4, ElementType::other},    Kind{"U32", 4, ElementType::other},
    Kind{"I16", 2, ElementType::other},    Kind{"U16", 2, ElementType::other},
    Kind{"I8", 1, ElementType::other},     Kind{"U8", 1, ElementType::other},
    Kind{"BOOL", 1, ElementType::other},   Kind{"F8_E4M3", 1, ElementType::other},
    Kind{"F8_E5M2", 1, ElementType::other}};

struct Range {
  std::uint64_t begin;
  std::uint64_t end;
  std::string_view tensor;
};

// Names the file in every error.
class Reader {
 public:
  Reader(std::span<const std::byte> file, const std::filesystem::path& path)
      : file_(file), path_(path) {}

  Result<std::map<std::string, TensorView>> read() {
    VIDEOGEN_TRY(const Json header, read_header());
    std::map<std::string, TensorView> tensors;
    std::vector<Range> ranges;
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") continue;
      VIDEOGEN_TRY(const Range range, read_range(name, entry));
      VIDEOGEN_TRY(TensorView view, read_view(name, entry, range));
      ranges.push_back(
          {range.begin, range.end, tensors.emplace(name, std::move(view)).first->first});
    }
    VIDEOGEN_TRY(check_coverage(ranges));
    return tensors;
  }

 private:
  template <class... Args>
  auto corrupt(fmt::format_string<Args...> format, Args&&... args) const {
    return fail(ErrorCode::corrupt, fmt::format("{}: {}", printable(path_.string()),
                                                fmt::format(format, std::forward<Args>(args)...)));
  }

  Result<Json> read_header() {
    if (file_.size() < 8) {
      return corrupt("{} bytes, too short for a safetensors file", file_.size());
    }
    std::uint64_t length = 0;
    std::memcpy(&length, file_.data(), sizeof length);
    if (length > file_.size() - 8) {
      return corrupt("the header claims {} bytes, but only {} follow", length, file_.size() - 8);
    }
    if (length > kMaxHeaderBytes) {
      return fail(ErrorCode::limit,
                  fmt::format("{}: a header of {} bytes, at most {} are read",
                              printable(path_.string()), length, kMaxHeaderBytes));
    }
    const auto* text = reinterpret_cast<const char*>(file_.data() + 8);
    data_ = file_.subspan(8 + static_cast<std::size_t>(length));
    auto header = parse_json({text, static_cast<std::size_t>(length)}, path_);
    if (!header)
      return corrupt("the safetensors header cannot be read ({})", header.error().message);
    if (!header->is_object()) return corrupt("the safetensors header is not a JSON object");
    return header;
  }

  Result<Range> read_range(const std::string& name, const Json& entry) const {
    const auto offsets = entry.is_object() ? entry.find("data_offsets") : entry.end();
    if (!entry.is_object() || offsets == entry.end() || !offsets->is_array() ||
        offsets->size() != 2 || !(*offsets)[0].is_number_unsigned() ||
        !(*offsets)[1].is_number_unsigned()) {
      return corrupt("tensor {} has no pair of data_offsets", printable(name));
    }
    const auto begin = (*offsets)[0].get<std::uint64_t>();
    const auto end = (*offsets)[1].get<std::uint64_t>();
    if (begin > end || end > data_.size()) {
      return corrupt("tensor {} lies at bytes {} to {} of {}", printable(name), begin, end,
                     data_.size());
    }
    return Range{begin, end, {}};
  }

  Result<TensorView> read_view(const std::string& name, const Json& entry, Range range) const {
    const auto dtype = entry.find("dtype");
    if (dtype == entry.end() || !dtype->is_string()) {
      return corrupt("tensor {} has no dtype", printable(name));
    }
    const auto& word = dtype->get_ref<const std::string&>();
    const auto* kind = std::ranges::find(kKinds, word, &Kind::name);
    if (kind == kKinds.end()) {
      return fail(ErrorCode::unsupported,
                  fmt::format("{}: tensor {} has the unknown dtype {}", printable(path_.string()),
                              printable(name), printable(word, 40)));
    }
    VIDEOGEN_TRY(Shape shape, read_shape(name, entry));
    // Zero lengths count as one here, so that no stride overflows either.
    std::int64_t reach = static_cast<std::int64_t>(kind->bytes);
    bool empty = false;
    for (const std::int64_t length : shape) {
      empty |= length == 0;
      if (__builtin_mul_overflow(reach, std::max<std::int64_t>(length, 1), &reach)) {
        return corrupt("tensor {} has the impossible shape {}", printable(name), to_string(shape));
      }
    }
    const std::uint64_t bytes = empty ? 0 : static_cast<std::uint64_t>(reach);
    if (bytes != range.end - range.begin) {
      return corrupt("tensor {} is {} {}, which takes {} bytes, but has {}", printable(name), word,
                     to_string(shape), bytes, range.end - range.begin);
    }
    Shape strides = row_major_strides(shape);
    return TensorView{kind->type, std::move(shape), std::move(strides),
                      data_.subspan(range.begin, range.end - range.begin)};
  }

  Result<Shape> read_shape(const std::string& name, const Json& entry) const {
    const auto found = entry.find("shape");
    if (found == entry.end() || !found->is_array() || found->size() > kMaxRank) {
      return corrupt("tensor {} has no shape of at most {} axes", printable(name), kMaxRank);
    }
    Shape shape;
    for (const Json& length : *found) {
      if (!length.is_number_unsigned() || length.get<std::uint64_t>() > INT64_MAX) {
        return corrupt("tensor {} has a length that is no count in its shape", printable(name));
      }
      shape.push_back(length.get<std::int64_t>());
    }
    return shape;
  }

  // The format leaves no byte without a tensor, and gives none to two.
  Status check_coverage(std::vector<Range>& ranges) const {
    std::ranges::sort(ranges, {}, [](const Range& r) { return std::pair(r.begin, r.end); });
    std::uint64_t reached = 0;
    std::string_view before = "the header";
    for (const Range& range : ranges) {
      if (range.begin < reached) {
        return corrupt("tensors {} and {} overlap at byte {}", printable(before),
                       printable(range.tensor), range.begin);
      }
      if (range.begin > reached) {
        return corrupt("{} bytes before tensor {} belong to none", range.begin - reached,
                       printable(range.tensor));
      }
      reached = range.end;
      before = range.tensor;
    }
    if (reached != data_.size()) {
      return corrupt("the last {} bytes belong to no tensor", data_.size() - reached);
    }
    return {};
  }

  std::span<const std::byte> file_;
  std::span<const std::byte> data_;
  const std::filesystem::path& path_;
};

}  // namespace

Result<std::map<std::string, TensorView>> parse_safetensors(std::span<const std::byte> file,
                                                            const std::filesystem::path& path) {
  return Reader(file, path).read();
}

}  // namespace videogen::embed
