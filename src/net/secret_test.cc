#include "net/secret.h"

#include <concepts>
#include <sstream>
#include <type_traits>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace videogen::net {
namespace {

template <class T>
concept Streams = requires(std::ostream& out, const T& value) { out << value; };

// A slip that would print one does not compile.
static_assert(!Streams<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::convertible_to<Secret, std::string>);
static_assert(!std::convertible_to<Secret, std::string_view>);

TEST(Secret, KeepsItsTextAndSharesIt) {
  const Secret secret("a token");
  const Secret copy = secret;
  EXPECT_EQ(copy.reveal(), "a token");
  EXPECT_EQ(copy.reveal().data(), secret.reveal().data());
  EXPECT_TRUE(copy == secret);
  EXPECT_FALSE(copy == Secret("another"));
  EXPECT_TRUE(Secret().empty());
  EXPECT_EQ(Secret(std::string(100'000, 'x')).reveal().size(), 100'000u);
}

TEST(Secret, WipesWhereItCameFrom) {
  std::string text = "a token that is longer than a short string";
  const char* was = text.data();
  const std::size_t size = text.size();
  const Secret secret = Secret::taken_from(text);
  EXPECT_EQ(std::string(was, size), std::string(size, '\0'));
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(secret.reveal(), "a token that is longer than a short string");
}

}  // namespace
}  // namespace videogen::net
