#include "net/blob_internal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/file.h"
#include "base/handle.h"
#include "net/resumable_get.h"

namespace videogen::net {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

Status make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return tl::unexpected(file_error("create", path, error.value()));
  return {};
}

// The lock that huggingface_hub takes for the same file (filelock: flock on UNIX).
Result<Descriptor> lock(const fs::path& path, const std::stop_token& stop, const Timing& timing) {
  VIDEOGEN_TRY(make_folder(path.parent_path()));
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (file.get() < 0) return tl::unexpected(file_error("create", path, errno));
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    // A file system without locks: as good as alone.
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    if (!timing.sleep(std::chrono::milliseconds(50), stop))
      return fail(ErrorCode::interrupted, "interrupted");
  }
  return file;
}

// A blob on its way into DIGEST.incomplete.
class Incoming {
 public:
  Incoming(const Blob& blob, fs::path path)
      : blob_(blob), path_(std::move(path)), digest_(blob.digest, blob.size) {}

  // Takes up what an earlier run left. Errors: unwritable, interrupted.
  Status open(const std::stop_token& stop) {
    file_ = std::make_unique<Descriptor>(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (file_->get() < 0) return tl::unexpected(file_error("create", path_, errno));
    std::vector<std::byte> chunk(1 << 20);
    while (true) {
      if (stop.stop_requested()) return fail(ErrorCode::interrupted, "interrupted");
      const ssize_t got = ::read(file_->get(), chunk.data(), chunk.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return tl::unexpected(file_error("read", path_, errno));
      if (got == 0) break;
      digest_.update(std::span(chunk).first(static_cast<std::size_t>(got)));
      have_ += static_cast<std::uint64_t>(got);
    }
    return have_ > blob_.size ? restart() : Status();
  }

  Status append(std::span<const std::byte> bytes) {
    if (bytes.size() > blob_.size - have_)
      return fail(
          ErrorCode::corrupt,
          fmt::format("{} is longer than the {} bytes that the hub says", blob_.name, blob_.size));
    digest_.update(bytes);
    while (!bytes.empty()) {
      const ssize_t wrote = ::write(file_->get(), bytes.data(), bytes.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return tl::unexpected(file_error("write", path_, errno));
      have_ += static_cast<std::uint64_t>(wrote);
      fetched_ += static_cast<std::uint64_t>(wrote);
      bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return {};
  }

  Status restart() {
    if (::ftruncate(file_->get(), 0) != 0 || ::lseek(file_->get(), 0, SEEK_SET) != 0)
      return tl::unexpected(file_error("write", path_, errno));
    digest_ = BlobDigest(blob_.digest, blob_.size);
    have_ = 0;
    return {};
  }

  // Under its own name, if it is what it should be; else it is dropped. Errors: corrupt,
  // unwritable.
  Status finish(const fs::path& final_path) {
    const std::string found = digest_.hex();
    if (have_ != blob_.size || found != blob_.digest) {
      ::unlink(path_.c_str());
      return fail(ErrorCode::corrupt,
                  fmt::format("{} was damaged on the way: {} bytes with digest {}, not {} with {}",
                              blob_.name, have_, found, blob_.size, blob_.digest));
    }
    if (::fsync(file_->get()) != 0 && errno != EINVAL && errno != EROFS)
      return tl::unexpected(file_error("write", path_, errno));
    if (::rename(path_.c_str(), final_path.c_str()) != 0)
      return tl::unexpected(file_error("rename", path_, errno));
    return {};
  }

  [[nodiscard]] std::uint64_t have() const { return have_; }
  [[nodiscard]] std::uint64_t fetched() const { return fetched_; }

 private:
  const Blob& blob_;
  fs::path path_;
  BlobDigest digest_;
  std::unique_ptr<Descriptor> file_;
  std::uint64_t have_ = 0, fetched_ = 0;
};

bool is_there(const fs::path& path, std::uint64_t size) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<std::uint64_t>(status.st_size) == size;
}

}  // namespace

struct BlobDigest::State {
  Handle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
};

BlobDigest::BlobDigest(std::string_view expected, std::uint64_t size)
    : state_(std::make_unique<State>()) {
  constexpr std::size_t kSha1Digits = 40;
  const bool git = expected.size() == kSha1Digits;
  VIDEOGEN_CHECK(state_->context && EVP_DigestInit_ex(state_->context.get(),
                                                      git ? EVP_sha1() : EVP_sha256(), nullptr),
                 "OpenSSL offers the digest");
  if (git) {
    const std::string head = fmt::format("blob {}", size);
    // With the zero byte that ends it.
    update(std::as_bytes(std::span(head.c_str(), head.size() + 1)));
  }
}
BlobDigest::BlobDigest(BlobDigest&&) noexcept = default;
BlobDigest& BlobDigest::operator=(BlobDigest&&) noexcept = default;
BlobDigest::~BlobDigest() = default;

void BlobDigest::update(std::span<const std::byte> bytes) {
  VIDEOGEN_CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()),
                 "a digest takes any bytes");
}

std::string BlobDigest::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  VIDEOGEN_CHECK(EVP_DigestFinal_ex(state_->context.get(), bytes.data(), &size),
                 "hex() is called once");
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

Result<std::uint64_t> fetch_blob(const HttpClient& client, const Request& request, const Blob& blob,
                                 const fs::path& repository, const RetryPolicy& retries,
                                 const std::function<void(std::uint64_t)>& progress,
                                 const std::stop_token& stop, const Timing& timing) {
  const fs::path final_path = repository / "blobs" / blob.digest;
  if (is_there(final_path, blob.size)) return std::uint64_t{0};
  VIDEOGEN_TRY(make_folder(final_path.parent_path()));
  const fs::path locks = repository.parent_path() / ".locks" / repository.filename();
  VIDEOGEN_TRY(const Descriptor held, lock(locks / (blob.digest + ".lock"), stop, timing));
  if (is_there(final_path, blob.size)) return std::uint64_t{0};  // another program was faster
  fs::path partial = final_path;
  partial += ".incomplete";
  std::uint64_t fetched = 0;
  for (int attempt = 1;; ++attempt) {
    Incoming incoming(blob, partial);
    VIDEOGEN_TRY(incoming.open(stop));
    const bool resumed = incoming.have() > 0;
    if (incoming.have() < blob.size || blob.size == 0) {
      Request own = request;
      own.most_bytes = blob.size + 1;  // append() tells what is too long
      const Target target{[&](std::span<const std::byte> bytes) -> Status {
                            VIDEOGEN_TRY(incoming.append(bytes));
                            if (progress) progress(incoming.have());
                            return {};
                          },
                          [&] { return incoming.restart(); },
                          {},
                          true};
      VIDEOGEN_TRY([[maybe_unused]] const Response done,
                   resumable_get(client, own, incoming.have(), target, retries, stop, timing));
    }
    fetched += incoming.fetched();
    const Status whole = incoming.finish(final_path);
    if (whole) return fetched;
    // What an earlier run left may have been the damaged part.
    if (whole.error().code != ErrorCode::corrupt || !resumed || attempt > 1)
      return tl::unexpected(whole.error());
  }
}

}  // namespace videogen::net
