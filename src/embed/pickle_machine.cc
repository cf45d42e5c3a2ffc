#include "embed/pickle_machine_internal.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace videogen::embed::pickle {
namespace {

// Opcodes of protocol 2 that torch.save() uses for a state dict (Lib/pickletools.py).
enum Opcode : std::uint8_t {
  kMark = '(',
  kStop = '.',
  kNone = 'N',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kLong1 = 0x8a,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kBinUnicode = 'X',
  kEmptyTuple = ')',
  kTuple = 't',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kEmptyDict = '}',
  kSetItem = 's',
  kSetItems = 'u',
  kGlobal = 'c',
  kReduce = 'R',
  kBuild = 'b',
  kBinPersId = 'Q',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kProto = 0x80,
};

constexpr std::string_view kRebuildTensor = "torch._utils _rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils _rebuild_parameter";
constexpr std::string_view kOrderedDict = "collections OrderedDict";

constexpr std::array kGlobals{kRebuildTensor,
                              kRebuildParameter,
                              kOrderedDict,
                              std::string_view("torch FloatStorage"),
                              std::string_view("torch HalfStorage"),
                              std::string_view("torch BFloat16Storage"),
                              std::string_view("torch DoubleStorage"),
                              std::string_view("torch LongStorage"),
                              std::string_view("torch IntStorage"),
                              std::string_view("torch ShortStorage"),
                              std::string_view("torch CharStorage"),
                              std::string_view("torch ByteStorage"),
                              std::string_view("torch BoolStorage")};

}  // namespace

std::string Machine::describe(std::string_view fact) const {
  return fmt::format("{}: data.pkl {}", printable(path_.string()), fact);
}

Result<Ref> Machine::run() {
  while (true) {
    if (at_ == pickle_.size()) return corrupt("ends without STOP");
    const auto opcode = std::to_integer<std::uint8_t>(pickle_[at_++]);
    if (opcode == kStop) break;
    VIDEOGEN_TRY(step(opcode));
  }
  if (stack_.size() != 1 || !marks_.empty()) {
    return corrupt("leaves {} values where one is meant", stack_.size());
  }
  return stack_.back();
}

Status Machine::step(std::uint8_t opcode) {
  switch (opcode) {
    case kProto: {
      VIDEOGEN_TRY(const std::uint64_t protocol, read_unsigned(1));
      if (protocol != 2) return refuse("is of pickle protocol {}; PyTorch writes 2", protocol);
      return {};
    }
    case kMark:
      marks_.push_back(stack_.size());
      return {};
    case kNone:
      push({});
      return {};
    case kNewTrue:
    case kNewFalse:
      push({.kind = Kind::boolean, .integer = opcode == kNewTrue});
      return {};
    case kBinInt:
    case kBinInt1:
    case kBinInt2:
    case kLong1:
      return push_number(opcode);
    case kBinUnicode:
      return push_text(4);
    case kEmptyTuple:
      push({.kind = Kind::tuple});
      return {};
    case kTuple:
      return push_marked_tuple();
    case kTuple1:
      return push_tuple(1);
    case kTuple2:
      return push_tuple(2);
    case kTuple3:
      return push_tuple(3);
    case kEmptyDict:
      push({.kind = Kind::dictionary});
      return {};
    case kSetItem:
      return set_item();
    case kSetItems:
      return set_items();
    case kGlobal:
      return push_global();
    case kReduce:
      return reduce();
    case kBuild:
      return build();
    case kBinPersId:
      return push_persistent();
    case kBinPut:
      return memoize(1);
    case kLongBinPut:
      return memoize(4);
    case kBinGet:
      return recall(1);
    case kLongBinGet:
      return recall(4);
    default:
      return refuse("uses opcode 0x{:02x}, which no state dict needs", opcode);
  }
}

Status Machine::push_number(std::uint8_t opcode) {
  std::size_t bytes = opcode == kBinInt1 ? 1 : opcode == kBinInt2 ? 2 : 4;
  if (opcode == kLong1) {
    VIDEOGEN_TRY(const std::uint64_t length, read_unsigned(1));
    if (length > 8) return refuse("holds an integer of {} bytes", length);
    bytes = static_cast<std::size_t>(length);
  }
  VIDEOGEN_TRY(const std::uint64_t bits, read_unsigned(bytes));
  auto number = static_cast<std::int64_t>(bits);
  if ((opcode == kBinInt || opcode == kLong1) && bytes > 0 && bytes < 8) {
    const unsigned unused = 64U - 8U * static_cast<unsigned>(bytes);
    number = static_cast<std::int64_t>(bits << unused) >> unused;
  }
  push({.kind = Kind::integer, .integer = number});
  return {};
}

Status Machine::push_text(std::size_t length_bytes) {
  VIDEOGEN_TRY(const std::uint64_t length, read_unsigned(length_bytes));
  if (length > pickle_.size() - at_) {
    return corrupt("claims a string of {} bytes where {} are left", length, pickle_.size() - at_);
  }
  push({.kind = Kind::text,
        .text = {reinterpret_cast<const char*>(pickle_.data() + at_),
                 static_cast<std::size_t>(length)}});
  at_ += static_cast<std::size_t>(length);
  return {};
}

Status Machine::push_global() {
  const std::size_t begin = at_;
  VIDEOGEN_TRY(const std::string_view module, read_line());
  VIDEOGEN_TRY(const std::string_view name, read_line());
  std::string both = fmt::format("{} {}", module, name);
  const auto* known = std::ranges::find(kGlobals, both);
  if (known == kGlobals.end()) {
    return refuse("at byte {} names {}.{}, which no state dict needs; it was not called", begin,
                  printable(module, 100), printable(name, 100));
  }
  push({.kind = Kind::global, .text = *known});
  return {};
}

Status Machine::push_tuple(std::size_t items) {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() - floor < items) return corrupt("makes a tuple of values that are not there");
  Value tuple{.kind = Kind::tuple};
  tuple.items.assign(stack_.end() - static_cast<std::ptrdiff_t>(items), stack_.end());
  stack_.resize(stack_.size() - items);
  push(std::move(tuple));
  return {};
}

Status Machine::push_marked_tuple() {
  VIDEOGEN_TRY(std::vector<Ref> items, pop_to_mark());
  push({.kind = Kind::tuple, .items = std::move(items)});
  return {};
}

Status Machine::push_persistent() {
  VIDEOGEN_TRY(const Ref id, pop());
  const auto& items = values_[id].items;
  if (values_[id].kind != Kind::tuple || items.size() != 5 ||
      values_[items[0]].kind != Kind::text || values_[items[0]].text != "storage" ||
      values_[items[1]].kind != Kind::global || !values_[items[1]].text.ends_with("Storage") ||
      values_[items[2]].kind != Kind::text || values_[items[4]].kind != Kind::integer) {
    return refuse("refers to something that is no storage");
  }
  Value storage{.kind = Kind::storage, .items = items};
  push(std::move(storage));
  return {};
}

Status Machine::memoize(std::size_t index_bytes) {
  VIDEOGEN_TRY(const std::uint64_t index, read_unsigned(index_bytes));
  if (stack_.empty()) return corrupt("remembers a value that is not there");
  memo_[static_cast<std::uint32_t>(index)] = stack_.back();
  return {};
}

Status Machine::recall(std::size_t index_bytes) {
  VIDEOGEN_TRY(const std::uint64_t index, read_unsigned(index_bytes));
  const auto found = memo_.find(static_cast<std::uint32_t>(index));
  if (found == memo_.end()) return corrupt("recalls value {}, which it never stored", index);
  stack_.push_back(found->second);
  return {};
}

Status Machine::set_item() {
  VIDEOGEN_TRY(const Ref value, pop());
  VIDEOGEN_TRY(const Ref key, pop());
  if (stack_.empty() || values_[stack_.back()].kind != Kind::dictionary) {
    return corrupt("sets an item of something that is no dict");
  }
  auto& items = values_[stack_.back()].items;
  items.push_back(key);
  items.push_back(value);
  return {};
}

Status Machine::set_items() {
  VIDEOGEN_TRY(const std::vector<Ref> pairs, pop_to_mark());
  if (pairs.size() % 2 != 0) return corrupt("sets a key without a value");
  if (stack_.empty() || values_[stack_.back()].kind != Kind::dictionary) {
    return corrupt("sets items of something that is no dict");
  }
  auto& items = values_[stack_.back()].items;
  items.insert(items.end(), pairs.begin(), pairs.end());
  return {};
}

// A state dict is an OrderedDict with one attribute, _metadata (versions of modules); the
// tensors don't depend on it.
Status Machine::build() {
  VIDEOGEN_TRY(const Ref state, pop());
  if (stack_.empty() || values_[stack_.back()].kind != Kind::dictionary ||
      values_[state].kind != Kind::dictionary) {
    return refuse("sets the state of something that is no OrderedDict");
  }
  return {};
}

Status Machine::reduce() {
  VIDEOGEN_TRY(const Ref arguments, pop());
  VIDEOGEN_TRY(const Ref function, pop());
  if (values_[function].kind != Kind::global || values_[arguments].kind != Kind::tuple) {
    return refuse("calls something that is no function");
  }
  VIDEOGEN_TRY(const Ref result, call(values_[function].text, arguments));
  stack_.push_back(result);
  return {};
}

Result<Ref> Machine::call(std::string_view function, Ref arguments) {
  const auto& items = values_[arguments].items;
  if (function == kOrderedDict && items.empty()) {
    values_.push_back({.kind = Kind::dictionary});
  } else if (function == kRebuildTensor && (items.size() == 6 || items.size() == 7)) {
    Value tensor{.kind = Kind::tensor, .items = items};
    values_.push_back(std::move(tensor));
  } else if (function == kRebuildParameter && items.size() == 3 &&
             values_[items[0]].kind == Kind::tensor) {
    return items[0];
  } else {
    std::string dotted(function);
    std::ranges::replace(dotted, ' ', '.');
    return refuse("calls {} with {} arguments, as no state dict does", dotted, items.size());
  }
  return static_cast<Ref>(values_.size() - 1);
}

void Machine::push(Value value) {
  values_.push_back(std::move(value));
  stack_.push_back(static_cast<Ref>(values_.size() - 1));
}

Result<Ref> Machine::pop() {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) return corrupt("takes a value from an empty stack");
  const Ref top = stack_.back();
  stack_.pop_back();
  return top;
}

Result<std::vector<Ref>> Machine::pop_to_mark() {
  if (marks_.empty()) return corrupt("looks for a mark that is not there");
  std::vector<Ref> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  return items;
}

Result<std::uint64_t> Machine::read_unsigned(std::size_t bytes) {
  if (bytes > pickle_.size() - at_) return corrupt("breaks off at byte {}", pickle_.size());
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    value |= std::to_integer<std::uint64_t>(pickle_[at_ + i]) << (8 * i);
  }
  at_ += bytes;
  return value;
}

Result<std::string_view> Machine::read_line() {
  const std::string_view rest(reinterpret_cast<const char*>(pickle_.data() + at_),
                              pickle_.size() - at_);
  const std::size_t length = rest.find('\n');
  if (length == std::string_view::npos) return corrupt("breaks off in a name");
  at_ += length + 1;
  return rest.substr(0, length);
}

}  // namespace videogen::embed::pickle
