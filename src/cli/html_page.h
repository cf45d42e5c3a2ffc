// The page that --html names: checked before the work, written after it.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "cli/verb_internal.h"
#include "coherence/pictures.h"
#include "coherence/validate.h"

namespace videogen::cli {

// A report may take the place of an older one, and of nothing else: a name that was meant as
// an input costs nobody a clip. Errors: usage (such a file, a folder, a device), not_found (no
// such folder), as read_file().
[[nodiscard]] Status check_html_page(const std::filesystem::path& page);

enum class ClipInPage { linked, embedded, absent };  // absent: there is no file to link to

struct PageRequest {
  std::filesystem::path page;
  ClipInPage clip = ClipInPage::linked;
};

// Fetches the pictures that the collector lacks and writes the page. Errors: as
// coherence::read_pictures(), coherence::embedded_clip() and AtomicFile.
[[nodiscard]] Status write_html_page(const PageRequest& request, const coherence::Source& source,
                                     const coherence::Report& report,
                                     const coherence::Options& options,
                                     coherence::PictureCollector& pictures, Context& context);

}  // namespace videogen::cli
