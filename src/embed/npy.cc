#include "embed/npy.h"

#include <bit>
#include <limits>

#include <fmt/format.h>

namespace videogen::embed {
namespace {

// Magic, version, the dictionary's length in two little-endian bytes, and the dictionary,
// filled up so that the values start at a multiple of 64 (numpy/lib/format.py, version 1.0).
std::string npy_header(std::size_t rows, std::size_t columns) {
  constexpr std::size_t kPreamble = 10;
  constexpr std::size_t kAlignment = 64;
  std::string dictionary =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns);
  const std::size_t used = kPreamble + dictionary.size() + 1;
  dictionary.append((kAlignment - used % kAlignment) % kAlignment, ' ');
  dictionary += '\n';

  std::string header = "\x93NUMPY";
  header += '\x01';
  header += '\x00';
  header += static_cast<char>(dictionary.size() & 0xff);
  header += static_cast<char>(dictionary.size() >> 8);
  return header + dictionary;
}

}  // namespace

Status write_npy(const std::filesystem::path& path, std::span<const float> values, std::size_t rows,
                 std::size_t columns, AtomicFile::Existing existing) {
  static_assert(std::endian::native == std::endian::little && std::numeric_limits<float>::is_iec559,
                "'<f4' is this machine's own float");
  VIDEOGEN_CHECK(values.size() == rows * columns, "values do not fill the shape");
  VIDEOGEN_TRY(AtomicFile file, AtomicFile::create(path, existing));
  VIDEOGEN_TRY(file.write(npy_header(rows, columns)));
  VIDEOGEN_TRY(file.write(std::as_bytes(values)));
  return file.commit();
}

}  // namespace videogen::embed
