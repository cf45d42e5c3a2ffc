#include "embed/torch_archive_internal.h"

#include <zip.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/handle.h"

namespace videogen::embed {
namespace {

// A state dict takes some hundred bytes a tensor.
constexpr std::uint64_t kMaxPickleBytes = 16U << 20U;
constexpr zip_int64_t kMaxEntries = 100'000;

// The first pickle of the older format is the long 0x1950a86a20f9469cfc6c.
constexpr std::string_view kOlderMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
                                       14);

using OpenArchive = Handle<zip_t, zip_discard>;
using OpenEntry = Handle<zip_file_t, zip_fclose>;

}  // namespace

struct TorchArchive::Zip {
  std::filesystem::path path;
  std::string root;  // the folder that every entry lies in, with its slash
  std::uint64_t file_bytes = 0;
  OpenArchive archive;

  template <class... Args>
  auto corrupt(fmt::format_string<Args...> format, Args&&... args) const {
    return fail(ErrorCode::corrupt, fmt::format("{}: {}", printable(path.string()),
                                                fmt::format(format, std::forward<Args>(args)...)));
  }

  Status find_root() {
    const zip_int64_t entries = zip_get_num_entries(archive.get(), 0);
    if (entries > kMaxEntries) return corrupt("{} entries in the archive", entries);
    for (zip_int64_t i = 0; i < entries; ++i) {
      const char* raw = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
      const std::string_view name = raw != nullptr ? raw : "";
      const std::size_t slash = name.find('/');
      if (slash != std::string_view::npos && name.substr(slash) == "/data.pkl") {
        root = name.substr(0, slash + 1);
        return {};
      }
    }
    return corrupt("a zip archive without data.pkl, so not one of PyTorch's");
  }

  // Entries of PyTorch are stored, never compressed: none is larger than the file.
  Result<std::vector<std::byte>> read_entry(const std::string& name, std::uint64_t limit) const {
    const std::string full = root + name;
    zip_stat_t status;
    zip_stat_init(&status);
    const zip_uint64_t needed = ZIP_STAT_INDEX | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                                ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat(archive.get(), full.c_str(), ZIP_FL_ENC_RAW, &status) != 0 ||
        (status.valid & needed) != needed) {
      return corrupt("the archive has no entry {}", printable(full, 100));
    }
    if (status.comp_method != ZIP_CM_STORE || status.encryption_method != ZIP_EM_NONE) {
      return fail(ErrorCode::unsupported,
                  fmt::format("{}: entry {} is compressed or encrypted, as PyTorch never does",
                              printable(path.string()), printable(full, 100)));
    }
    if (status.size != status.comp_size || status.size > file_bytes || status.size > limit) {
      return corrupt("entry {} claims {} bytes", printable(full, 100), status.size);
    }
    std::vector<std::byte> bytes(static_cast<std::size_t>(status.size));
    const OpenEntry entry(zip_fopen_index(archive.get(), status.index, 0));
    if (entry == nullptr) return corrupt("entry {} cannot be opened", printable(full, 100));
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const zip_int64_t got = zip_fread(entry.get(), bytes.data() + filled, bytes.size() - filled);
      if (got <= 0) return corrupt("entry {} is damaged", printable(full, 100));
      filled += static_cast<std::size_t>(got);
    }
    // libzip compares the CRC when it meets the end.
    std::byte beyond{};
    if (zip_fread(entry.get(), &beyond, 1) != 0) {
      return corrupt("entry {} is damaged", printable(full, 100));
    }
    return bytes;
  }
};

TorchArchive::TorchArchive(std::unique_ptr<Zip> zip) : zip_(std::move(zip)) {}
TorchArchive::TorchArchive(TorchArchive&&) noexcept = default;
TorchArchive& TorchArchive::operator=(TorchArchive&&) noexcept = default;
TorchArchive::~TorchArchive() = default;

Result<TorchArchive> TorchArchive::open(std::span<const std::byte> file,
                                        const std::filesystem::path& path) {
  auto zip = std::make_unique<Zip>();
  zip->path = path;
  zip->file_bytes = file.size();
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.starts_with(kOlderMagic)) {
    return fail(ErrorCode::unsupported,
                fmt::format("{}: saved in the format before PyTorch 1.6; save it again or give "
                            "model.safetensors",
                            printable(path.string())));
  }
  // libzip takes no bytes at all for an archive without entries.
  if (file.empty()) return zip->corrupt("0 bytes that are no zip archive");
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), 0, &error);
  if (source != nullptr) {
    zip->archive.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
    if (zip->archive == nullptr) zip_source_free(source);
  }
  if (zip->archive == nullptr) {
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    return zip->corrupt("{} bytes that are no zip archive ({})", file.size(), reason);
  }
  zip_error_fini(&error);

  VIDEOGEN_TRY(zip->find_root());
  const bool has_order =
      zip_name_locate(zip->archive.get(), (zip->root + "byteorder").c_str(), ZIP_FL_ENC_RAW) >= 0;
  if (has_order) {
    VIDEOGEN_TRY(const std::vector<std::byte> order, zip->read_entry("byteorder", 16));
    if (std::string_view(reinterpret_cast<const char*>(order.data()), order.size()) != "little") {
      return fail(ErrorCode::unsupported,
                  fmt::format("{}: the weights are not little-endian", printable(path.string())));
    }
  }
  VIDEOGEN_TRY(const std::vector<std::byte> pickle, zip->read_entry("data.pkl", kMaxPickleBytes));
  TorchArchive archive(std::move(zip));
  VIDEOGEN_TRY(archive.tensors_, read_state_dict(pickle, path));
  return archive;
}

Result<std::vector<float>> TorchArchive::read(const PickledTensor& tensor) const {
  const std::string entry = "data/" + tensor.storage_key;
  VIDEOGEN_TRY(const std::vector<std::byte> bytes, zip_->read_entry(entry, UINT64_MAX));
  const auto expected = static_cast<std::uint64_t>(tensor.storage_elements);
  const auto size = static_cast<std::uint64_t>(tensor.element_bytes);
  if (bytes.size() % size != 0 || bytes.size() / size != expected) {
    return zip_->corrupt("storage {} has {} bytes, {} elements of {} bytes are claimed", entry,
                         bytes.size(), expected, size);
  }
  const auto begin = static_cast<std::size_t>(tensor.offset) * static_cast<std::size_t>(size);
  return to_floats({tensor.type, tensor.shape, tensor.strides,
                    std::span(bytes).subspan(std::min(begin, bytes.size()))});
}

}  // namespace videogen::embed
