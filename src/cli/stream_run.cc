#include "cli/stream_run.h"

#include <utility>

#include "cli/stream_input.h"
#include "coherence/stream_json.h"

namespace videogen::cli {
namespace {

// Lines out, each at once. A reader that is gone, or a disk that is full, ends the work.
class Lines {
 public:
  explicit Lines(Context& context) : context_(context) {}

  void write(const std::string& line) {
    if (!status_ || context_.console.reader_gone()) return;
    status_ = context_.console.write(line + "\n");
    if (!status_ || context_.console.reader_gone()) context_.interruption.request_stop();
  }

  [[nodiscard]] const Status& status() const { return status_; }

 private:
  Context& context_;
  Status status_;
};

Result<coherence::Report> judge(const StreamRequest& request, const embed::Chosen& embedder,
                                const coherence::Options& options, Lines& lines,
                                const std::stop_token& stop) {
  VIDEOGEN_TRY(StreamInput input, open_stream(request.input, request.idle, stop));
  lines.write(coherence::start_line(input.source, input.arrival, embedder, options));
  if (needs_all(input)) {
    lines.write(coherence::note_line(input.note));
    VIDEOGEN_TRY(wait_for_all(input, stop));
  }
  coherence::StreamSink sink;
  sink.sample = [&](const coherence::StreamedSample& sample) {
    lines.write(coherence::sample_line(sample));
  };
  sink.event = [&](const coherence::ToldEvent& told) { lines.write(coherence::event_line(told)); };
  return coherence::validate_stream(input.source, embedder, options, request.until, sink, stop);
}

}  // namespace

Result<int> run_stream(const StreamRequest& request, const embed::Chosen& embedder,
                       const coherence::Options& options, Context& context) {
  Lines lines(context);
  const Result<coherence::Report> report =
      judge(request, embedder, options, lines, context.interruption.token());
  if (context.console.reader_gone()) return 0;  // as everywhere in the program
  VIDEOGEN_TRY(lines.status());
  if (!report) {
    if (report.error().code == ErrorCode::usage) return tl::unexpected(report.error());
    const int status = context.console.error(report.error());
    if (report.error().code != ErrorCode::interrupted)
      lines.write(coherence::error_line(report.error(), request.input));
    VIDEOGEN_TRY(lines.status());
    return status;
  }
  lines.write(coherence::report_line(*report));
  VIDEOGEN_TRY(lines.status());
  return report->verdict == coherence::Verdict::pass ? 0 : 1;
}

}  // namespace videogen::cli
