//===- CallInOrderTest.cpp - many calls on all cores ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Execution/CallInOrder.h"
#include "Compile.h"

#include "gtest/gtest.h"
#include <atomic>
#include <thread>

using namespace mlir;
using namespace zq;

static const char *const kObserved = R"mlir(
  func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
    zq.observe %x for ["first"] : tensor<?x4xf32>
    %y = arith.addf %x, %x : tensor<?x4xf32>
    zq.observe %y for ["second", "third"] : tensor<?x4xf32>
    return %y : tensor<?x4xf32>
  }
)mlir";

namespace {
struct CallInOrder : testing::Test {
  void SetUp() override {
    FailureOr<CompiledModule> compiled = context.compile(kObserved);
    ASSERT_TRUE(succeeded(compiled));
    module = *compiled;
    FailureOr<CompiledFunction> found = module.lookup("main");
    ASSERT_TRUE(succeeded(found));
    function.emplace(*found);
  }
  TestContext context;
  CompiledModule module;
  std::optional<CompiledFunction> function;
};
} // namespace

/// Call i gets i in all of 1 + i % 3 tokens; the first calls come last.
static Result<std::vector<Array>> makeInputs(int64_t i) {
  if (i % 4 == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  return std::vector<Array>{makeFull({1 + i % 3, 4}, float(i))};
}

TEST_F(CallInOrder, ConsumesInOrderOnAnyNumberOfThreads) {
  EXPECT_EQ(module.getObservedLayers(), (std::vector<std::vector<std::string>>{
                                            {"first"}, {"second", "third"}}));
  for (unsigned threads : {1, 2, 5}) {
    int64_t next = 0;
    std::atomic<int> inside{0};
    Result<void> done = callInOrder(
        *function, 40, threads, makeInputs,
        [&](int64_t i, CallRecord record) -> Result<void> {
          EXPECT_EQ(++inside, 1);
          EXPECT_EQ(i, next++);
          EXPECT_EQ(record.results.at(0).get(0), 2.0 * i);
          EXPECT_EQ(record.observations.size(), 2u);
          const Observation &first = record.observations.at(0);
          const Observation &second = record.observations.at(1);
          EXPECT_EQ(first.number, 0);
          EXPECT_EQ(second.number, 1);
          EXPECT_EQ(first.tokens.getShape(),
                    (std::vector<int64_t>{1 + i % 3, 4}));
          EXPECT_EQ(first.tokens.get(3), double(i));
          EXPECT_EQ(second.tokens.get(3), 2.0 * i);
          --inside;
          return {};
        },
        /*observes=*/true);
    EXPECT_TRUE(done);
    EXPECT_EQ(next, 40);
  }
}

TEST_F(CallInOrder, NobodyLooksUnlessAsked) {
  Result<void> done =
      callInOrder(*function, 3, 2, makeInputs,
                  [](int64_t, CallRecord record) -> Result<void> {
                    EXPECT_TRUE(record.observations.empty());
                    return {};
                  });
  EXPECT_TRUE(done);
}

/// What has no order is done by the threads that call, before the consumer.
TEST_F(CallInOrder, PreparesRecordsBeforeTheyAreConsumed) {
  std::atomic<int> prepared{0};
  int64_t next = 0;
  auto consume = [&](int64_t i, CallRecord record) -> Result<void> {
    EXPECT_EQ(i, next++);
    EXPECT_EQ(record.results.at(0).get(0), 100.0 + i);
    return {};
  };
  auto prepare = [&](int64_t i, CallRecord &record) -> Result<void> {
    ++prepared;
    record.results.at(0) = makeFull({1, 4}, 100.0f + float(i));
    return {};
  };
  EXPECT_TRUE(callInOrder(*function, 40, 4, makeInputs, consume,
                          /*observes=*/false, prepare));
  EXPECT_EQ(prepared, 40);
  EXPECT_EQ(next, 40);

  next = 0;
  Result<void> done =
      callInOrder(*function, 40, 4, makeInputs, consume, /*observes=*/false,
                  [&](int64_t i, CallRecord &record) -> Result<void> {
                    return i == 7 ? Error{"not that one"} : prepare(i, record);
                  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.message(), "not that one");
  EXPECT_EQ(next, 7);
}

TEST_F(CallInOrder, ReturnsTheErrorOfTheLowestCall) {
  int64_t consumed = 0;
  Result<void> done = callInOrder(
      *function, 100, 4,
      [](int64_t i) -> Result<std::vector<Array>> {
        if (i == 17)
          return Error{"no window 17"};
        if (i == 18)
          return std::vector<Array>{};
        return makeInputs(i);
      },
      [&](int64_t, CallRecord) -> Result<void> {
        ++consumed;
        return {};
      });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.message(), "no window 17");
  EXPECT_EQ(consumed, 17);
}

TEST_F(CallInOrder, StopsWhereTheConsumerFails) {
  Result<void> done = callInOrder(*function, 100, 3, makeInputs,
                                  [&](int64_t i, CallRecord) -> Result<void> {
                                    if (i == 5)
                                      return Error{"enough"};
                                    return {};
                                  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.message(), "enough");
}
