// Every fault of the emulator against a run: it recovers, or it ends with one clear error; and
// no order is sent twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "cli/generate_for_test_internal.h"
#include "media/probe.h"

namespace videogen::cli {
namespace {

namespace fs = std::filesystem;
using generate::Generation;
using ::testing::HasSubstr;
using Status = Generation::Status;

struct Case {
  const char* faults;  // separated by spaces
  Way way;
  Status status;
  int exit;               // status of the program
  std::size_t attempts;   // billable
  const char* says = "";  // in the error
  int candidates = 1;
  double deadline_s = 60;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.faults << " way " << int(c.way); }

class Faults : public ::testing::TestWithParam<Case> {};

TEST_P(Faults, EndInAClipOrInOneClearError) {
  const Case& c = GetParam();
  std::vector<std::string> faults;
  for (std::string_view rest = c.faults; !rest.empty();) {
    const auto space = std::min(rest.find(' '), rest.size());
    faults.emplace_back(rest.substr(0, space));
    rest.remove_prefix(std::min(space + 1, rest.size()));
  }
  const TemporaryFolder folder;
  const EmulatorForTest emulator(faults);
  const net::HttpClient client;
  const auto backend = backend_for_test(client, c.way, emulator.url());
  auto journal = generate::Journal::open(folder.path() / "data");
  ASSERT_TRUE(journal) << journal.error().message;
  const generate::Hooks hooks;
  const generate::Means means{*backend, *journal, gist_for_test(), hooks, hurried()};
  const fs::path output = folder.path() / "clip.mp4";
  generate::RunOptions options = order_for_test(c.way, output);
  options.candidates = c.candidates;
  options.deadline = std::chrono::milliseconds(int(1000 * c.deadline_s));
  const Generation generation = generate::run(options, means, {});

  const std::string error = generation.error ? generation.error->message : "";
  EXPECT_EQ(generation.status, c.status) << to_json(generation, coherence::JsonLayout::indented);
  EXPECT_EQ(exit_status(generation), c.exit) << error;
  EXPECT_THAT(error, HasSubstr(c.says));
  EXPECT_EQ(error.find('\n'), std::string::npos);
  EXPECT_EQ(error.empty(), c.status == Status::completed) << error;
  EXPECT_EQ(generation.attempts.size(), c.attempts) << to_json(generation, {});
  // Each order that the emulator took is an attempt, and each has been sent once.
  std::vector<std::string> taken = emulator.taken();
  EXPECT_EQ(taken.size(), c.attempts);
  if (c.way != Way::videos_form) {  // a form's boundary is drawn anew
    std::ranges::sort(taken);
    EXPECT_EQ(std::ranges::adjacent_find(taken), taken.end());
  }
  // The file is there and whole, or there is none, nor a part of one.
  if (c.status == Status::completed) {
    EXPECT_TRUE(media::probe(output));
  } else {
    EXPECT_FALSE(fs::exists(output));
  }
  for (const auto& entry : fs::directory_iterator(folder.path()))
    EXPECT_THAT(entry.path().filename().string(), ::testing::AnyOf("data", "clip.mp4"));
}

constexpr auto kInline = Way::veo_inline;
constexpr auto kBucket = Way::veo_bucket;
constexpr auto kForm = Way::videos_form;
constexpr auto kJson = Way::videos_json;
constexpr auto kDone = Status::completed;
constexpr auto kFailed = Status::failed;

INSTANTIATE_TEST_SUITE_P(
    None, Faults,
    ::testing::Values(Case{"", kInline, kDone, 0, 1}, Case{"", kBucket, kDone, 0, 1},
                      Case{"", kForm, kDone, 0, 1}, Case{"", kJson, kDone, 0, 1},
                      Case{"", kInline, kDone, 0, 1, "", 3}, Case{"", kJson, kDone, 0, 3, "", 3}));

INSTANTIATE_TEST_SUITE_P(
    Busy, Faults,
    ::testing::Values(Case{"429.submit@2", kInline, kDone, 0, 1},
                      Case{"503.submit@2", kBucket, kDone, 0, 1},
                      Case{"429-no-retry-after.submit@2", kForm, kDone, 0, 1},
                      Case{"503-no-retry-after.poll@2", kInline, kDone, 0, 1},
                      Case{"429.poll@2", kJson, kDone, 0, 1},
                      Case{"503.download@2", kForm, kDone, 0, 1},
                      Case{"503.download@2 503.object@1", kBucket, kDone, 0, 1},
                      Case{"503.token@1", kInline, kDone, 0, 1},
                      Case{"429.submit", kInline, kFailed, 6, 0, "429"},
                      Case{"503.submit", kJson, kFailed, 4, 0, "503"},
                      Case{"503.poll", kInline, kFailed, 4, 1, "--resume"},
                      Case{"500.submit", kInline, kFailed, 4, 1, "not sent again"}));
// 500 answers without doing the work; the client cannot know that.

INSTANTIATE_TEST_SUITE_P(
    Wire, Faults,
    ::testing::Values(
        Case{"timeout", kInline, kFailed, 4, 1, "not sent again"},
        Case{"lost-reply", kInline, kFailed, 4, 1, "not sent again"},
        Case{"lost-reply", kForm, kFailed, 4, 1, "not sent again"},
        Case{"reset.submit", kInline, kFailed, 4, 1, "not sent again"},
        Case{"reset.poll@2", kInline, kDone, 0, 1}, Case{"reset.poll@2", kJson, kDone, 0, 1},
        Case{"reset.download@1", kBucket, kDone, 0, 1}, Case{"reset.token@1", kInline, kDone, 0, 1},
        Case{"slow-poll@1", kInline, kDone, 0, 1}, Case{"stall.poll@1", kInline, kDone, 0, 1},
        Case{"stall@1", kBucket, kDone, 0, 1}, Case{"stall@1", kForm, kDone, 0, 1},
        Case{"truncated-download@2", kBucket, kDone, 0, 1},
        Case{"truncated-download@2", kForm, kDone, 0, 1},
        Case{"truncated-download.poll@3", kInline, kDone, 0, 1},
        Case{"wrong-bytes@1", kBucket, kDone, 0, 1},
        Case{"not-json.submit", kInline, kFailed, 4, 1, "without the name"},
        Case{"not-json.submit", kJson, kFailed, 4, 1, "without the name"},
        Case{"not-json.poll@2", kInline, kDone, 0, 1},
        Case{"not-json.poll@2", kForm, kDone, 0, 1}));

INSTANTIATE_TEST_SUITE_P(
    Service, Faults,
    ::testing::Values(Case{"expired-token@1", kInline, kDone, 0, 1},
                      Case{"expired-token.poll@1", kInline, kDone, 0, 1},
                      Case{"expired-token.submit", kInline, kFailed, 4, 0, "401"},
                      Case{"retired", kInline, kFailed, 4, 0, "retired"},
                      Case{"filtered@1", kInline, kDone, 0, 2},
                      Case{"filtered@1", kForm, kDone, 0, 2},
                      Case{"filtered", kInline, kFailed, 3, 2, "58061214: a child"},
                      Case{"filtered", kJson, kFailed, 3, 2, "moderation"},
                      Case{"partial", kInline, kDone, 0, 1, "", 2},
                      Case{"operation-error@1", kBucket, kDone, 0, 2},
                      Case{"operation-error", kInline, kFailed, 4, 3, "INTERNAL (13)"},
                      Case{"policy-error", kInline, kFailed, 3, 1, "dangerous content"},
                      Case{"endless", kInline, kFailed, 6, 1, "deadline of 1 s", 1, 1},
                      Case{"endless", kForm, kFailed, 6, 1, "--resume", 1, 1},
                      Case{"damaged@1", kInline, kDone, 0, 2},
                      Case{"damaged@1", kForm, kDone, 0, 2},
                      Case{"damaged", kBucket, kFailed, 3, 3, "cannot be read"}));

}  // namespace
}  // namespace videogen::cli
