// The loop against the emulator: what it changes, its limits, its journal, and what is left after
// it was killed.
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/generate_for_test_internal.h"
#include "media/probe.h"

namespace videogen::cli {
namespace {

namespace fs = std::filesystem;
using generate::Attempt;
using generate::Generation;
using generate::Journal;
using generate::RunOptions;
using generate::Stage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A run in a folder of its own against an emulator.
class Bench {
 public:
  explicit Bench(const EmulatorForTest& emulator, Way way = Way::veo_inline)
      : backend_(backend_for_test(client_, way, emulator.url())),
        journal_(*Journal::open(folder_.path() / "data")),
        options(order_for_test(way, folder_.path() / "clip.mp4")) {}

  Generation run(const std::stop_token& stop = {}) {
    return generate::run(options, {*backend_, journal_, gist_for_test(), hooks, hurried()}, stop);
  }
  Generation resume(const std::string& operation = "") {
    generate::ResumeOptions again;
    again.operation = operation;
    again.poll = options.poll;
    again.deadline = options.deadline;
    return generate::resume(again, {*backend_, journal_, gist_for_test(), hooks, hurried()}, {});
  }
  [[nodiscard]] fs::path data() const { return folder_.path() / "data"; }
  // Clips that are left in the data folder.
  [[nodiscard]] std::size_t clips() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        fs::directory_iterator(data() / "runs"),
        [](const auto& entry) { return entry.path().extension() == ".mp4"; }));
  }

 private:
  TemporaryFolder folder_;
  net::HttpClient client_;
  std::unique_ptr<generate::Backend> backend_;
  Journal journal_;

 public:
  generate::Hooks hooks;
  RunOptions options;
};

TEST(GenerateLoop, DeliversTheBestOfSeveralWhenNonePasses) {
  const EmulatorForTest emulator({}, 1);  // every clip is broken
  Bench bench(emulator);
  bench.options.validation.threshold = 1;  // and would fail anyway
  const Generation generation = bench.run();
  EXPECT_EQ(generation.status, Generation::Status::rejected);
  EXPECT_EQ(exit_status(generation), 1);
  ASSERT_EQ(generation.attempts.size(), 3);
  EXPECT_FALSE(generation.error);
  EXPECT_THAT(generation.notes, ElementsAre(StartsWith("--max-clips 3 is used up")));
  EXPECT_DOUBLE_EQ(generation.cost_usd(), 1.8);
  // The best has rank 1, and is what lies at the output.
  std::vector<int> ranks;
  for (const Attempt& attempt : generation.attempts) {
    ASSERT_EQ(attempt.candidates.size(), 1);
    const auto& candidate = attempt.candidates.front();
    ranks.push_back(candidate.rank);
    if (candidate.rank != 1) continue;
    EXPECT_EQ(candidate.report->source.sha256, generation.report->source.sha256);
    EXPECT_EQ(attempt.operation, generation.operation);
  }
  std::ranges::sort(ranks);
  EXPECT_THAT(ranks, ElementsAre(1, 2, 3));
  Sha256 sha;
  sha.update(*read_file(bench.options.output, 1 << 26));
  EXPECT_EQ(sha.hex(), generation.report->source.sha256);
  EXPECT_EQ(bench.clips(), 0);
  EXPECT_EQ(emulator.taken().size(), 3);
}

TEST(GenerateLoop, ChangesTheSeedAndWhatTheReasonsSuggest) {
  const EmulatorForTest emulator;
  Bench bench(emulator);
  bench.options.validation.threshold = 1;  // fails by its mean
  bench.options.max_clips = 2;
  const Generation generation = bench.run();
  ASSERT_EQ(generation.attempts.size(), 2);
  const Attempt& first = generation.attempts[0];
  const Attempt& second = generation.attempts[1];
  EXPECT_EQ(first.seed, 7);
  EXPECT_EQ(first.change, "");
  EXPECT_EQ(second.seed, 8);
  EXPECT_THAT(second.change, StartsWith("calmer camera, another seed: "));
  EXPECT_EQ(second.prompt, first.prompt + " Calm, slow camera movement; the scene changes little.");
}

TEST(GenerateLoop, LeavesThePromptAloneWhereItIsAsLongAsTheModelTakes) {
  const EmulatorForTest emulator;
  Bench bench(emulator);
  bench.options.validation.threshold = 1;
  bench.options.max_clips = 2;
  bench.options.most_prompt = bench.options.order.prompt.size() + 5;
  const Generation generation = bench.run();
  ASSERT_EQ(generation.attempts.size(), 2);
  EXPECT_EQ(generation.attempts[1].prompt, generation.attempts[0].prompt);
  EXPECT_THAT(generation.attempts[1].change, HasSubstr("only the seed changes"));
}

TEST(GenerateLoop, RanksCandidatesOfOneOrderAndStaysWithinItsClips) {
  const EmulatorForTest emulator;
  Bench bench(emulator);
  bench.options.validation.threshold = 1;
  bench.options.candidates = 2;
  const Generation generation = bench.run();
  ASSERT_EQ(generation.attempts.size(), 2);  // two samples, then one: three clips
  EXPECT_EQ(generation.attempts[0].candidates.size(), 2);
  EXPECT_EQ(generation.attempts[1].candidates.size(), 1);
  EXPECT_EQ(generation.attempts[1].seed, 9);
  EXPECT_DOUBLE_EQ(generation.attempts[0].cost_usd, 1.2);
}

TEST(GenerateLoop, ContinuesAClipThatPassesUntilItIsLongEnough) {
  for (const Way way : {Way::veo_inline, Way::veo_bucket}) {
    const EmulatorForTest emulator;
    Bench bench(emulator, way);
    bench.options.order.extensions = 2;
    bench.options.order.extension_seconds = 7;
    bench.options.max_clips = 1;
    bench.options.max_cost_usd = 0.15 * 18;
    const Generation generation = bench.run();
    ASSERT_EQ(generation.status, Generation::Status::completed)
        << to_json(generation, coherence::JsonLayout::indented);
    ASSERT_EQ(generation.attempts.size(), 3);
    EXPECT_EQ(generation.attempts[2].change, "extension 2 of 2");
    EXPECT_DOUBLE_EQ(generation.cost_usd(), 0.15 * 18);
    EXPECT_NEAR(*media::probe(bench.options.output)->duration_s, 18, 0.1);
    EXPECT_EQ(emulator.taken().size(), 3);
  }
}

TEST(GenerateLoop, PaysForNoExtensionOfAClipThatFails) {
  const EmulatorForTest emulator;
  Bench bench(emulator);
  bench.options.order.extensions = 1;
  bench.options.order.extension_seconds = 7;
  bench.options.max_clips = 2;
  bench.options.validation.threshold = 1;
  const Generation generation = bench.run();
  EXPECT_EQ(generation.status, Generation::Status::rejected);
  ASSERT_EQ(generation.attempts.size(), 2);
  EXPECT_EQ(generation.attempts[1].extended, 0);
  // Nor for a clip whose extensions could not be paid for.
  bench.options.output += ".2.mp4";
  bench.options.max_cost_usd = 1.6;
  EXPECT_EQ(exit_status(bench.run()), 6);
  EXPECT_EQ(emulator.taken().size(), 2);
}

TEST(GenerateLoop, OrdersNothingThatCouldCostMoreThanAllowed) {
  const EmulatorForTest emulator;
  Bench bench(emulator);
  bench.options.max_cost_usd = 0.59;
  const Generation none = bench.run();
  EXPECT_EQ(exit_status(none), 6);
  EXPECT_THAT(none.error->message, HasSubstr("--max-cost 0.59 USD"));
  EXPECT_TRUE(none.attempts.empty());
  EXPECT_TRUE(emulator.taken().empty());

  bench.options.max_cost_usd = 1.3;  // two of 0.60
  bench.options.validation.threshold = 1;
  const Generation two = bench.run();
  EXPECT_EQ(two.status, Generation::Status::rejected);
  EXPECT_EQ(two.attempts.size(), 2);
  EXPECT_EQ(emulator.taken().size(), 2);
}

TEST(GenerateLoop, EndsWithTheOperationsNameWhenItIsInterrupted) {
  const EmulatorForTest emulator({"endless@1"});
  Bench bench(emulator);
  std::stop_source stop;
  bench.hooks.stage = [&stop](Stage stage, const Attempt&) {
    if (stage == Stage::polled) stop.request_stop();
  };
  const Generation generation = bench.run(stop.get_token());
  EXPECT_EQ(exit_status(generation), 5);
  ASSERT_EQ(generation.attempts.size(), 1);
  EXPECT_THAT(generation.operation, HasSubstr("/operations/"));
  EXPECT_THAT(generation.error->message, HasSubstr("--resume " + generation.operation));
  // What was interrupted can be taken up; the emulator's operation never ends.
  bench.hooks.stage = {};
  bench.options.deadline = std::chrono::milliseconds(500);
  const Generation again = bench.resume();
  EXPECT_EQ(exit_status(again), 6);
  EXPECT_EQ(again.operation, generation.operation);
  EXPECT_EQ(emulator.taken().size(), 1);
}

TEST(GenerateLoop, WaitsForTheReplyToAnOrderThatIsOnItsWayWhenInterrupted) {
  const EmulatorForTest emulator({"slow-poll.submit@1"});  // answers after 0.3 s
  Bench bench(emulator);
  std::stop_source stop;
  std::jthread pressing;
  bench.hooks.stage = [&](Stage stage, const Attempt&) {
    if (stage != Stage::journaled) return;
    pressing = std::jthread([&stop] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      stop.request_stop();
    });
  };
  const Generation generation = bench.run(stop.get_token());
  EXPECT_EQ(exit_status(generation), 5);
  EXPECT_EQ(emulator.taken().size(), 1);
  ASSERT_EQ(generation.attempts.size(), 1);
  EXPECT_THAT(generation.operation, HasSubstr("/operations/"));
}

TEST(GenerateLoop, SendsNothingAfterAnInterruption) {
  const EmulatorForTest emulator;
  Bench bench(emulator);
  std::stop_source stop;
  bench.hooks.stage = [&stop](Stage stage, const Attempt&) {
    if (stage == Stage::journaled) stop.request_stop();
  };
  const Generation generation = bench.run(stop.get_token());
  EXPECT_EQ(exit_status(generation), 5);
  EXPECT_TRUE(generation.attempts.empty());
  EXPECT_TRUE(emulator.taken().empty());
}

TEST(GenerateLoop, CanBeInterruptedWhileAClipIsJudged) {
  const EmulatorForTest emulator;
  Bench bench(emulator);
  std::stop_source stop;
  bench.hooks.stage = [&stop](Stage stage, const Attempt&) {
    if (stage == Stage::fetched) stop.request_stop();
  };
  const Generation generation = bench.run(stop.get_token());
  EXPECT_EQ(exit_status(generation), 5);
  EXPECT_THAT(generation.error->message, HasSubstr("--resume " + generation.operation));
  bench.hooks.stage = {};
  EXPECT_EQ(bench.resume().status, Generation::Status::completed);
  EXPECT_EQ(emulator.taken().size(), 1);
}

TEST(GenerateLoop, TakesUpAnOperationThatSomebodyElseOrdered) {
  const EmulatorForTest emulator;
  Bench elsewhere(emulator), here(emulator);
  const Generation ordered = elsewhere.run();
  ASSERT_EQ(ordered.status, Generation::Status::completed);
  const Generation none = here.resume(ordered.operation);
  EXPECT_EQ(exit_status(none), 2);  // where to?
  const net::HttpClient client;
  const auto backend = backend_for_test(client, Way::veo_inline, emulator.url());
  auto journal = *Journal::open(here.data());
  const generate::Hooks hooks;
  generate::ResumeOptions options;
  options.operation = ordered.operation;
  options.output = here.options.output;
  options.poll = std::chrono::milliseconds(50);
  options.validation = here.options.validation;
  const Generation generation =
      generate::resume(options, {*backend, journal, gist_for_test(), hooks, hurried()}, {});
  EXPECT_EQ(generation.status, Generation::Status::completed);
  EXPECT_EQ(generation.model, "veo-3.1-fast-generate-001");
  EXPECT_EQ(*read_file(here.options.output, 1 << 26),
            *read_file(elsewhere.options.output, 1 << 26));
}

TEST(GenerateLoop, KeepsAClipThatCannotBeDelivered) {
  const EmulatorForTest emulator;
  Bench bench(emulator);
  bench.hooks.stage = [&bench](Stage stage, const Attempt&) {
    if (stage == Stage::fetched) std::ofstream(bench.options.output) << "somebody else's";
  };
  const Generation generation = bench.run();
  EXPECT_EQ(generation.status, Generation::Status::failed);
  EXPECT_EQ(exit_status(generation), 2);
  EXPECT_THAT(generation.error->message, HasSubstr("the clip is kept"));
  EXPECT_EQ(*read_file(bench.options.output, 100), "somebody else's");
  fs::remove(bench.options.output);
  bench.hooks.stage = {};
  EXPECT_EQ(bench.resume().status, Generation::Status::completed);
  EXPECT_EQ(emulator.taken().size(), 1);
  EXPECT_EQ(bench.clips(), 0);
}

TEST(GenerateLoop, SaysWhatItDid) {
  const EmulatorForTest emulator({"filtered@1"});
  Bench bench(emulator);
  const Generation generation = bench.run();
  const auto json = nlohmann::json::parse(to_json(generation, coherence::JsonLayout::one_line));
  EXPECT_EQ(json["status"], "completed");
  EXPECT_EQ(json["output"], bench.options.output.string());
  EXPECT_EQ(json["backend"], "veo");
  EXPECT_EQ(json["model"], "veo-3.1-fast-generate-001");
  EXPECT_EQ(json["operation"], json["attempts"][1]["operation"]);
  EXPECT_EQ(json["attempts"][0]["status"], "filtered");
  EXPECT_EQ(json["attempts"][0]["cost_estimate_usd"], 0.0);
  EXPECT_EQ(json["attempts"][0]["support_codes"], nlohmann::json({58061214, 29310472}));
  EXPECT_EQ(json["attempts"][1]["status"], "passed");
  EXPECT_EQ(json["cost_estimate_usd"], 0.6);
  EXPECT_EQ(json["quality_metrics"]["frame_coherence_score"], json["report"]["overall_coherence"]);
  EXPECT_EQ(json["quality_metrics"]["frame_coherence_min"], json["report"]["min_coherence"]);
  EXPECT_EQ(json["quality_metrics"]["frame_coherence_max"], json["report"]["max_coherence"]);
  EXPECT_EQ(json["quality_metrics"]["flagged_frames_count"],
            json["report"]["flagged_frames"].size());
  EXPECT_EQ(json["quality_metrics"]["validation_passed"], json["report"]["validation_passed"]);
  EXPECT_EQ(json["report"]["schema"], "videogen.report/1");
  EXPECT_TRUE(json["error"].is_null());
}

// A run in a process of its own, which kills itself at a stage. It is forked before the emulator
// starts its threads, and told its address through a pipe.
class Doomed {
 public:
  explicit Doomed(Stage stage) {
    EXPECT_EQ(::pipe(pipe_.data()), 0);
    process_ = ::fork();
    if (process_ != 0) return;
    std::array<char, 200> address{};
    if (::read(pipe_[0], address.data(), address.size() - 1) <= 0) ::_exit(2);
    run(stage, address.data());
    ::_exit(0);
  }
  // The signal that ended it; 0: it came to its end.
  int go(const EmulatorForTest& emulator) {
    std::string all = emulator.url();
    for (const char* name : {"GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"})
      all += fmt::format("\n{}={}", name, ::getenv(name));
    EXPECT_EQ(::write(pipe_[1], all.data(), all.size()), ssize_t(all.size()));
    int status = 0;
    ::waitpid(process_, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }
  [[nodiscard]] const fs::path& folder() const { return folder_.path(); }

 private:
  void run(Stage stage, const std::string& told) const {
    std::string url = told.substr(0, told.find('\n'));
    for (auto at = told.find('\n'); at != std::string::npos;) {
      const auto end = told.find('\n', at + 1);
      const std::string line = told.substr(at + 1, end - at - 1);
      ::setenv(line.substr(0, line.find('=')).c_str(), line.substr(line.find('=') + 1).c_str(), 1);
      at = end;
    }
    const net::HttpClient client;
    const auto backend = backend_for_test(client, Way::veo_inline, url);
    auto journal = *Journal::open(folder() / "data");
    generate::Hooks hooks;
    hooks.stage = [stage](Stage now, const Attempt&) {
      if (now == stage) ::kill(::getpid(), SIGKILL);
    };
    const RunOptions options = order_for_test(Way::veo_inline, folder() / "clip.mp4");
    (void)generate::run(options, {*backend, journal, gist_for_test(), hooks, hurried()}, {});
  }

  TemporaryFolder folder_;
  std::array<int, 2> pipe_{};
  pid_t process_ = 0;
};

class Killed : public ::testing::TestWithParam<Stage> {};

TEST_P(Killed, LosesNothingAndOrdersNothingTwice) {
  const Stage stage = GetParam();
  Doomed doomed(stage);
  const EmulatorForTest emulator;
  ASSERT_EQ(doomed.go(emulator), SIGKILL);
  const fs::path output = doomed.folder() / "clip.mp4";
  EXPECT_FALSE(fs::exists(output));

  const net::HttpClient client;
  const auto backend = backend_for_test(client, Way::veo_inline, emulator.url());
  auto journal = *Journal::open(doomed.folder() / "data");
  const generate::Hooks hooks;
  const generate::Means means{*backend, journal, gist_for_test(), hooks, hurried()};
  generate::ResumeOptions options;
  options.poll = std::chrono::milliseconds(50);
  const Generation generation = generate::resume(options, means, {});
  ASSERT_EQ(generation.attempts.size(), 1);
  const std::size_t taken = emulator.taken().size();
  if (stage == Stage::journaled || stage == Stage::answered) {
    // Nobody can know; it says so, and what to do.
    EXPECT_EQ(generation.attempts.front().state, Attempt::State::lost);
    EXPECT_EQ(exit_status(generation), 4);
    EXPECT_THAT(generation.error->message, HasSubstr("console or bill"));
    EXPECT_EQ(taken, stage == Stage::journaled ? 0 : 1);
    EXPECT_FALSE(fs::exists(output));
  } else {
    EXPECT_EQ(generation.status, Generation::Status::completed)
        << to_json(generation, coherence::JsonLayout::indented);
    EXPECT_EQ(taken, 1);
    EXPECT_TRUE(media::probe(output));
  }
  // Once more there is nothing to take up.
  const Generation nothing = generate::resume(options, means, {});
  EXPECT_EQ(exit_status(nothing), 4);
  EXPECT_THAT(nothing.error->message, HasSubstr("nothing to resume"));
  EXPECT_EQ(emulator.taken().size(), taken);
}

INSTANTIATE_TEST_SUITE_P(AtEveryStage, Killed,
                         ::testing::Values(Stage::journaled, Stage::answered, Stage::submitted,
                                           Stage::polled, Stage::downloading, Stage::fetched,
                                           Stage::validated, Stage::writing));

TEST(GenerateLoop, LeavesARunAloneThatAnotherProcessWorksOn) {
  const EmulatorForTest emulator;
  Bench bench(emulator);
  Generation second;
  bench.hooks.stage = [&](Stage stage, const Attempt& attempt) {
    if (stage != Stage::submitted) return;
    // The lock is of the open file: another one of this process stands for another process.
    const net::HttpClient client;
    const auto backend = backend_for_test(client, Way::veo_inline, emulator.url());
    auto journal = *Journal::open(bench.data());
    const generate::Hooks hooks;
    generate::ResumeOptions options;
    options.operation = attempt.operation;
    second = generate::resume(options, {*backend, journal, gist_for_test(), hooks, hurried()}, {});
  };
  EXPECT_EQ(bench.run().status, Generation::Status::completed);
  EXPECT_EQ(exit_status(second), 2);
  EXPECT_THAT(second.error->message, HasSubstr("another process"));
}

}  // namespace
}  // namespace videogen::cli
