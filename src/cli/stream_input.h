// A clip that still arrives: what `validate --stream INPUT` reads.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "coherence/embed_clips.h"
#include "coherence/stream_json.h"
#include "media/live_input.h"
#include "net/spool.h"

namespace videogen::cli {

struct StreamInput {
  coherence::Source source;                // source.live, while there is one, is the one below
  std::unique_ptr<media::LiveInput> live;  // null once all is there
  std::optional<net::Spool> spool;         // keeps source.path valid
  coherence::Arrival arrival = coherence::Arrival::pipe;
  std::string note;  // for the reader, one sentence; empty where all is as hoped
};

// INPUT is -, a pipe, or a file that grows and has ended when it did not for `idle`. Waits for
// the first bytes. A clip that cannot be read from front to back gets a note; wait_for_all() comes
// next then. Errors: usage (a folder, a terminal, an address), not_found, unreachable, unsupported,
// interrupted.
[[nodiscard]] Result<StreamInput> open_stream(const std::string& name,
                                              std::chrono::milliseconds idle,
                                              const std::stop_token& stop);

[[nodiscard]] inline bool needs_all(const StreamInput& input) { return !input.note.empty(); }
// Waits until the file has ended, or the pipe, which is kept in a temporary file; then the
// input is a file. Errors: as net::Spool::fill.
[[nodiscard]] Status wait_for_all(StreamInput& input, const std::stop_token& stop);

}  // namespace videogen::cli
