// What INPUT… on the command line stands for.
#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "coherence/embed_clips.h"
#include "net/remote_inputs.h"
#include "net/spool.h"

namespace videogen::cli {

// One file to work on, or why there is none.
struct Input {
  coherence::Source source;
  std::optional<Error> error;
  std::optional<net::Spool> spool;  // keeps source.path valid
};

// In the order given:
//   PATH          the file; a pipe (as from `<(command)`) is read to its end into a nameless
//                 temporary file
//   -             standard input, likewise; once
//   FOLDER        its videos, by file name extension, in the order of their names; hidden ones
//                 and those in folders inside it are left out
//   http://…, https://…, gs://…  fetched into a nameless temporary file; `uri` is the address
//                 without what grants access
//   SCHEME://…    any other: unsupported
// A name that leads nowhere gets an error that suggests the nearest one. Whether a file is a
// video is for its reader to say. Errors: interrupted, while a pipe or an address is read.
[[nodiscard]] Result<std::vector<Input>> resolve_inputs(std::span<const std::string> names,
                                                        net::RemoteInputs& remote,
                                                        std::stop_token stop);

}  // namespace videogen::cli
