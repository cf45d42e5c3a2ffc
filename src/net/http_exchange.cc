#include "net/http_exchange.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>

#include "base/file.h"

namespace videogen::net {
namespace {

// A descriptor and what is mapped of it.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { ::close(descriptor_); }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::filesystem::path temporary_folder() {
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

Status write_all(int descriptor, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return tl::unexpected(file_error("write", path, errno));
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

}  // namespace

struct ReceivedBody::Spool {
  explicit Spool(int descriptor) : file(descriptor) {}
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool() {
    if (data != nullptr) ::munmap(data, size);
  }

  OpenFile file;
  void* data = nullptr;  // once it was asked for
  std::size_t size = 0;
};

ReceivedBody::ReceivedBody(std::size_t in_memory_bytes, std::filesystem::path folder)
    : in_memory_bytes_(in_memory_bytes),
      folder_(folder.empty() ? temporary_folder() : std::move(folder)) {}
ReceivedBody::ReceivedBody(ReceivedBody&& other) noexcept = default;
ReceivedBody& ReceivedBody::operator=(ReceivedBody&& other) noexcept = default;
ReceivedBody::~ReceivedBody() = default;

Status ReceivedBody::append(std::string_view bytes) {
  VIDEOGEN_CHECK(spool_ == nullptr || spool_->data == nullptr, "append after bytes()");
  if (spool_ == nullptr && memory_.size() + bytes.size() <= in_memory_bytes_) {
    memory_ += bytes;
    size_ = memory_.size();
    return {};
  }
  if (spool_ == nullptr) {
    int descriptor = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
      // File systems without O_TMPFILE: make a name and drop it.
      std::string name = (folder_ / "body-XXXXXX").string();
      descriptor = ::mkostemp(name.data(), O_CLOEXEC);
      if (descriptor >= 0) ::unlink(name.c_str());
    }
    if (descriptor < 0) return tl::unexpected(file_error("create", folder_, errno));
    spool_ = std::make_unique<Spool>(descriptor);
    VIDEOGEN_TRY(write_all(descriptor, memory_, folder_));
    std::string().swap(memory_);
  }
  VIDEOGEN_TRY(write_all(spool_->file.get(), bytes, folder_));
  size_ += bytes.size();
  return {};
}

std::string_view ReceivedBody::bytes() const {
  if (spool_ == nullptr) return memory_;
  if (spool_->data == nullptr) {
    // Nobody else has a name for this file, so it can't shrink under the mapping.
    void* data = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, spool_->file.get(), 0);
    VIDEOGEN_CHECK(data != MAP_FAILED, "a spooled body can be mapped");
    spool_->data = data;
    spool_->size = size_;
  }
  return {static_cast<const char*>(spool_->data), spool_->size};
}

ResponseBody ResponseBody::stream(Pull pull, std::optional<std::uint64_t> length) {
  ResponseBody body;
  body.source_ = Stream{std::move(pull), length};
  return body;
}

Result<ResponseBody> ResponseBody::file(const std::filesystem::path& path, std::uint64_t offset,
                                        std::optional<std::uint64_t> length) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return tl::unexpected(file_error("open", path, errno));
  const auto file = std::make_shared<OpenFile>(descriptor);
  const off_t end = ::lseek(descriptor, 0, SEEK_END);
  if (end < 0) return tl::unexpected(file_error("read", path, errno));
  const auto size = static_cast<std::uint64_t>(end);
  if (offset > size || length.value_or(0) > size - offset) {
    return fail(ErrorCode::corrupt,
                fmt::format("{} has {} bytes, not the {} that were asked for",
                            printable(path.string()), size, offset + length.value_or(0)));
  }
  const std::uint64_t whole = length.value_or(size - offset);
  auto pull = [file, path, at = offset,
               left = whole](std::span<char> buffer) mutable -> Result<Pulled> {
    const std::size_t most = std::min<std::uint64_t>(buffer.size(), left);
    ssize_t got = 0;
    do got = ::pread(file->get(), buffer.data(), most, static_cast<off_t>(at));
    while (got < 0 && errno == EINTR);
    if (got < 0) return tl::unexpected(file_error("read", path, errno));
    if (got == 0 && left > 0)
      return fail(ErrorCode::corrupt, fmt::format("{} became shorter", printable(path.string())));
    at += static_cast<std::uint64_t>(got);
    left -= static_cast<std::uint64_t>(got);
    return Pulled{static_cast<std::size_t>(got),
                  left == 0 ? Pulled::Then::end : Pulled::Then::more};
  };
  return stream(std::move(pull), whole);
}

std::optional<std::uint64_t> ResponseBody::length() const {
  if (const std::string* text = this->text()) return text->size();
  return std::get<Stream>(source_).length;
}

}  // namespace videogen::net
