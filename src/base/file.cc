#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/handle.h"

namespace videogen {
namespace {

// Owns a descriptor until it is released.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

struct OpenedFile {
  int descriptor;
  std::uint64_t size;
};

Result<OpenedFile> open_regular(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a FIFO must not hang; it is refused below.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return tl::unexpected(file_error("open", path, errno));
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) {
    const int error_number = errno;
    ::close(descriptor);
    return tl::unexpected(file_error("open", path, error_number));
  }
  if (!S_ISREG(status.st_mode)) {
    ::close(descriptor);
    return fail(S_ISDIR(status.st_mode) ? ErrorCode::unreachable : ErrorCode::unsupported,
                fmt::format("cannot read {}: {}", printable(path.string()),
                            S_ISDIR(status.st_mode) ? "it is a folder" : "not a regular file"));
  }
  return OpenedFile{descriptor, static_cast<std::uint64_t>(status.st_size)};
}

}  // namespace

Error file_error(std::string_view action, const std::filesystem::path& path, int error_number) {
  const bool writing = action == "write" || action == "create" || action == "rename";
  ErrorCode code = writing ? ErrorCode::unwritable : ErrorCode::unreachable;
  if (!writing && (error_number == ENOENT || error_number == ENOTDIR)) code = ErrorCode::not_found;
  return Error{code,
               fmt::format("cannot {} {}: {}", action, printable(path.string()),
                           error_number == ENOENT && !writing ? "no such file"
                                                              : std::strerror(error_number)),
               std::source_location::current()};
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit_bytes) {
  VIDEOGEN_TRY(const OpenedFile opened, open_regular(path));
  const Descriptor descriptor(opened.descriptor);
  if (opened.size > limit_bytes) {
    return fail(ErrorCode::limit,
                fmt::format("cannot read {}: {} bytes, more than the {} that such a file may have",
                            printable(path.string()), opened.size, limit_bytes));
  }
  std::string text(opened.size, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::read(descriptor.get(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(file_error("read", path, errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  VIDEOGEN_TRY(const OpenedFile opened, open_regular(path));
  const Descriptor descriptor(opened.descriptor);
  if (opened.size == 0) return MappedFile(nullptr, 0);
  void* data = ::mmap(nullptr, opened.size, PROT_READ, MAP_SHARED, descriptor.get(), 0);
  if (data == MAP_FAILED) return tl::unexpected(file_error("map", path, errno));
  return MappedFile(static_cast<const std::byte*>(data), opened.size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path, Existing existing) {
  std::error_code ignored;
  const auto target = std::filesystem::status(path, ignored);
  if (std::filesystem::is_directory(target)) {
    return fail(ErrorCode::usage,
                fmt::format("cannot write {}: it is a folder", printable(path.string())));
  }
  if (existing == Existing::refuse && std::filesystem::exists(target)) {
    return fail(ErrorCode::usage,
                fmt::format("{} exists already; --force replaces it", printable(path.string())));
  }
  static std::atomic<unsigned> counter{0};
  AtomicFile file;
  file.path_ = path;
  file.existing_ = existing;
  // The extension stays last: muxers choose the container by it.
  file.partial_ =
      path.parent_path() / fmt::format(".{}.{}-{}.partial{}", path.stem().string(), ::getpid(),
                                       counter++, path.extension().string());
  file.descriptor_ = ::open(file.partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file.descriptor_ < 0) return tl::unexpected(file_error("create", path, errno));
  return file;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      partial_(std::move(other.partial_)),
      existing_(other.existing_),
      descriptor_(std::exchange(other.descriptor_, -1)) {
  other.partial_.clear();
}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(partial_, other.partial_);
  std::swap(existing_, other.existing_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  if (!partial_.empty()) ::unlink(partial_.c_str());
  partial_.clear();
}

Status AtomicFile::write(std::string_view bytes) {
  VIDEOGEN_CHECK(descriptor_ >= 0, "write after commit");
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor_, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return tl::unexpected(file_error("write", path_, errno));
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  return write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

Status AtomicFile::commit() {
  VIDEOGEN_CHECK(descriptor_ >= 0, "commit after commit");
  // Quota and disk errors of a network file system may only show here.
  if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS)
    return tl::unexpected(file_error("write", path_, errno));
  if (::close(std::exchange(descriptor_, -1)) != 0)
    return tl::unexpected(file_error("write", path_, errno));
  if (existing_ == Existing::refuse) {
    // link() fails where a file has appeared meanwhile; rename() would replace it.
    if (::link(partial_.c_str(), path_.c_str()) == 0) {
      ::unlink(partial_.c_str());
      partial_.clear();
      return {};
    }
    if (errno == EEXIST) {
      return fail(ErrorCode::usage, fmt::format("{} appeared meanwhile; --force replaces it",
                                                printable(path_.string())));
    }
    // File systems without hard links (FAT, some network shares) fall through.
  }
  if (::rename(partial_.c_str(), path_.c_str()) != 0)
    return tl::unexpected(file_error("rename", path_, errno));
  partial_.clear();
  return {};
}

struct Sha256::State {
  Handle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  VIDEOGEN_CHECK(state_->context && EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr),
                 "OpenSSL offers SHA-256");
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
  VIDEOGEN_CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()),
                 "SHA-256 takes any bytes");
}

void Sha256::update(std::string_view text) {
  update(std::as_bytes(std::span(text.data(), text.size())));
}

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  VIDEOGEN_CHECK(EVP_DigestFinal_ex(state_->context.get(), digest.data(), &size),
                 "hex() is called once");
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace videogen
