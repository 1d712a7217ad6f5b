//===- ApiTest.cpp - the C interface --------------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Support/TemporaryFolder.h"
#include "TestModule.h"
#include "zq/Runtime/CudaDriver.h"
#include "zq/Runtime/zq.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <thread>

using namespace zq;
using namespace zq::runtime;

namespace {
class ApiTest : public testing::Test {
protected:
  void SetUp() override {
    TestLinear first = makeLinear(getShape("first", 100, 64, 32), false, 1);
    TestLinear second = makeLinear(getShape("second", 64, 200, 128, 8), true, 2,
                                   first.blobs.size());
    ASSERT_TRUE(writeModule(path, {first, second}));
    ASSERT_EQ(zqModuleOpen(path.c_str(), &module), ZQ_SUCCESS)
        << zqGetLastErrorText();
  }
  void TearDown() override { zqModuleClose(module); }

  TemporaryFolder folder;
  std::string path = folder / "m.zqm";
  ZqModule *module = nullptr;
};
} // namespace

/// The status, and a part of the text that goes with it.
static void expect(ZqStatus status, ZqStatus wanted, const std::string &part) {
  EXPECT_EQ(status, wanted);
  EXPECT_NE(std::string(zqGetLastErrorText()).find(part), std::string::npos)
      << zqGetLastErrorText();
}

TEST_F(ApiTest, ListsLinears) {
  size_t count = 0, index = 0;
  ASSERT_EQ(zqModuleGetLinearCount(module, &count), ZQ_SUCCESS);
  EXPECT_EQ(count, 2u);
  ASSERT_EQ(zqModuleFindLinear(module, "second", &index), ZQ_SUCCESS);
  EXPECT_EQ(index, 1u);
  ZqLinearInfo info{};
  info.structSize = sizeof(info);
  ASSERT_EQ(zqModuleGetLinear(module, 1, &info), ZQ_SUCCESS);
  EXPECT_STREQ(info.name, "second");
  EXPECT_EQ(info.n, 64);
  EXPECT_EQ(info.k, 200);
  EXPECT_EQ(info.group, 128);
  EXPECT_STREQ(info.weightFormat, "e2m1");
  EXPECT_STREQ(info.activationFormat, "e4m3");
  EXPECT_EQ(info.inputType, ZQ_BF16);
  EXPECT_EQ(info.rank, 8);
  EXPECT_EQ(info.hasBias, 1);
  EXPECT_EQ(info.maxCudaTokens, 0);
  // Two tiles, row scales, down in BF16, up in FP32, bias in BF16.
  EXPECT_EQ(info.bytes, 2 * 8320u + 64 * 4 + 8 * 200 * 2 + 64 * 8 * 4 + 64 * 2);
  const char *producer = nullptr;
  ASSERT_EQ(zqModuleGetProducer(module, &producer), ZQ_SUCCESS);
  EXPECT_STREQ(producer, "a test");
}

TEST_F(ApiTest, SaysWhatIsWrong) {
  ZqModule *other = nullptr;
  expect(zqModuleOpen((folder / "none").c_str(), &other), ZQ_ERROR_IO,
         "none: cannot open");
  putFile(folder / "foreign", "ELF");
  expect(zqModuleOpen((folder / "foreign").c_str(), &other),
         ZQ_ERROR_FOREIGN_FILE, "foreign: not a compiled zq module");
  std::string bytes = readFile(path);
  putFile(folder / "short", bytes.substr(0, 1000));
  expect(zqModuleOpen((folder / "short").c_str(), &other),
         ZQ_ERROR_CORRUPT_FILE, "truncated");
  bytes[8] = 9;
  putFile(folder / "newer", bytes);
  expect(zqModuleOpen((folder / "newer").c_str(), &other), ZQ_ERROR_NEWER_FILE,
         "version 9");
  EXPECT_EQ(other, nullptr);

  size_t index = 7;
  expect(zqModuleFindLinear(module, "third", &index), ZQ_ERROR_NOT_FOUND,
         "none of the module's 2 linears is called 'third'");
  EXPECT_EQ(index, 7u);
  expect(zqModuleGetLinearCount(nullptr, &index), ZQ_ERROR_INVALID_ARGUMENT,
         "module is null");
  ZqLinearInfo info{};
  expect(zqModuleGetLinear(module, 0, &info), ZQ_ERROR_INVALID_ARGUMENT,
         "structSize is 0");
  uint16_t x[64] = {}, y[100];
  expect(zqLinearRunCpu(module, 2, 1, x, y), ZQ_ERROR_INVALID_ARGUMENT,
         "index is 2, but the module has 2 linears");
  expect(zqLinearRunCpu(module, 0, -1, x, y), ZQ_ERROR_INVALID_ARGUMENT,
         "M is -1");
  expect(zqLinearRunCpu(module, 0, 1, nullptr, y), ZQ_ERROR_INVALID_ARGUMENT,
         "x is null");
  // Sizes that would wrap around to 0.
  expect(zqLinearRunCpu(module, 0, int64_t(1) << 58, x, y),
         ZQ_ERROR_INVALID_ARGUMENT, "more than memory can hold");
  ZqMemRef2D many = {x, x, 0, {int64_t(1) << 58, 64}, {0, 1}}, result{};
  expect(zqLinearCallCpu(module, 0, &many, &result), ZQ_ERROR_INVALID_ARGUMENT,
         "more than memory can hold");
  ZqMemRef2D none = {nullptr, nullptr, 0, {1, 64}, {64, 1}};
  expect(zqLinearCallCpu(module, 0, &none, &result), ZQ_ERROR_INVALID_ARGUMENT,
         "x->aligned is null");
  size_t size;
  expect(zqLinearGetWorkspaceSize(module, 0, 1, &size), ZQ_ERROR_UNSUPPORTED,
         "compiled without GPU kernels");
  expect(zqLinearRunCuda(module, 0, 1, x, y, nullptr, 0, nullptr),
         ZQ_ERROR_UNSUPPORTED, "linear 'first' was compiled without");
  EXPECT_STREQ(zqGetStatusName(ZQ_ERROR_NOT_FOUND), "ZQ_ERROR_NOT_FOUND");
  EXPECT_STREQ(zqGetStatusName(static_cast<ZqStatus>(99)), "unknown status");
}

/// A residual is given to those that add one; the structs may be older than the
/// library.
TEST_F(ApiTest, Residuals) {
  uint16_t x[64] = {}, y[100], residual[100] = {};
  ZqLinearBuffers buffers = {sizeof(buffers), x, residual, y};
  expect(zqLinearRunBuffersCpu(module, 0, 1, &buffers),
         ZQ_ERROR_INVALID_ARGUMENT,
         "linear 'first' adds no residual, and one is given");
  buffers.residual = nullptr;
  EXPECT_EQ(zqLinearRunBuffersCpu(module, 0, 1, &buffers), ZQ_SUCCESS);
  expect(zqLinearRunBuffersCpu(module, 0, 1, nullptr),
         ZQ_ERROR_INVALID_ARGUMENT, "buffers is null");
  buffers.structSize = 8;
  expect(zqLinearRunBuffersCpu(module, 0, 1, &buffers),
         ZQ_ERROR_INVALID_ARGUMENT, "buffers->structSize is 8, wanted");

  ZqLinearInfo info;
  std::memset(&info, 0x7F, sizeof(info));
  info.structSize = offsetof(ZqLinearInfo, hasResidual);
  EXPECT_EQ(zqModuleGetLinear(module, 0, &info), ZQ_SUCCESS);
  EXPECT_EQ(info.structSize, offsetof(ZqLinearInfo, hasResidual));
  EXPECT_EQ(info.n, 100);
  EXPECT_EQ(info.hasResidual, 0x7F7F7F7F); // behind what the caller has
  info.structSize = sizeof(info);
  EXPECT_EQ(zqModuleGetLinear(module, 0, &info), ZQ_SUCCESS);
  EXPECT_EQ(info.hasResidual, 0);

  Linear linear = getShape("adds", 100, 64, 64);
  linear.residual = true;
  ASSERT_TRUE(writeModule(folder / "r.zqm", {makeLinear(linear, false, 3)}));
  ZqModule *adding = nullptr;
  ASSERT_EQ(zqModuleOpen((folder / "r.zqm").c_str(), &adding), ZQ_SUCCESS);
  EXPECT_EQ(zqModuleGetLinear(adding, 0, &info), ZQ_SUCCESS);
  EXPECT_EQ(info.hasResidual, 1);
  expect(zqLinearRunCpu(adding, 0, 1, x, y), ZQ_ERROR_INVALID_ARGUMENT,
         "linear 'adds' adds a residual, and none is given");
  // Zeros times anything, plus the residual, by way of memrefs with gaps.
  std::vector<uint16_t> rows(2 * 107);
  for (int i = 0; i != 100; ++i)
    rows[107 + i] = encodeBF16(static_cast<float>(i));
  ZqMemRef2D xs = {x, x, 0, {2, 64}, {0, 1}}, result{};
  ZqMemRef2D residuals = {rows.data(), rows.data(), 0, {2, 100}, {107, 1}};
  ASSERT_EQ(zqLinearCallResidualCpu(adding, 0, &xs, &residuals, &result),
            ZQ_SUCCESS)
      << zqGetLastErrorText();
  for (int i = 0; i != 100; ++i)
    EXPECT_EQ(static_cast<uint16_t *>(result.aligned)[100 + i], rows[107 + i]);
  std::free(result.allocated);
  residuals.sizes[1] = 99;
  expect(zqLinearCallResidualCpu(adding, 0, &xs, &residuals, &result),
         ZQ_ERROR_INVALID_ARGUMENT, "residual is 2 x 99, wanted 2 x 100");
  expect(zqLinearCallCpu(adding, 0, &xs, &result), ZQ_ERROR_INVALID_ARGUMENT,
         "adds a residual, and none is given");
  zqModuleClose(adding);
}

TEST_F(ApiTest, NoTokensAreASuccess) {
  EXPECT_EQ(zqLinearRunCpu(module, 0, 0, nullptr, nullptr), ZQ_SUCCESS);
  EXPECT_EQ(
      zqLinearRunCuda(module, 0, 0, nullptr, nullptr, nullptr, 0, nullptr),
      ZQ_SUCCESS);
}

TEST_F(ApiTest, CallsTakeAnyStrides) {
  // Token t, element i is at 7 + 70 * t + 3 * i and, without gaps, 64 * t + i.
  std::vector<uint16_t> gaps(7 + 70 * 2 + 3 * 64), rows(3 * 64);
  ZqMemRef2D x = {nullptr, gaps.data(), 7, {3, 64}, {70, 3}};
  for (int t = 0; t != 3; ++t)
    for (int i = 0; i != 64; ++i)
      gaps[7 + 70 * t + 3 * i] = encodeBF16(static_cast<float>(i % 5 - t));
  for (int t = 0; t != 3; ++t)
    for (int i = 0; i != 64; ++i)
      rows[64 * t + i] = gaps[7 + 70 * t + 3 * i];
  std::vector<uint16_t> wanted(3 * 100);
  ASSERT_EQ(zqLinearRunCpu(module, 0, 3, rows.data(), wanted.data()),
            ZQ_SUCCESS);
  ZqMemRef2D y{};
  ASSERT_EQ(zqLinearCallCpu(module, 0, &x, &y), ZQ_SUCCESS)
      << zqGetLastErrorText();
  EXPECT_EQ(y.sizes[0], 3);
  EXPECT_EQ(y.sizes[1], 100);
  EXPECT_EQ(y.strides[0], 100);
  EXPECT_EQ(y.strides[1], 1);
  auto *found = static_cast<const uint16_t *>(y.aligned);
  EXPECT_EQ(std::vector<uint16_t>(found, found + 300), wanted);
  std::free(y.allocated);

  x.sizes[0] = 0;
  ASSERT_EQ(zqLinearCallCpu(module, 0, &x, &y), ZQ_SUCCESS);
  EXPECT_EQ(y.sizes[0], 0);
  std::free(y.allocated);
  x.sizes[1] = 65;
  EXPECT_EQ(zqLinearCallCpu(module, 0, &x, &y), ZQ_ERROR_INVALID_ARGUMENT);
  EXPECT_STREQ(zqGetLastErrorText(), "x is 0 x 65, wanted M x 64");
}

TEST_F(ApiTest, ThreadsShareAModule) {
  std::vector<uint16_t> x(16 * 200);
  for (size_t i = 0; i != x.size(); ++i)
    x[i] = encodeBF16(static_cast<float>(i % 37) - 18);
  std::vector<uint16_t> wanted(16 * 64);
  ASSERT_EQ(zqLinearRunCpu(module, 1, 16, x.data(), wanted.data()), ZQ_SUCCESS);
  std::vector<std::thread> threads;
  std::vector<int> failures(8);
  for (int thread = 0; thread != 8; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i != 20; ++i) {
        std::vector<uint16_t> y(16 * 64);
        failures[thread] +=
            zqLinearRunCpu(module, 1, 16, x.data(), y.data()) != ZQ_SUCCESS ||
            y != wanted;
        // Each thread has an error text of its own.
        std::string name = "thread " + std::to_string(thread);
        size_t index;
        failures[thread] +=
            zqModuleFindLinear(module, name.c_str(), &index) !=
                ZQ_ERROR_NOT_FOUND ||
            std::string(zqGetLastErrorText()).find(name) == std::string::npos;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(failures, std::vector<int>(8));
}

TEST(ApiWithoutDriver, SaysThatThereIsNone) {
  if (cuda::getDriver())
    GTEST_SKIP() << "this machine has a CUDA driver";
  Linear linear = getShape("l", 8, 32, 32);
  linear.variants = {
      {1, 8, "", {}, {{"kernels0", "k", {0, 1, 0}, 32, 1, 0, false, {}}}}};
  TestLinear test = makeLinear(linear, false, 1);
  TemporaryFolder folder;
  ASSERT_TRUE(writeModule(folder / "m.zqm", {test}, {{1}}));
  ZqModule *module = nullptr;
  ASSERT_EQ(zqModuleOpen((folder / "m.zqm").c_str(), &module), ZQ_SUCCESS);
  alignas(16) uint16_t x[32] = {}, y[8];
  EXPECT_EQ(zqLinearRunCuda(module, 0, 1, x, y, nullptr, 0, nullptr),
            ZQ_ERROR_NO_DEVICE);
  EXPECT_NE(std::string(zqGetLastErrorText()).find("CUDA driver"),
            std::string::npos)
      << zqGetLastErrorText();
  EXPECT_EQ(zqModulePrepareCuda(module), ZQ_ERROR_NO_DEVICE);
  zqModuleClose(module);
}
