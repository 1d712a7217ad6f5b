//===- CudaModuleTest.cpp - what the runtime asks of CUDA -----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Support/TemporaryFolder.h"
#include "FakeCuda.h"
#include "TestModule.h"
#include "zq/Runtime/zq.h"

#include <cstring>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <thread>

using namespace zq;
using namespace zq::runtime;

namespace {
class CudaModuleTest : public testing::Test {
protected:
  void SetUp() override {
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    ASSERT_TRUE(library) << dlerror();
    using GetState = FakeCuda *();
    auto *getState =
        reinterpret_cast<GetState *>(dlsym(library, "fakeCudaGetState"));
    ASSERT_TRUE(getState) << "the machine's own driver was found";
    fake = getState();
    *fake = FakeCuda();
    fake->paramCount = 4;

    Linear linear = getShape("l", 200, 300, 128, 4);
    Launch quantize{"kernels0", "quantize", {1, 1, 0}, 256, 1, 0, false, {}};
    quantize.params = {BufferParam{BufferKind::User, "x"},
                       BufferParam{BufferKind::Workspace, "s"}, TokensParam{},
                       IntegerParam{300, 32}};
    Launch gemm{"kernels0", "gemm", {16, 40, 1}, 384, 2, 67712, true, {}};
    gemm.params = {TensorMapParam{"xq", 384, 16, 128},
                   BufferParam{BufferKind::Blob, "weights"},
                   BufferParam{BufferKind::Blob, "bias"},
                   BufferParam{BufferKind::User, "y"}};
    linear.variants = {
        {1, 16, "", {{"xq", 384, 0}}, {gemm}},
        {17, 4096, "", {{"xq", 384, 100}, {"s", 4, 0}}, {quantize, gemm}}};
    test = makeLinear(linear, true, 1);
    open();
  }
  void TearDown() override { zqModuleClose(module); }

  void open() { open({test}); }
  void open(const std::vector<TestLinear> &linears) {
    zqModuleClose(module);
    module = nullptr;
    ASSERT_TRUE(writeModule(folder / "m.zqm", linears, {cubin}));
    ASSERT_EQ(zqModuleOpen((folder / "m.zqm").c_str(), &module), ZQ_SUCCESS)
        << zqGetLastErrorText();
  }

  ZqStatus run(int64_t m) {
    size_t bytes = 0;
    if (ZqStatus status = zqLinearGetWorkspaceSize(module, 0, m, &bytes))
      return status;
    return zqLinearRunCuda(module, 0, m, at(0x10000), at(0x20000), at(0x40000),
                           bytes, at(0x77));
  }
  static void *at(uintptr_t address) {
    return reinterpret_cast<void *>(address);
  }

  TemporaryFolder folder;
  FakeCuda *fake = nullptr;
  TestLinear test;
  std::vector<uint8_t> cubin = makeCubin();
  ZqModule *module = nullptr;
};
} // namespace

TEST_F(CudaModuleTest, LaunchesTheVariantOfM) {
  ASSERT_EQ(run(33), ZQ_SUCCESS) << zqGetLastErrorText();
  ASSERT_EQ(fake->launches.size(), 2u);
  const FakeLaunch &quantize = fake->launches[0], &gemm = fake->launches[1];
  EXPECT_EQ(quantize.kernel, "quantize");
  EXPECT_EQ(quantize.config.grid[0], 33u);
  EXPECT_EQ(quantize.config.block[0], 256u);
  EXPECT_EQ(quantize.config.stream, at(0x77));
  EXPECT_TRUE(quantize.attributes.empty());
  EXPECT_EQ(quantize.params[0].opaque[0], 0x10000u);
  // After xq, 33 * 384 + 100 bytes, at the next multiple of 256.
  EXPECT_EQ(quantize.params[1].opaque[0], 0x40000u + 12800);
  EXPECT_EQ(uint32_t(quantize.params[2].opaque[0]), 33u);
  EXPECT_EQ(uint32_t(quantize.params[3].opaque[0]), 300u);

  EXPECT_EQ(gemm.kernel, "gemm");
  EXPECT_EQ(gemm.config.grid[0], 120u); // 3 blocks of tokens of 40 CTAs
  EXPECT_EQ(gemm.config.sharedBytes, 67712u);
  ASSERT_EQ(gemm.attributes.size(), 2u);
  EXPECT_EQ(gemm.attributes[0].id, 4u); // cluster dimension
  EXPECT_EQ(gemm.attributes[0].value.cluster[0], 2u);
  EXPECT_EQ(gemm.attributes[0].value.cluster[1], 1u);
  EXPECT_EQ(gemm.attributes[1].id, 6u); // programmatic serialization
  EXPECT_EQ(gemm.attributes[1].value.programmaticAllowed, 1);
  // Address, dims, stride, box, element strides, u8, rank 2, no interleave,
  // 128-byte swizzle, 256-byte promotion, zero fill.
  const uint64_t wanted[16] = {0x40000, 384, 33, 384, 128, 16, 1, 1,
                               0,       2,   0,  3,   3,   0,  0, 0};
  for (int i = 0; i != 16; ++i)
    EXPECT_EQ(gemm.params[0].opaque[i], wanted[i]) << i;
  auto *weights = reinterpret_cast<const uint8_t *>(gemm.params[1].opaque[0]);
  EXPECT_EQ(std::memcmp(weights, test.blobs[0].data(), test.blobs[0].size()),
            0);
  auto *bias = reinterpret_cast<const uint8_t *>(gemm.params[2].opaque[0]);
  EXPECT_EQ(std::memcmp(bias, test.blobs.back().data(), 400), 0);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(bias) % 256, 0u);
  EXPECT_EQ(gemm.params[3].opaque[0], 0x20000u);
}

TEST_F(CudaModuleTest, PassesTheResidual) {
  fake->paramCount = 5;
  test.linear.residual = true;
  for (Variant &variant : test.linear.variants)
    variant.launches.back().params.push_back(
        BufferParam{BufferKind::User, "residual"});
  open();
  size_t bytes = 0;
  ASSERT_EQ(zqLinearGetWorkspaceSize(module, 0, 16, &bytes), ZQ_SUCCESS);
  ZqLinearBuffers buffers = {sizeof(buffers), at(0x10000), at(0x30000),
                             at(0x20000)};
  ASSERT_EQ(zqLinearRunBuffersCuda(module, 0, 16, &buffers, at(0x40000), bytes,
                                   at(0x77)),
            ZQ_SUCCESS)
      << zqGetLastErrorText();
  ASSERT_EQ(fake->launches.size(), 1u);
  EXPECT_EQ(fake->launches[0].params[3].opaque[0], 0x20000u);
  EXPECT_EQ(fake->launches[0].params[4].opaque[0], 0x30000u);
  buffers.residual = at(0x30008);
  EXPECT_EQ(zqLinearRunBuffersCuda(module, 0, 16, &buffers, at(0x40000), bytes,
                                   at(0x77)),
            ZQ_ERROR_INVALID_ARGUMENT);
  EXPECT_STREQ(zqGetLastErrorText(), "residual is not aligned to 16 bytes");
  EXPECT_EQ(run(16), ZQ_ERROR_INVALID_ARGUMENT);
}

TEST_F(CudaModuleTest, PersistentGridsEndAtTheMultiprocessors) {
  ASSERT_EQ(run(4096), ZQ_SUCCESS) << zqGetLastErrorText();
  EXPECT_EQ(fake->launches[1].config.grid[0], 132u);
}

TEST_F(CudaModuleTest, SharedKernelsHaveTheMostOfTheirLaunches) {
  test.linear.variants[1].launches[1].shared = 1024;
  open();
  EXPECT_EQ(run(1), ZQ_SUCCESS) << zqGetLastErrorText();
  EXPECT_EQ(run(17), ZQ_SUCCESS) << zqGetLastErrorText();
}

TEST_F(CudaModuleTest, LoadsOnceAndFreesAll) {
  for (int64_t m : {1, 16, 17, 1})
    ASSERT_EQ(run(m), ZQ_SUCCESS) << zqGetLastErrorText();
  EXPECT_EQ(fake->launches.size(), 5u);
  EXPECT_EQ(fake->allocations, 1);
  EXPECT_EQ(fake->loadedModules, 1);
  zqModuleClose(module);
  module = nullptr;
  EXPECT_EQ(fake->allocations, 0);
  EXPECT_EQ(fake->loadedModules, 0);
}

// Candidates for one linear differ in their schedules alone.
TEST_F(CudaModuleTest, LinearsOfTheSameBlobsShareTheirMemory) {
  TestLinear again = test;
  again.linear.name = "again";
  again.blobs.clear();
  size_t numBlobs = test.blobs.size();
  TestLinear other = makeLinear(getShape("other", 200, 300, 128, 4), true, 2,
                                /*firstBlob=*/numBlobs);
  other.linear.variants = test.linear.variants;
  // The weights are shared, the bias is not.
  TestLinear mixed = again;
  mixed.linear.name = "mixed";
  mixed.linear.bias = other.linear.bias;
  open({test, again, other, mixed});

  auto getAddresses = [&](size_t index) {
    size_t bytes = 0;
    EXPECT_EQ(zqLinearGetWorkspaceSize(module, index, 1, &bytes), ZQ_SUCCESS);
    EXPECT_EQ(zqLinearRunCuda(module, index, 1, at(0x10000), at(0x20000),
                              at(0x40000), bytes, at(0x77)),
              ZQ_SUCCESS)
        << zqGetLastErrorText();
    const FakeLaunch &launch = fake->launches.back();
    return std::make_pair(launch.params[1].opaque[0],
                          launch.params[2].opaque[0]);
  };
  auto first = getAddresses(0);
  EXPECT_EQ(fake->allocations, 1);
  EXPECT_EQ(getAddresses(1), first);
  EXPECT_EQ(fake->allocations, 1);
  EXPECT_NE(getAddresses(2), first);
  EXPECT_EQ(fake->allocations, 2);
  // Memory is shared by all of a linear's constants or by none.
  EXPECT_NE(getAddresses(3).first, first.first);
  EXPECT_EQ(fake->allocations, 3);

  zqModuleClose(module);
  module = nullptr;
  EXPECT_EQ(fake->allocations, 0);
  EXPECT_EQ(fake->frees, 3);
}

TEST_F(CudaModuleTest, PreparesWithoutLaunching) {
  ASSERT_EQ(zqModulePrepareCuda(module), ZQ_SUCCESS) << zqGetLastErrorText();
  EXPECT_EQ(fake->allocations, 1);
  EXPECT_TRUE(fake->launches.empty());
}

TEST_F(CudaModuleTest, ThreadsAndContextsShareAModule) {
  const cuda::Driver *driver = *cuda::getDriver();
  std::vector<std::thread> threads;
  std::vector<ZqStatus> results(8, ZQ_ERROR_INTERNAL);
  for (uintptr_t i = 0; i != 8; ++i)
    threads.emplace_back([&, i] {
      driver->contextSetCurrent(
          reinterpret_cast<cuda::Context>(0x1000 + i % 2 * 0x1000));
      for (int64_t m = 1; m != 50; ++m)
        if ((results[i] = run(m)))
          break;
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(results, std::vector<ZqStatus>(8, ZQ_SUCCESS));
  EXPECT_EQ(fake->allocations, 2);
  EXPECT_EQ(fake->launches.size(), 8u * (16 + 2 * 33));
}

TEST_F(CudaModuleTest, SaysWhatIsWrong) {
  auto expect = [](ZqStatus status, ZqStatus wanted, const std::string &part) {
    EXPECT_EQ(status, wanted);
    EXPECT_NE(std::string(zqGetLastErrorText()).find(part), std::string::npos)
        << zqGetLastErrorText();
  };
  expect(run(4097), ZQ_ERROR_UNSUPPORTED, "has kernels for M up to 4096");
  size_t bytes;
  ASSERT_EQ(zqLinearGetWorkspaceSize(module, 0, 33, &bytes), ZQ_SUCCESS);
  EXPECT_EQ(bytes, 12800u + 256);
  auto runWith = [&](void *x, void *y, void *workspace, size_t size) {
    return zqLinearRunCuda(module, 0, 33, x, y, workspace, size, nullptr);
  };
  expect(runWith(at(16), at(16), at(256), bytes - 1), ZQ_ERROR_INVALID_ARGUMENT,
         "workspace has 13055 bytes, wanted 13056 for M = 33");
  expect(runWith(at(8), at(16), at(256), bytes), ZQ_ERROR_INVALID_ARGUMENT,
         "x is not aligned to 16 bytes");
  expect(runWith(at(16), nullptr, at(256), bytes), ZQ_ERROR_INVALID_ARGUMENT,
         "y is null");
  expect(runWith(at(16), at(16), nullptr, bytes), ZQ_ERROR_INVALID_ARGUMENT,
         "workspace is null");
  fake->major = 8;
  expect(run(1), ZQ_ERROR_UNSUPPORTED,
         "the current device, Fake, has compute capability 8.0, wanted 9.0");
  fake->major = 9;
  fake->memoryLimit = 100;
  expect(run(1), ZQ_ERROR_OUT_OF_MEMORY,
         "allocating the constants of linear 'l': CUDA_ERROR_FAKE (made up)");
  // A failure leaves nothing half-loaded behind.
  fake->memoryLimit = size_t(1) << 30;
  EXPECT_EQ(run(1), ZQ_SUCCESS) << zqGetLastErrorText();

  open();
  fake->synchronizeStatus = 700;
  expect(run(1), ZQ_ERROR_CUDA, "copying the constants of linear 'l'");
  EXPECT_EQ(fake->allocations, 0);
  fake->synchronizeStatus = 0;

  // The second launch cannot be made: the first is not launched either.
  fake->launches.clear();
  fake->tensorMapStatus = 1;
  expect(run(33), ZQ_ERROR_CUDA, "'gemm': making a tensor map");
  EXPECT_TRUE(fake->launches.empty());
  fake->tensorMapStatus = 0;

  test.linear.variants[0].launches[0].kernel = "absent";
  open();
  expect(run(1), ZQ_ERROR_CUDA, "looking for kernel 'absent' in 'kernels0'");
  std::thread([&] {
    (*cuda::getDriver())->contextSetCurrent(nullptr);
    expect(run(1), ZQ_ERROR_NO_DEVICE, "no CUDA context is current");
  }).join();
}

// The driver follows an image's tables and is not told its size.
TEST_F(CudaModuleTest, DamagedCubinsDoNotReachTheDriver) {
  const std::vector<uint8_t> whole = cubin;
  auto expectRefused = [&] {
    open();
    EXPECT_EQ(run(1), ZQ_ERROR_CORRUPT_FILE);
    EXPECT_NE(std::string(zqGetLastErrorText()).find("'kernels0' are no cubin"),
              std::string::npos)
        << zqGetLastErrorText();
    EXPECT_EQ(fake->loadedModules, 0);
  };
  for (size_t size : {size_t(0), size_t(3), whole.size() - 1}) {
    cubin.assign(whole.begin(), whole.begin() + size);
    expectRefused();
  }
  // Not ELF, a host's, tables and a section that reach far out of the file.
  for (size_t byte : {0, 18, 46, 61, 64 + 30, 64 + 39}) {
    cubin = whole;
    cubin[byte] ^= 0x7F;
    expectRefused();
  }
  cubin = whole;
  open();
  EXPECT_EQ(run(1), ZQ_SUCCESS) << zqGetLastErrorText();
}

TEST_F(CudaModuleTest, ParametersThatTheModuleDoesNotGiveAreZero) {
  fake->paramCount = kMaxParams;
  ASSERT_EQ(run(33), ZQ_SUCCESS) << zqGetLastErrorText();
  for (size_t i = 4; i != kMaxParams; ++i)
    EXPECT_EQ(fake->launches[0].params[i].opaque[0], 0u);
}
