// For tests of back ends: names that all of them need, and files that vanish with the test.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/folder_for_test_internal.h"
#include "net/server_for_test_internal.h"

namespace videogen::generate {

namespace fs = std::filesystem;
using net::ServerForTest;
using nlohmann::json;
using Reply = ServerForTest::Reply;
using Seen = ServerForTest::Seen;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A file of these bytes in a folder of its own.
class FileForTest {
 public:
  FileForTest(const std::string& name, std::string_view bytes) : path_(folder_.path() / name) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  TemporaryFolder folder_;
  fs::path path_;
};

}  // namespace videogen::generate
