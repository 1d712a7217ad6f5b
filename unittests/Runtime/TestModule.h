//===- TestModule.h - modules made up for tests -----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_UNITTESTS_RUNTIME_TESTMODULE_H
#define ZQ_UNITTESTS_RUNTIME_TESTMODULE_H

#include "zq/Numerics/ShiftCast.h"
#include "zq/Numerics/TileLayout.h"
#include "zq/Runtime/ModuleFile.h"

#include <cstring>
#include <elf.h>
#include <random>

namespace zq::runtime {

/// A linear with random constants, and these constants as numbers.
struct TestLinear {
  Linear linear{};
  std::vector<uint8_t> codes, shifts; // in storage order
  std::vector<float> rowScale, down, up, bias;
  std::vector<std::vector<uint8_t>> blobs; // in the order of their numbers
};

template <typename T>
std::vector<uint8_t> getBytes(const std::vector<T> &values) {
  auto *bytes = reinterpret_cast<const uint8_t *>(values.data());
  return {bytes, bytes + values.size() * sizeof(T)};
}

/// Rounds `values` to BF16 and returns the bytes.
inline std::vector<uint8_t> roundToBF16(std::vector<float> &values) {
  std::vector<uint16_t> bits;
  for (float &value : values) {
    bits.push_back(encodeBF16(value));
    value = decodeBF16(bits.back());
  }
  return getBytes(bits);
}

/// Fills in what depends on `linear`'s shape and formats; blobs are numbered
/// from `firstBlob`.
inline TestLinear makeLinear(Linear linear, bool hasBias, unsigned seed,
                             size_t firstBlob = 0) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  auto getFloats = [&](int64_t count, float scale) {
    std::vector<float> values(count);
    for (float &value : values)
      value = scale * normal(random);
    return values;
  };
  TestLinear test;
  int64_t n = linear.n, k = linear.k, rank = linear.rank;
  TileLayout layout{n, k, linear.group};
  test.codes.resize(n * ((k + 1) / 2));
  for (int64_t row = 0; row != n; ++row)
    for (int64_t column = 0; column != k; ++column)
      test.codes[row * ((k + 1) / 2) + column / 2] |= random() % 16
                                                      << (column % 2 * 4);
  test.shifts.resize(n * ((k + linear.group - 1) / linear.group));
  for (uint8_t &shift : test.shifts)
    shift = packScaleStep({int(random() % (linear.maxShift + 1)),
                           linear.multipliers ? int(random() % 3) : 0});
  test.rowScale = getFloats(n, 1e-3f);
  std::vector<uint8_t> tiles(layout.getBytes());
  packTiles(layout, test.codes.data(), test.shifts.data(), tiles.data());
  auto addBlob = [&](std::vector<uint8_t> bytes) {
    test.blobs.push_back(std::move(bytes));
    return firstBlob + test.blobs.size() - 1;
  };
  linear.weights = addBlob(std::move(tiles));
  linear.rowScale = addBlob(getBytes(test.rowScale));
  if (rank != 0) {
    test.down = getFloats(rank * k, 0.05f);
    test.up = getFloats(n * rank, 0.05f);
    linear.down = BlobRef{addBlob(roundToBF16(test.down)), ElementType::BF16};
    linear.up = BlobRef{addBlob(getBytes(test.up)), ElementType::F32};
  }
  if (hasBias) {
    test.bias = getFloats(n, 0.5f);
    linear.bias = BlobRef{addBlob(roundToBF16(test.bias)), ElementType::BF16};
  }
  test.linear = std::move(linear);
  return test;
}

/// A linear of this shape in the most usual formats.
inline Linear getShape(std::string name, int64_t n, int64_t k, int64_t group,
                       int64_t rank = 0) {
  Linear linear{};
  linear.name = std::move(name);
  linear.n = n;
  linear.k = k;
  linear.group = group;
  linear.weightFormat = Format::E2M1;
  linear.maxShift = 11;
  linear.activationFormat = Format::E4M3;
  linear.inputType = ElementType::BF16;
  linear.outputType = ElementType::BF16;
  linear.rank = rank;
  return linear;
}

/// An ELF file for CUDA with one section of 16 bytes and nothing in it.
inline std::vector<uint8_t> makeCubin() {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_machine = EM_CUDA;
  header.e_shoff = sizeof(header);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 1;
  Elf64_Shdr section{};
  section.sh_type = SHT_PROGBITS;
  section.sh_offset = sizeof(header) + sizeof(section);
  section.sh_size = 16;
  std::vector<uint8_t> bytes(section.sh_offset + section.sh_size);
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::memcpy(bytes.data() + sizeof(header), &section, sizeof(section));
  return bytes;
}

/// Writes a module of these linears, with `cubins` in blobs after theirs.
inline Result<void>
writeModule(const std::string &path, const std::vector<TestLinear> &linears,
            const std::vector<std::vector<uint8_t>> &cubins = {}) {
  ModuleDescription module;
  module.producer = "a test";
  std::vector<const std::vector<uint8_t> *> blobs;
  for (const TestLinear &test : linears) {
    module.linears.push_back(test.linear);
    for (const std::vector<uint8_t> &blob : test.blobs)
      blobs.push_back(&blob);
  }
  for (const std::vector<uint8_t> &cubin : cubins) {
    module.cubins.push_back({"kernels" + std::to_string(module.cubins.size()),
                             "sm_90a", blobs.size()});
    blobs.push_back(&cubin);
  }
  for (auto *blob : blobs)
    module.blobs.push_back({0, blob->size()});
  Result<ModuleWriter> writer = ModuleWriter::create(path, std::move(module));
  if (!writer)
    return writer.takeError();
  for (size_t i = 0; i != blobs.size(); ++i)
    if (Result<void> done =
            writer->writeBlob(i, blobs[i]->data(), blobs[i]->size());
        !done)
      return done;
  return writer->finish();
}

} // namespace zq::runtime

#endif // ZQ_UNITTESTS_RUNTIME_TESTMODULE_H
