#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "embed/pickle_internal.h"
#include "embed/pickle_machine_internal.h"

namespace videogen::embed {
namespace {

using pickle::Kind;
using pickle::Machine;
using pickle::Ref;
using pickle::Value;

constexpr std::size_t kMaxRank = 8;
constexpr std::size_t kMaxKeyLength = 20;

struct StorageClass {
  std::string_view name;
  std::int64_t bytes;
  ElementType type;
};

constexpr std::array kStorageClasses{StorageClass{"torch FloatStorage", 4, ElementType::f32},
                                     StorageClass{"torch HalfStorage", 2, ElementType::f16},
                                     StorageClass{"torch BFloat16Storage", 2, ElementType::bf16},
                                     StorageClass{"torch DoubleStorage", 8, ElementType::other},
                                     StorageClass{"torch LongStorage", 8, ElementType::other},
                                     StorageClass{"torch IntStorage", 4, ElementType::other},
                                     StorageClass{"torch ShortStorage", 2, ElementType::other},
                                     StorageClass{"torch CharStorage", 1, ElementType::other},
                                     StorageClass{"torch ByteStorage", 1, ElementType::other},
                                     StorageClass{"torch BoolStorage", 1, ElementType::other}};

// Counts: a tuple of numbers that are not negative.
std::optional<Shape> counts(const Machine& machine, const Value& tuple) {
  if (tuple.kind != Kind::tuple || tuple.items.size() > kMaxRank) return std::nullopt;
  Shape shape;
  for (const Ref item : tuple.items) {
    const Value& number = machine.at(item);
    if (number.kind != Kind::integer || number.integer < 0) return std::nullopt;
    shape.push_back(number.integer);
  }
  return shape;
}

// Elements from the storage's begin that the view needs; nullopt if that overflows.
std::optional<std::int64_t> reach(const PickledTensor& tensor) {
  if (std::ranges::find(tensor.shape, 0) != tensor.shape.end()) return 0;
  std::int64_t last = tensor.offset;
  std::int64_t elements = 1;
  for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) {
    std::int64_t span = 0;
    if (__builtin_mul_overflow(tensor.shape[axis] - 1, tensor.strides[axis], &span) ||
        __builtin_add_overflow(last, span, &last) ||
        __builtin_mul_overflow(elements, tensor.shape[axis], &elements)) {
      return std::nullopt;
    }
  }
  // Strides of zero could name more elements than any file holds.
  if (elements > tensor.storage_elements) return std::nullopt;
  return last == INT64_MAX ? std::nullopt : std::optional(last + 1);
}

Result<PickledTensor> describe(const Machine& machine, std::string_view name, const Value& value) {
  const std::string shown = printable(name, 200);
  const auto arg = [&](std::size_t i) -> const Value& { return machine.at(value.items[i]); };
  if (arg(0).kind != Kind::storage || arg(1).kind != Kind::integer) {
    return machine.corrupt("makes tensor {} of something that is no storage", shown);
  }
  const auto& storage = arg(0).items;  // ("storage", class, key, device, elements)
  const auto* known =
      std::ranges::find(kStorageClasses, machine.at(storage[1]).text, &StorageClass::name);
  VIDEOGEN_CHECK(known != kStorageClasses.end(), "the machine lets only these through");

  PickledTensor tensor;
  tensor.type = known->type;
  tensor.element_bytes = known->bytes;
  tensor.storage_key = machine.at(storage[2]).text;
  tensor.storage_elements = machine.at(storage[4]).integer;
  tensor.offset = arg(1).integer;
  if (tensor.storage_key.empty() || tensor.storage_key.size() > kMaxKeyLength ||
      tensor.storage_key.find_first_not_of("0123456789") != std::string::npos) {
    return machine.corrupt("takes tensor {} from the storage {}, which is no number", shown,
                           printable(tensor.storage_key, 60));
  }
  auto shape = counts(machine, arg(2));
  auto strides = counts(machine, arg(3));
  if (!shape || !strides || shape->size() != strides->size()) {
    return machine.corrupt("gives tensor {} no proper shape and strides", shown);
  }
  tensor.shape = *std::move(shape);
  tensor.strides = *std::move(strides);
  const auto needed = reach(tensor);
  if (tensor.offset < 0 || tensor.storage_elements < 0 || !needed ||
      *needed > tensor.storage_elements) {
    return machine.corrupt(
        "lets tensor {} of shape {}, strides {}, offset {} leave its storage "
        "of {} elements",
        shown, to_string(tensor.shape), to_string(tensor.strides), tensor.offset,
        tensor.storage_elements);
  }
  return tensor;
}

}  // namespace

Result<std::map<std::string, PickledTensor>> read_state_dict(std::span<const std::byte> pickle,
                                                             const std::filesystem::path& path) {
  Machine machine(pickle, path);
  VIDEOGEN_TRY(const Ref top, machine.run());
  const Value& dictionary = machine.at(top);
  if (dictionary.kind != Kind::dictionary) {
    return machine.refuse("holds no state dict at its top");
  }
  std::map<std::string, PickledTensor> tensors;
  for (std::size_t i = 0; i < dictionary.items.size(); i += 2) {
    const Value& key = machine.at(dictionary.items[i]);
    const Value& value = machine.at(dictionary.items[i + 1]);
    if (key.kind != Kind::text) return machine.refuse("has a key that is no text");
    if (value.kind != Kind::tensor) {
      return machine.refuse("has an entry {} that is no tensor", printable(key.text, 200));
    }
    VIDEOGEN_TRY(PickledTensor tensor, describe(machine, key.text, value));
    tensors.insert_or_assign(std::string(key.text), std::move(tensor));
  }
  return tensors;
}

}  // namespace videogen::embed
