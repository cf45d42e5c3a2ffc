// Files: whole reads, read-only mappings, digests, and writes that are all or nothing.
//
// Every error names the path and the reason: not_found, unreachable (permission, a folder
// where a file is meant), limit (larger than allowed), unwritable (permission, disk full).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace videogen {

// The error of a failed system call on a path, e.g. file_error("open", path, errno).
[[nodiscard]] Error file_error(std::string_view action, const std::filesystem::path& path,
                               int error_number);

// The whole file; limit if it holds more than `limit_bytes`.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path,
                                            std::size_t limit_bytes);

// Read-only memory of a regular file. Movable; the bytes live as long as the object.
// A file that another process shrinks while mapped ends the process with SIGBUS: map only
// what is replaced by renaming (models, caches), never media.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  MappedFile(const std::byte* data, std::size_t size) : data_(data), size_(size) {}
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// A file that appears under its name only when it is complete: written beside it as
// ".NAME.PID-N.partial" and renamed by commit(). Without commit() nothing is left.
class AtomicFile {
 public:
  enum class Existing { replace, refuse };  // refuse: usage, naming the file and --force

  static Result<AtomicFile> create(const std::filesystem::path& path, Existing existing);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();

  // Where to write now, for libraries that open a file by name.
  [[nodiscard]] const std::filesystem::path& partial_path() const { return partial_; }
  [[nodiscard]] Status write(std::string_view bytes);
  [[nodiscard]] Status write(std::span<const std::byte> bytes);
  // Flushes, checks and renames.
  [[nodiscard]] Status commit();

 private:
  AtomicFile() = default;
  void discard() noexcept;
  std::filesystem::path path_;
  std::filesystem::path partial_;
  Existing existing_ = Existing::refuse;
  int descriptor_ = -1;
};

// SHA-256, incremental; hex() may be called once.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  [[nodiscard]] std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace videogen
