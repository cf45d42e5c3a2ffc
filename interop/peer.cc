// Speaks for library functions that no verb exposes, so that the checks in this folder can
// compare them with other ecosystems' implementations. Built with the tests, never installed.
//
//   videogen_peer resize IN_WIDTH IN_HEIGHT WIDTH HEIGHT   raw RGB in, raw RGB out
//   videogen_peer decode PICTURE                           its raw RGB out
//   videogen_peer tokenize MODEL_FOLDER [MAX_LENGTH]       a JSON string a line in,
//                                                          a JSON array of ids a line out
//   videogen_peer flow WIDTH HEIGHT                        planes of luma in, for each but the
//                                                          first the flow from the one before
//                                                          and back, float32, out
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "embed/preprocess.h"
#include "embed/tokenizer.h"
#include "media/picture.h"
#include "motion/flow.h"

namespace {

using videogen::embed::Tokenizer;
using videogen::media::Image;

int complain(std::string_view message) {
  std::cerr << "videogen_peer: " << message << '\n';
  return 2;
}

int write(const Image& image) {
  std::cout.write(reinterpret_cast<const char*>(image.rgb.data()),
                  static_cast<std::streamsize>(image.rgb.size()));
  return std::cout.flush() ? 0 : complain("output failed");
}

int decode(const char* path) {
  const auto picture = videogen::media::read_picture(path);
  return picture ? write(*picture) : complain(picture.error().message);
}

int resize(const Image& shape, int width, int height) {
  Image picture = shape;
  const std::string bytes{std::istreambuf_iterator<char>(std::cin), {}};
  if (bytes.size() != picture.rgb.size()) return complain("input does not fill the picture");
  std::memcpy(picture.rgb.data(), bytes.data(), bytes.size());
  return write(videogen::embed::resize_bicubic(picture, width, height));
}

int tokenize(const char* folder, std::size_t max_length) {
  const auto tokenizer = Tokenizer::load(folder);
  if (!tokenizer) return complain(tokenizer.error().message);
  for (std::string line; std::getline(std::cin, line);) {
    const auto text = nlohmann::json::parse(line).get<std::string>();
    std::cout << nlohmann::json(tokenizer->encode(text, max_length)).dump() << '\n';
  }
  return std::cout.flush() ? 0 : complain("output failed");
}

// One after the other, so that a clip's planes need no memory.
int flow(int width, int height) {
  videogen::motion::FlowEstimator estimator;
  videogen::motion::Raster8 last;
  videogen::motion::Raster8 plane(width, height, 1);
  const auto bytes = static_cast<std::streamsize>(plane.values.size());
  const auto write_flow = [](const videogen::motion::Flow& field) {
    std::cout.write(reinterpret_cast<const char*>(field.values.data()),
                    static_cast<std::streamsize>(field.values.size() * sizeof(float)));
  };
  while (std::cin.read(reinterpret_cast<char*>(plane.values.data()), bytes)) {
    if (last.width != 0) {
      write_flow(estimator.between(last, plane));
      write_flow(estimator.between(plane, last));
    }
    last = plane;
  }
  if (std::cin.gcount() != 0) return complain("input does not fill the planes");
  return std::cout.flush() ? 0 : complain("output failed");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  try {
    if (command == "resize" && argc == 6) {
      return resize(Image(std::stoi(argv[2]), std::stoi(argv[3])), std::stoi(argv[4]),
                    std::stoi(argv[5]));
    }
    if (command == "decode" && argc == 3) return decode(argv[2]);
    if (command == "flow" && argc == 4) return flow(std::stoi(argv[2]), std::stoi(argv[3]));
    if (command == "tokenize" && (argc == 3 || argc == 4)) {
      return tokenize(argv[2], argc == 4 ? std::stoul(argv[3]) : 77);
    }
  } catch (const std::exception& error) {
    return complain(error.what());
  }
  return complain(
      "usage: resize IN_WIDTH IN_HEIGHT WIDTH HEIGHT | decode PICTURE | "
      "tokenize FOLDER [MAX_LENGTH] | flow WIDTH HEIGHT");
}
