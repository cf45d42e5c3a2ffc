#include <zip.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "embed/pickle_internal.h"
#include "embed/safetensors_internal.h"
#include "embed/test_folder_internal.h"
#include "embed/torch_archive_internal.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

// Pieces of a pickle. Lengths are of one byte, so names stay short.
std::string text(std::string_view value) {
  return std::string("X") + static_cast<char>(value.size()) + std::string(3, '\0') +
         std::string(value);
}
std::string global(std::string_view module, std::string_view name) {
  return fmt::format("c{}\n{}\n", module, name);
}
std::string number(int value) {
  std::string out = "J";
  for (int shift = 0; shift < 32; shift += 8) {
    out += static_cast<char>((static_cast<unsigned>(value) >> shift) & 255U);
  }
  return out;
}
std::string tuple(std::initializer_list<std::string> items) {
  std::string out = "(";
  for (const std::string& item : items) out += item;
  return out + "t";
}

struct TensorPickle {
  std::string storage_class = "FloatStorage";
  std::string key = "0";
  int elements = 6;
  int offset = 0;
  std::string shape = tuple({number(2), number(3)});
  std::string strides = tuple({number(3), number(1)});

  [[nodiscard]] std::string make() const {
    return global("torch._utils", "_rebuild_tensor_v2") +
           tuple({tuple({text("storage"), global("torch", storage_class), text(key), text("cpu"),
                         number(elements)}) +
                      "Q",
                  number(offset), shape, strides, "\x89",
                  global("collections", "OrderedDict") + ")R"}) +
           "R";
  }
};

std::string state_dict(const std::string& entries) { return "\x80\x02}(" + entries + "u."; }
std::string one_tensor(const TensorPickle& tensor) { return state_dict(text("w") + tensor.make()); }

TEST(Pickle, DescribesTheTensorsThatPyTorchWrote) {
  const std::string pickle = read_text(golden_clip() / "pickle" / "data.pkl");
  const auto tensors = read_state_dict(bytes(pickle), "p");
  ASSERT_TRUE(tensors.has_value()) << tensors.error().message;
  // 78 weights and two buffers of position ids.
  ASSERT_EQ(tensors->size(), 80U);
  const PickledTensor& words = tensors->at("text_model.embeddings.token_embedding.weight");
  EXPECT_EQ(words.shape, (Shape{2514, 32}));
  EXPECT_EQ(words.strides, (Shape{32, 1}));
  EXPECT_EQ(words.storage_key, "1");
  EXPECT_EQ(words.storage_elements, 80448);
  EXPECT_EQ(words.type, ElementType::f32);
  EXPECT_EQ(tensors->at("text_model.embeddings.position_ids").type, ElementType::other);
}

TEST(Pickle, KeepsOffsetsAndStrides) {
  TensorPickle transposed;
  transposed.storage_class = "BFloat16Storage";
  transposed.elements = 10;
  transposed.offset = 4;
  transposed.strides = tuple({number(1), number(2)});
  const auto tensors = read_state_dict(bytes(one_tensor(transposed)), "p");
  ASSERT_TRUE(tensors.has_value()) << tensors.error().message;
  EXPECT_EQ(tensors->at("w").offset, 4);
  EXPECT_EQ(tensors->at("w").strides, (Shape{1, 2}));
  EXPECT_EQ(tensors->at("w").type, ElementType::bf16);
}

TEST(Pickle, ReadsAnOrderedDictWithMetadata) {
  // What state_dict() gives: OrderedDict(), items, and BUILD with {"_metadata": …}.
  const std::string pickle = "\x80\x02" + global("collections", "OrderedDict") + ")R(" + text("w") +
                             TensorPickle().make() + "u}" + text("_metadata") + "}sb.";
  const auto tensors = read_state_dict(bytes(pickle), "p");
  ASSERT_TRUE(tensors.has_value()) << tensors.error().message;
  EXPECT_TRUE(tensors->contains("w"));
}

TEST(Pickle, UnwrapsParameters) {
  const std::string pickle = state_dict(
      text("w") + global("torch._utils", "_rebuild_parameter") +
      tuple({TensorPickle().make(), "\x88", global("collections", "OrderedDict") + ")R"}) + "R");
  const auto tensors = read_state_dict(bytes(pickle), "p");
  ASSERT_TRUE(tensors.has_value()) << tensors.error().message;
  EXPECT_EQ(tensors->at("w").shape, (Shape{2, 3}));
}

struct Bad {
  std::string pickle;
  const char* fact;
};

TEST(Pickle, RefusesByNameWhatNoStateDictNeeds) {
  const std::vector<Bad> cases{
      // The classic: os.system("…") through REDUCE.
      {"\x80\x02" + global("posix", "system") + tuple({text("touch /tmp/owned")}) + "R.",
       "posix.system"},
      {"\x80\x02" + global("builtins", "eval") + ".", "builtins.eval"},
      {"\x80\x02" + global("torch._utils", "_rebuild_tensor") + ".", "_rebuild_tensor"},
      {"\x80\x02" + global("torch", "QInt8Storage") + ".", "torch.QInt8Storage"},
      {"\x80\x02" + global("a\x1b[31m", "b") + ".", "a\\x1b[31m.b"},
      {"\x80\x04.", "protocol 4"},
      {"\x80\x02\x81.", "opcode 0x81"},  // NEWOBJ
      {"\x80\x02\x93.", "opcode 0x93"},  // STACK_GLOBAL
      {"\x80\x02i", "opcode 0x69"},      // INST
      {"\x80\x02" + global("collections", "OrderedDict") + tuple({number(1)}) + "R.",
       "collections.OrderedDict with 1 arguments"},
      {"\x80\x02" + global("torch", "FloatStorage") + ")R.", "torch.FloatStorage with 0"},
      {"\x80\x02}}R.", "no function"},
      {"\x80\x02)Q.", "no storage"},
      {"\x80\x02N.", "no state dict"},
      {state_dict(text("w") + "N"), "entry w that is no tensor"},
      {state_dict("N" + TensorPickle().make()), "key that is no text"},
      {"\x80\x02N}b.", "no OrderedDict"},
  };
  for (const Bad& bad : cases) {
    const auto tensors = read_state_dict(bytes(bad.pickle), "model.bin");
    ASSERT_FALSE(tensors.has_value()) << bad.fact;
    EXPECT_EQ(tensors.error().code, ErrorCode::unsupported) << bad.fact;
    EXPECT_THAT(tensors.error().message, HasSubstr(bad.fact));
    EXPECT_THAT(tensors.error().message, HasSubstr("model.bin"));
  }
}

TEST(Pickle, RefusesViewsThatLeaveTheirStorage) {
  std::vector<TensorPickle> cases(9);
  cases[0].elements = 5;
  cases[1].offset = 1;
  cases[2].offset = -1;
  cases[3].strides = tuple({number(4), number(1)});
  cases[4].strides = tuple({number(-3), number(1)});
  cases[5].shape = tuple({number(2)});
  cases[6].elements = -1;
  cases[7].shape = tuple({number(0x7fffffff), number(0x7fffffff)});
  cases[7].strides = tuple({number(0), number(0)});
  cases[8].key = "../../etc/passwd";
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto tensors = read_state_dict(bytes(one_tensor(cases[i])), "p");
    ASSERT_FALSE(tensors.has_value()) << i;
    EXPECT_EQ(tensors.error().code, ErrorCode::corrupt) << i;
  }
}

TEST(Pickle, SurvivesEveryTruncation) {
  const std::string pickle = one_tensor({});
  for (std::size_t length = 0; length < pickle.size(); ++length) {
    EXPECT_FALSE(read_state_dict(bytes(std::string_view(pickle).substr(0, length)), "p")) << length;
  }
}

TEST(Pickle, SurvivesStackAbuse) {
  for (const std::string body : {".", "t.", "(.", "\x85.", "u.", "s.", "R.", "Q.", "b.", "q\x01.",
                                 "h\x01.", "}(Nu.", "N(\x85.", "}(N\x86.", "NN."}) {
    EXPECT_FALSE(read_state_dict(bytes("\x80\x02" + body), "p").has_value()) << body;
  }
}

// The archive of tiny-quick-gelu-bin, put together from its pickle and the same weights.
class TorchArchiveTest : public testing::Test {
 protected:
  struct Entry {
    std::string name;
    std::string data;
  };

  void SetUp() override {
    const std::string pickle = read_text(golden_clip() / "pickle" / "data.pkl");
    weights_ = read_text(golden_clip() / "tiny-quick-gelu" / "model.safetensors");
    const auto views = parse_safetensors(bytes(weights_), "w").value();
    entries_ = {{"m/data.pkl", pickle}, {"m/byteorder", "little"}, {"m/version", "3\n"}};
    const auto tensors = read_state_dict(bytes(pickle), "p").value();
    for (const auto& [name, tensor] : tensors) {
      std::string data(static_cast<std::size_t>(tensor.storage_elements * tensor.element_bytes),
                       '\0');
      if (const auto view = views.find(name); view != views.end()) {
        data.assign(reinterpret_cast<const char*>(view->second.storage.data()),
                    view->second.storage.size());
      }
      entries_.push_back({"m/data/" + tensor.storage_key, std::move(data)});
    }
  }

  fs::path write(zip_int32_t method = ZIP_CM_STORE) const {
    const fs::path path = folder_.path() / "pytorch_model.bin";
    fs::remove(path);
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE, nullptr);
    for (const Entry& entry : entries_) {
      zip_source_t* source = zip_source_buffer(archive, entry.data.data(), entry.data.size(), 0);
      const auto index = zip_file_add(archive, entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
      zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 0);
    }
    EXPECT_EQ(zip_close(archive), 0);
    return path;
  }

  static std::string refusal(const fs::path& path) {
    const std::string content = read_text(path);
    const auto archive = TorchArchive::open(bytes(content), path);
    if (!archive) return archive.error().message;
    for (const auto& [name, tensor] : archive->tensors()) {
      if (tensor.type == ElementType::other) continue;
      if (const auto values = archive->read(tensor); !values) return values.error().message;
    }
    return "accepted";
  }

  TemporaryFolder folder_;
  std::string weights_;
  std::vector<Entry> entries_;
};

TEST_F(TorchArchiveTest, GivesTheSameElementsAsSafetensors) {
  const std::string content = read_text(write());
  const auto archive = TorchArchive::open(bytes(content), "a.bin");
  ASSERT_TRUE(archive.has_value()) << archive.error().message;
  const auto views = parse_safetensors(bytes(weights_), "w").value();
  ASSERT_FALSE(views.empty());
  for (const auto& [name, view] : views) {
    const auto values = archive->read(archive->tensors().at(name));
    ASSERT_TRUE(values.has_value()) << values.error().message;
    EXPECT_EQ(*values, to_floats(view)) << name;
  }
}

TEST_F(TorchArchiveTest, RefusesWhatPyTorchNeverWrites) {
  EXPECT_THAT(refusal(write(ZIP_CM_DEFLATE)), HasSubstr("compressed"));
  entries_[1].data = "big";
  EXPECT_THAT(refusal(write()), HasSubstr("not little-endian"));
}

TEST_F(TorchArchiveTest, RefusesStoragesOfAnotherSize) {
  entries_.back().data.pop_back();
  EXPECT_THAT(refusal(write()), HasSubstr("elements of 4 bytes are claimed"));
  entries_.pop_back();
  EXPECT_THAT(refusal(write()), HasSubstr("has no entry m/data/"));
}

TEST_F(TorchArchiveTest, NoticesDamage) {
  const fs::path path = write();
  std::string content = read_text(path);
  const std::size_t place = content.find(entries_[4].data);
  ASSERT_NE(place, std::string::npos);
  content[place] = static_cast<char>(content[place] ^ 1);
  write_text(path, content);
  EXPECT_THAT(refusal(path), HasSubstr("is damaged"));
}

TEST_F(TorchArchiveTest, RefusesWhatIsNoArchive) {
  const fs::path path = folder_.path() / "pytorch_model.bin";
  write_text(path, "");
  EXPECT_THAT(refusal(path), HasSubstr("no zip archive"));
  write_text(path, std::string(5000, 'x'));
  EXPECT_THAT(refusal(path), HasSubstr("no zip archive"));
  write_text(path, std::string("\x80\x02\x8a\nl\xfc\x9c"
                               "F\xf9 j\xa8P\x19.",
                               15));
  EXPECT_THAT(refusal(path), HasSubstr("before PyTorch 1.6"));
  entries_.erase(entries_.begin());
  EXPECT_THAT(refusal(write()), HasSubstr("without data.pkl"));
}

}  // namespace
}  // namespace videogen::embed
