#include "cli/inputs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/file.h"
#include "cli/suggest.h"
#include "net/address.h"

namespace videogen::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 28> kVideoExtensions{
    ".3g2", ".3gp",  ".apng", ".asf", ".avi",   ".divx", ".dv",  ".f4v", ".flv",  ".gif",
    ".ivf", ".m2ts", ".m2v",  ".m4v", ".mjpeg", ".mkv",  ".mov", ".mp4", ".mpeg", ".mpg",
    ".mts", ".mxf",  ".nut",  ".ogv", ".ts",    ".webm", ".wmv", ".y4m"};

Input failed(const std::string& name, Error error) {
  Input input;
  input.source = {name, name};
  input.error = std::move(error);
  return input;
}

Input failed(const std::string& name, ErrorCode code, std::string message) {
  return failed(name, Error{code, std::move(message), std::source_location::current()});
}

bool has_scheme(std::string_view name) {
  const std::size_t end = name.find("://");
  if (end == std::string_view::npos || end == 0) return false;
  return std::ranges::all_of(name.substr(0, end), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
  });
}

bool is_video_name(const fs::path& path) {
  if (path.filename().string().starts_with('.')) return false;
  std::string extension = path.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return std::ranges::find(kVideoExtensions, extension) != kVideoExtensions.end();
}

Input spooled(const std::string& name, std::string_view shown, int descriptor,
              const std::stop_token& stop) {
  Result<net::Spool> spool = net::Spool::fill(descriptor, shown, stop);
  if (!spool) return failed(name, std::move(spool).error());
  Input input;
  input.source = {spool->path(), name};
  input.spool = *std::move(spool);
  return input;
}

// `< clip.mp4` needs no copy: the file behind the descriptor is opened again.
bool is_file_at_its_start(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
         ::lseek(descriptor, 0, SEEK_CUR) == 0 && ::access("/proc/self/fd/0", R_OK) == 0;
}

Input standard_input(const std::stop_token& stop) {
  if (::isatty(STDIN_FILENO) == 1)
    return failed("-", ErrorCode::usage,
                  "- reads a clip from standard input, which is a terminal: pipe one in");
  if (is_file_at_its_start(STDIN_FILENO)) {
    Input input;
    input.source = {"/proc/self/fd/0", "-"};
    return input;
  }
  return spooled("-", "standard input", STDIN_FILENO, stop);
}

Input pipe_input(const std::string& name, const std::stop_token& stop) {
  // O_NONBLOCK: opening a pipe without a writer must not hang.
  const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return failed(name, file_error("open", name, errno));
  Input input = spooled(name, name, descriptor, stop);
  ::close(descriptor);
  return input;
}

std::vector<Input> folder_inputs(const std::string& name) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(name, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (is_video_name(entry->path()) && !entry->is_directory(ignored))
      files.push_back(entry->path().string());
  }
  std::vector<Input> inputs;
  if (error) {
    inputs.push_back(failed(name, file_error("read", name, error.value())));
  } else if (files.empty()) {
    inputs.push_back(
        failed(name, ErrorCode::corrupt,
               fmt::format("no videos in {}: no file has a video's extension", printable(name))));
  }
  std::ranges::sort(files);
  for (const std::string& file : files) {
    Input input;
    input.source = {file, file};
    inputs.push_back(std::move(input));
  }
  return inputs;
}

Input missing(const std::string& name, int error_number) {
  Error error = file_error("open", name, error_number);
  if (error.code == ErrorCode::not_found) {
    if (const auto near = nearest_file(name))
      error.message += fmt::format(" (did you mean {}?)", printable(*near));
  }
  return failed(name, std::move(error));
}

std::vector<Input> one(Input input) {
  std::vector<Input> inputs;
  inputs.push_back(std::move(input));
  return inputs;
}

Input remote_input(const std::string& address, net::RemoteInputs& remote,
                   const std::stop_token& stop) {
  const std::string shown = net::shown_address(address);
  Result<net::Spool> spool = remote.fetch(address, stop);
  if (!spool) return failed(shown, std::move(spool).error());
  Input input;
  input.source = {spool->path(), shown};
  input.spool = *std::move(spool);
  return input;
}

std::vector<Input> resolve(const std::string& name, net::RemoteInputs& remote,
                           const std::stop_token& stop) {
  if (name == "-") return one(standard_input(stop));
  if (name.empty()) return one(failed(name, ErrorCode::usage, "an input has an empty name"));
  if (net::is_remote(name)) return one(remote_input(name, remote, stop));
  if (has_scheme(name)) {
    return one(failed(name, ErrorCode::unsupported,
                      fmt::format("cannot open {}: addresses begin with http://, https:// or gs://",
                                  net::shown_address(name))));
  }
  struct stat status {};
  if (::stat(name.c_str(), &status) != 0) return one(missing(name, errno));
  if (S_ISDIR(status.st_mode)) return folder_inputs(name);
  if (S_ISFIFO(status.st_mode)) return one(pipe_input(name, stop));
  if (!S_ISREG(status.st_mode)) {
    return one(
        failed(name, ErrorCode::unsupported,
               fmt::format("cannot open {}: a device or socket, not a file", printable(name))));
  }
  Input input;
  input.source = {name, name};
  return one(std::move(input));
}

}  // namespace

Result<std::vector<Input>> resolve_inputs(std::span<const std::string> names,
                                          net::RemoteInputs& remote, std::stop_token stop) {
  std::vector<Input> inputs;
  bool standard_input_taken = false;
  for (const std::string& name : names) {
    if (name == "-" && std::exchange(standard_input_taken, true)) {
      inputs.push_back(failed(name, ErrorCode::usage, "- (standard input) can be given once only"));
      continue;
    }
    std::ranges::move(resolve(name, remote, stop), std::back_inserter(inputs));
    if (!inputs.empty() && inputs.back().error &&
        inputs.back().error->code == ErrorCode::interrupted)
      return tl::unexpected(*std::move(inputs.back().error));
  }
  return inputs;
}

}  // namespace videogen::cli
