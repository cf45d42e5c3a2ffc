#include "net/first_bytes.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

namespace videogen::net {
namespace {

struct Beginning {
  std::size_t offset;
  std::string_view bytes;
};

using namespace std::string_view_literals;

// Of the containers that the demuxers of media know, and of pictures.
constexpr auto kMedia = std::to_array<Beginning>({
    {4, "ftyp"},  // MP4, MOV, HEIF, AVIF
    {4, "moov"},
    {4, "mdat"},
    {4, "wide"},
    {4, "free"},
    {4, "skip"},
    {4, "pnot"},  // QuickTime
    {4, "styp"},
    {4, "sidx"},
    {4, "moof"},              // fragments
    {0, "\x1A\x45\xDF\xA3"},  // Matroska, WebM
    {8, "AVI "},
    {8, "WEBP"},  // RIFF
    {0, "OggS"},
    {0, "FLV\x01"},
    {0, "GIF87a"},
    {0, "GIF89a"},
    {0, "\x89PNG\r\n\x1A\n"},
    {0, "\xFF\xD8\xFF"},
    {0, "BM"},
    {0, "II*\0"sv},
    {0, "MM\0*"sv},                           // TIFF
    {0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11"},  // ASF
    {0, "\x06\x0E\x2B\x34"},                  // MXF
    {0, "nut/multimedia container\0"sv},
    {0, "YUV4MPEG2 "},
    {0, "DKIF"},
    {0, ".RMF"},
    {0, "\0\0\x01"sv},
    {0, "\0\0\0\x01"sv},  // MPEG program and elementary streams, H.26x
    {0, "\x12\0"sv},
    {0, "\x0A\x0A"},                            // AV1 OBUs
    {0, "\xB7\xD8\x00\x20\x37\x49\xDA\x11"sv},  // WTV
    {0, "NSVf"},
    {0, "NSVs"},
    {0, "BBCD"},
    {0, "SMJPEG"},
    {0, "\0\0\0\x0CjP  "sv},
    {0, "P6\n"},
    {0, "P5\n"},
    {0, "\x1F\x07\0"sv},  // PPM, DV
});

// Each kind that is plainly no clip, by how it begins after white space, in lower case.
struct Refused {
  std::string_view begins, what;
};
constexpr auto kTexts = std::to_array<Refused>({
    {"<!doctype html", "a web page"},
    {"<html", "a web page"},
    {"<head", "a web page"},
    {"<body", "a web page"},
    {"<!--", "a web page"},
    {"<?xml", "XML"},
    {"<error", "XML"},
    {"<svg", "a drawing (SVG)"},
    {"{", "JSON"},
    {"[", "JSON"},
    {"#extm3u", "a playlist, which names other addresses: give that of a clip"},
    {"version https://git-lfs", "a pointer of Git LFS, not the file that it points to"},
});
constexpr auto kOthers = std::to_array<Refused>({
    {"%PDF-", "a PDF"},
    {"PK\x03\x04", "an archive (zip)"},
    {"\x1F\x8B", "packed (gzip)"},
    {"Rar!", "an archive (RAR)"},
    {"7z\xBC\xAF", "an archive (7z)"},
    {"\xFD"
     "7zXZ",
     "packed (xz)"},
    {"\x7F"
     "ELF",
     "a program"},
    {"SQLite format 3", "a database"},
});

bool begins_at(std::string_view text, const Beginning& beginning) {
  return text.size() >= beginning.offset &&
         text.substr(beginning.offset).starts_with(beginning.bytes);
}

bool is_mpeg_ts(std::string_view text) {
  for (const std::size_t packet : {188U, 192U, 204U})
    for (const std::size_t start : {0U, 4U})
      if (text.size() > start + 2 * packet && text[start] == 'G' && text[start + packet] == 'G' &&
          text[start + 2 * packet] == 'G')
        return true;
  return false;
}

std::string lower_start(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  std::string start(text.substr(first, kLongest));
  for (char& c : start)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return start;
}

// No media file consists of printable characters only, but for the headers of some that kMedia
// knows.
bool is_text(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte == 0x7F || (byte < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f');
  });
}

std::string_view what_it_is(std::string_view text) {
  const std::string start = lower_start(text);
  for (const Refused& refused : kTexts)
    if (start.starts_with(refused.begins)) return refused.what;
  for (const Refused& refused : kOthers)
    if (text.starts_with(refused.begins)) return refused.what;
  return is_text(text) ? "text" : "";
}

}  // namespace

Status check_first_bytes(std::span<const std::byte> bytes, Accept accept, std::string_view shown,
                         std::string_view content_type) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool known = is_mpeg_ts(text) || std::ranges::any_of(kMedia, [&](const Beginning& each) {
                       return begins_at(text, each);
                     });
  if (known) return {};
  const std::string said =
      content_type.empty() ? ""
                           : fmt::format(" (the server calls it {})", printable(content_type, 60));
  const std::string_view what = what_it_is(text);
  if (!what.empty())
    return fail(ErrorCode::corrupt, fmt::format("{} is no clip but {}{}", shown, what, said));
  if (accept == Accept::known_media)
    return fail(ErrorCode::corrupt, fmt::format("{} does not begin as a clip does{}", shown, said));
  return {};
}

}  // namespace videogen::net
