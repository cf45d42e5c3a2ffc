#include <gtest/gtest.h>

#include "coherence/html_text_internal.h"

namespace videogen::coherence {
namespace {

TEST(HtmlText, LeavesNoMarkupInText) {
  EXPECT_EQ(html_text(R"(<img src="x" onerror='a&b'>)"),
            "&lt;img src=&quot;x&quot; onerror=&#39;a&amp;b&#39;&gt;");
  EXPECT_EQ(html_text("caf\xe9\n\x1b"), "caf\\xe9\\x0a\\x1b");
  EXPECT_EQ(html_text("münchen 東京"), "münchen 東京");
}

TEST(ScriptText, CannotEndItsElement) {
  EXPECT_EQ(script_text(R"({"a":"</script><!--"})"), R"({"a":"\u003c/script>\u003c!--"})");
}

TEST(PathUrl, IsARelativeUrlForAnyName) {
  EXPECT_EQ(path_url("clip.mp4"), "./clip.mp4");
  EXPECT_EQ(path_url("javascript:alert(1)"), "./javascript%3Aalert%281%29");
  EXPECT_EQ(path_url("../a b/100%#?.mp4"), "../a%20b/100%25%23%3F.mp4");
  EXPECT_EQ(path_url("caf\xe9\".mp4"), "./caf%E9%22.mp4");
  EXPECT_EQ(path_url("/tmp/x.mp4"), "/tmp/x.mp4");
}

TEST(Filled, PutsValuesInPlaceAndSearchesNoneOfThem) {
  EXPECT_EQ(filled("<{{a}}>{{b}}{{a}}", {{"a", "{{b}}"}, {"b", "2"}}), "<{{b}}>2{{b}}");
  EXPECT_EQ(filled("nothing", {}), "nothing");
  EXPECT_THROW((void)filled("{{c}}", {{"a", "1"}}), std::logic_error);
  EXPECT_THROW((void)filled("{{a", {{"a", "1"}}), std::logic_error);
}

// echo -n "alert('Hello, world.');" | openssl dgst -sha256 -binary | openssl base64 -A
TEST(PolicyHash, IsWhatBrowsersCompute) {
  EXPECT_EQ(policy_hash("alert('Hello, world.');"),
            "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
}

}  // namespace
}  // namespace videogen::coherence
