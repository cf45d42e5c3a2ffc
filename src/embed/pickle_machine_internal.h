// The stack machine under read_state_dict(): opcodes in, values out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"

namespace videogen::embed::pickle {

// Values refer to each other by index, so nothing is copied however often it is shared, and
// nothing recurses.
using Ref = std::uint32_t;

enum class Kind {
  none,
  boolean,
  integer,
  text,
  tuple,
  dictionary,  // dict and collections.OrderedDict
  global,      // a known class or function, by name
  storage,     // ("storage", class, key, device, elements)
  tensor,      // arguments of torch._utils._rebuild_tensor_v2
};

struct Value {
  Kind kind = Kind::none;
  std::int64_t integer = 0;  // integer, boolean
  std::string_view text{};   // text, global: into the pickle
  std::vector<Ref> items{};  // tuple, storage, tensor; dictionary: key, value, key, …
};

// Runs a pickle to its STOP. Views in the values live as long as the pickle's bytes.
class Machine {
 public:
  Machine(std::span<const std::byte> pickle, const std::filesystem::path& path)
      : pickle_(pickle), path_(path) {}

  // The value that is left. Errors: as read_state_dict.
  Result<Ref> run();
  [[nodiscard]] const Value& at(Ref ref) const { return values_[ref]; }

  template <class... Args>
  auto corrupt(fmt::format_string<Args...> format, Args&&... args) const {
    return fail(ErrorCode::corrupt, describe(fmt::format(format, std::forward<Args>(args)...)));
  }
  template <class... Args>
  auto refuse(fmt::format_string<Args...> format, Args&&... args) const {
    return fail(ErrorCode::unsupported, describe(fmt::format(format, std::forward<Args>(args)...)));
  }

 private:
  std::string describe(std::string_view fact) const;
  Status step(std::uint8_t opcode);
  Status push_number(std::uint8_t opcode);
  Status push_text(std::size_t length_bytes);
  Status push_global();
  Status push_tuple(std::size_t items);
  Status push_marked_tuple();
  Status push_persistent();
  Status memoize(std::size_t index_bytes);
  Status recall(std::size_t index_bytes);
  Status set_item();
  Status set_items();
  Status build();
  Status reduce();
  Result<Ref> call(std::string_view function, Ref arguments);

  void push(Value value);
  Result<Ref> pop();
  Result<std::vector<Ref>> pop_to_mark();
  Result<std::uint64_t> read_unsigned(std::size_t bytes);
  Result<std::string_view> read_line();

  std::span<const std::byte> pickle_;
  const std::filesystem::path& path_;
  std::size_t at_ = 0;
  std::vector<Value> values_;
  std::vector<Ref> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::unordered_map<std::uint32_t, Ref> memo_;
};

}  // namespace videogen::embed::pickle
