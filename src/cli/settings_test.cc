#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/settings_internal.h"

namespace videogen::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Settings : public testing::Test {
 protected:
  Settings() {
    command_.add_option("--threshold", threshold_);
    command_.add_option("--defect", defects_)->allow_extra_args(false);
    auto* single = command_.add_flag("--single", single_);
    command_.add_flag("--multi", multi_)->excludes(single);
    command_.add_flag("--force", force_);
  }
  void TearDown() override { std::filesystem::remove(file_); }

  Result<std::set<std::string>> apply(const std::string& text,
                                      std::vector<std::string> flags = {}) {
    std::ofstream(file_) << text;
    command_.parse(std::move(flags));
    return apply_file(file_, {"validate", "embed"}, "validate", command_);
  }
  std::string refusal(const std::string& text) {
    const auto applied = apply(text);
    if (applied) return "accepted";
    EXPECT_THAT(applied.error().message, HasSubstr(file_.string()));
    return std::string(name(applied.error().code)) +
           applied.error().message.substr(file_.string().size());
  }

  std::filesystem::path file_ = std::filesystem::path(testing::TempDir()) /
                                ("settings." + std::to_string(::getpid()) + ".toml");
  CLI::App command_{"", "validate"};
  std::string threshold_ = "0.85";
  std::vector<std::string> defects_;
  bool single_ = false, multi_ = false, force_ = false;
};

TEST_F(Settings, FillInWhatTheCommandLineLeavesOpen) {
  const auto applied = apply(
      "[embed]\nfps = 3\n[validate]\nthreshold = 0.9  # strict\nmulti = true\n"
      "defect = ['cut@1', 'flash@2']\n");
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(threshold_, "0.9");
  EXPECT_TRUE(multi_);
  EXPECT_THAT(defects_, ElementsAre("cut@1", "flash@2"));
  EXPECT_THAT(*applied, ElementsAre("defect", "multi", "threshold"));
}

TEST_F(Settings, GiveWayToFlags) {
  ASSERT_TRUE(apply("[validate]\nthreshold = 0.9\nmulti = true\n",
                    {"--single", "0.5", "--threshold"}));  // in reverse, as CLI11 parses
  EXPECT_EQ(threshold_, "0.5");
  EXPECT_TRUE(single_);
  EXPECT_FALSE(multi_);
}

TEST_F(Settings, KeepTextAndNumbersAsTheyWouldBeTyped) {
  ASSERT_TRUE(apply("[validate]\nthreshold = '30000/1001'\n"));
  EXPECT_EQ(threshold_, "30000/1001");
}

TEST_F(Settings, AreRefusedWithFileAndLine) {
  EXPECT_THAT(refusal("[validate]\nthreshold = = 1\n"), HasSubstr("corrupt:2: "));
  EXPECT_EQ(refusal("[validate]\n\ntreshold = 1\n"),
            "usage:3: validate has no flag treshold (did you mean threshold?)");
  EXPECT_EQ(refusal("[vaildate]\n"), "usage:1: no verb vaildate (did you mean validate?)");
  EXPECT_EQ(refusal("validate = 1\n"), "usage:1: validate must be a table of flags: [validate]");
  EXPECT_EQ(refusal("[validate]\nmulti = 1\n"), "usage:2: multi must be true or false");
  EXPECT_EQ(refusal("[validate]\nthreshold = true\n"),
            "usage:2: threshold must be a string or a number");
  EXPECT_EQ(refusal("[validate]\nthreshold = [1, 2]\n"),
            "usage:2: threshold must be a string or a number");
  EXPECT_EQ(refusal("[validate]\nforce = true\n"), "usage:2: validate has no flag force");
}

TEST_F(Settings, SayThatAFileIsMissing) {
  const auto applied = apply_file("/nowhere/settings.toml", {"validate"}, "validate", command_);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace videogen::cli
