#include "net/router.h"

#include <gmock/gmock.h>

#include "net/form.h"

namespace videogen::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ServerRequest request(std::string method, std::string path) {
  ServerRequest made;
  made.method = std::move(method);
  made.segments = decoded_segments(path);
  made.path = std::move(path);
  return made;
}

class Routes : public testing::Test {
 protected:
  Routes() {
    const auto action = [](const ServerRequest&, const PathValues&) { return ServerResponse{}; };
    router_.add("GET", "/v1/videos", action);
    router_.add("GET", "/v1/videos/{id}", action);
    router_.add("DELETE", "/v1/videos/{id}", action);
    router_.add("POST", "/models/{model}:predict", action);
    router_.add("GET", "/b/{bucket}/o/{object...}", action);
  }
  Router router_;
};

TEST_F(Routes, MatchBySegment) {
  EXPECT_NE(router_.find(request("GET", "/v1/videos")).action, nullptr);
  EXPECT_EQ(router_.find(request("GET", "/v1/videos/7")).values["id"], "7");
  EXPECT_EQ(router_.find(request("POST", "/models/veo-3.1:predict")).values["model"], "veo-3.1");
  const auto object = router_.find(request("GET", "/b/my%20b/o/a%2Fb/c"));
  EXPECT_EQ(object.values["bucket"], "my b");
  EXPECT_EQ(object.values["object"], "a/b/c");
}

TEST_F(Routes, DoNotMatchWhatIsEmptyOrLonger) {
  for (const char* path : {"/", "", "/v1", "/v1/videos/", "/v1/videos/7/x", "/models/:predict",
                           "/models/x:other", "/b/x/o", "/b/x/o/"}) {
    const auto found = router_.find(request("GET", path));
    EXPECT_EQ(found.action, nullptr) << path;
    EXPECT_THAT(found.allowed, IsEmpty()) << path;
  }
}

TEST_F(Routes, CanAskForAParameterOfTheQuery) {
  Router router;
  int which = 0;
  const auto sets = [&which](int value) {
    return [&which, value](const ServerRequest&, const PathValues&) {
      which = value;
      return ServerResponse{};
    };
  };
  router.add("GET", "/o/{name}?alt=media", sets(1));
  router.add("GET", "/o/{name}", sets(2));
  ServerRequest asked = request("GET", "/o/x");
  (*router.find(asked).action)(asked, {});
  EXPECT_EQ(which, 2);
  asked.query = parse_form("a=b&alt=media");
  (*router.find(asked).action)(asked, {});
  EXPECT_EQ(which, 1);
}

TEST_F(Routes, AnswerHeadAndNameWhatIsAllowed) {
  EXPECT_NE(router_.find(request("HEAD", "/v1/videos/7")).action, nullptr);
  const auto put = router_.find(request("PUT", "/v1/videos/7"));
  EXPECT_EQ(put.action, nullptr);
  EXPECT_THAT(put.allowed, ElementsAre("GET", "HEAD", "DELETE"));
}

TEST(Form, DecodesAndEncodes) {
  EXPECT_EQ(percent_decoded("a%2Fb%2fc%zz%4"), "a/b/c%zz%4");
  EXPECT_EQ(percent_encoded("a/b ü~"), "a%2Fb%20%C3%BC~");
  EXPECT_EQ(percent_decoded(percent_encoded(std::string("\0\xff%+", 4))),
            std::string("\0\xff%+", 4));
  EXPECT_THAT(decoded_segments("/a//b%2F"), ElementsAre("a", "", "b/"));
}

TEST(Form, FindsParametersOfHeaders) {
  const std::string_view header = R"(form-data; name="a;b\"c"; filename=x.png ;z)";
  EXPECT_EQ(header_parameter(header, "NAME"), "a;b\"c");
  EXPECT_EQ(header_parameter(header, "filename"), "x.png");
  EXPECT_EQ(header_parameter(header, "z"), std::nullopt);
  EXPECT_EQ(header_parameter("text/plain", "charset"), std::nullopt);
  EXPECT_EQ(media_type("Application/JSON ; charset=utf-8"), "application/json");
}

}  // namespace
}  // namespace videogen::net
