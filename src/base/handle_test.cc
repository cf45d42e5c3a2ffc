#include "base/handle.h"

#include <utility>

#include <gtest/gtest.h>

namespace videogen {
namespace {

struct Thing {};

// What the last free function was given.
const void* freed = nullptr;

void free_thing(Thing* thing) { freed = thing; }
void free_and_clear_thing(Thing** thing) {
  freed = *thing;
  *thing = nullptr;
}
void free_anything(void* thing) { freed = thing; }
void free_and_clear_anything(void** thing) {
  freed = *thing;
  *thing = nullptr;
}

template <class T, auto Free>
const void* what_is_freed(T* thing) {
  { const Handle<T, Free> handle(thing); }
  return std::exchange(freed, nullptr);
}

TEST(Handle, FreesThePointerThroughEitherKindOfFunction) {
  Thing thing;
  EXPECT_EQ((what_is_freed<Thing, free_thing>(&thing)), &thing);
  EXPECT_EQ((what_is_freed<Thing, free_and_clear_thing>(&thing)), &thing);
}

TEST(Handle, IsNotDeceivedByVoidPointersThatTakeBoth) {
  Thing thing;
  EXPECT_EQ((what_is_freed<Thing, free_anything>(&thing)), &thing);
  EXPECT_EQ((what_is_freed<void, free_anything>(&thing)), &thing);
  EXPECT_EQ((what_is_freed<void, free_and_clear_anything>(&thing)), &thing);
}

}  // namespace
}  // namespace videogen
