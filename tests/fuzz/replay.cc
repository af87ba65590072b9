// SPDX-License-Identifier: Apache-2.0
// The corpus alone, where there is no libFuzzer: fuzz_READER FOLDER. An input that ends the program is named by the last line.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** arguments) {
  std::size_t replayed = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(arguments[i])) {
      std::cout << entry.path().string() << std::endl;  // NOLINT: it must be out before the input is read
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++replayed;
    }
  }
  std::cout << replayed << " inputs\n";
  return replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
