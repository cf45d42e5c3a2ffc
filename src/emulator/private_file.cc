#include "emulator/private_file.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"

namespace videogen::emulator {

Status write_private(const std::filesystem::path& path, std::string_view text) {
  VIDEOGEN_TRY(AtomicFile file, AtomicFile::create(path, AtomicFile::Existing::replace));
  // Still empty, so nothing was readable before.
  if (::chmod(file.partial_path().c_str(), 0600) != 0)
    return tl::unexpected(file_error("write", path, errno));
  VIDEOGEN_TRY(file.write(text));
  return file.commit();
}

}  // namespace videogen::emulator
