//===- CompiledModuleTest.cpp - modules compiled in the process -----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compile.h"

#include "gtest/gtest.h"
#include <cstdlib>

using namespace mlir;
using namespace zq;

static const char *const kTwoFunctions = R"mlir(
  func.func @twice(%x: tensor<?xf32>) -> tensor<?xf32> {
    %y = arith.addf %x, %x : tensor<?xf32>
    return %y : tensor<?xf32>
  }
  func.func @swap(%x: tensor<2xf32>, %n: i64) -> (i64, tensor<2xf32>) {
    return %n, %x : i64, tensor<2xf32>
  }
  func.func private @hidden(%x: tensor<2xf32>) -> tensor<2xf32> {
    return %x : tensor<2xf32>
  }
)mlir";

TEST(CompiledModule, CallsEachFunction) {
  TestContext context;
  FailureOr<CompiledModule> module = context.compile(kTwoFunctions);
  ASSERT_TRUE(succeeded(module));
  EXPECT_EQ(module->getFunctionNames(),
            (std::vector<std::string>{"twice", "swap"}));
  FailureOr<CompiledFunction> twice = module->lookup("twice");
  FailureOr<CompiledFunction> swap = module->lookup("swap");
  ASSERT_TRUE(succeeded(twice) && succeeded(swap));

  Array x = makeFull({3}, 1.5f);
  Result<std::vector<Array>> doubled = twice->call({x});
  ASSERT_TRUE(doubled) << doubled.message();
  ASSERT_EQ(doubled->size(), 1u);
  EXPECT_EQ(doubled->front().getShape(), std::vector<int64_t>{3});
  EXPECT_EQ(doubled->front().get(2), 3.0);
  EXPECT_EQ(x.get(2), 1.5) << "inputs are left alone";

  Array n(DType::I64, {});
  n.set(0, 42);
  Result<std::vector<Array>> swapped = swap->call({makeFull({2}, 7.0f), n});
  ASSERT_TRUE(swapped) << swapped.message();
  EXPECT_EQ((*swapped)[0].get(0), 42);
  EXPECT_EQ((*swapped)[1].get(1), 7.0);
}

TEST(CompiledModule, FunctionsOutliveTheModule) {
  TestContext context;
  FailureOr<CompiledFunction> twice = [&] {
    return context.compile(kTwoFunctions)->lookup("twice");
  }();
  ASSERT_TRUE(succeeded(twice));
  Result<std::vector<Array>> doubled = twice->call({makeFull({1}, 2.0f)});
  ASSERT_TRUE(doubled);
  EXPECT_EQ(doubled->front().get(0), 4.0);
}

TEST(CompiledModule, RefusesOtherInputs) {
  TestContext context;
  FailureOr<CompiledModule> module = context.compile(kTwoFunctions);
  ASSERT_TRUE(succeeded(module));
  FailureOr<CompiledFunction> swap = module->lookup("swap");
  ASSERT_TRUE(succeeded(swap));
  EXPECT_EQ(swap->call({makeFull({2}, 1.0f)}).message(),
            "function 'swap': 1 inputs, want 2");
  EXPECT_EQ(swap->call({makeFull({3}, 1.0f), Array(DType::I64, {})}).message(),
            "function 'swap': input 0 is 3xF32, want tensor<2xF32>");
}

TEST(CompiledModule, SaysWhichFunctionsThereAre) {
  TestContext context;
  std::string message;
  context.context.getDiagEngine().registerHandler(
      [&](Diagnostic &diagnostic) { message = diagnostic.str(); });
  CompileOptions options;
  options.functions = {"hidden"};
  EXPECT_TRUE(failed(context.compile(kTwoFunctions, options)));
  EXPECT_EQ(message, "has no public function 'hidden' with a body, but has "
                     "twice, swap");
  FailureOr<CompiledModule> module = context.compile(kTwoFunctions);
  ASSERT_TRUE(succeeded(module));
  EXPECT_TRUE(failed(module->lookup("thrice")));
  EXPECT_EQ(message, "has no public function 'thrice' with a body, but has "
                     "twice, swap");
}

TEST(CompiledModule, ReadsLargeConstantsInPlace) {
  // The code returns a copy of the constant; what it copies is the attribute's
  // own memory, found again by changing a byte of it.
  TestContext context;
  std::string text = "func.func @main() -> tensor<2048xf32> {\n"
                     "  %c = arith.constant dense<[";
  for (int i = 0; i < 2048; ++i)
    text += (i ? ", " : "") + std::to_string(i) + ".0";
  text += "]> : tensor<2048xf32>\n  %e = tensor.empty() : tensor<2048xf32>\n"
          "  %y = linalg.copy ins(%c : tensor<2048xf32>) outs(%e : "
          "tensor<2048xf32>) -> tensor<2048xf32>\n"
          "  return %y : tensor<2048xf32>\n}\n";
  auto module = parseSourceString<ModuleOp>(text, &context.context);
  ASSERT_TRUE(module);
  ArrayRef<char> bytes;
  module->walk([&](Operation *op) {
    if (auto value = op->getAttrOfType<DenseElementsAttr>("value"))
      bytes = value.getRawData();
  });
  ASSERT_EQ(bytes.size(), 4u * 2048);
  FailureOr<CompiledModule> compiled =
      CompiledModule::compile(std::move(module), {});
  ASSERT_TRUE(succeeded(compiled));
  FailureOr<CompiledFunction> main = compiled->lookup("main");
  ASSERT_TRUE(succeeded(main));
  float changed = -1.0f;
  memcpy(const_cast<char *>(bytes.data()) + 4 * 100, &changed, 4);
  Result<std::vector<Array>> result = main->call({});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->front().get(2047), 2047.0);
  EXPECT_EQ(result->front().get(100), -1.0);
}

TEST(Array, SharesMemoryOfOthers) {
  auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2});
  std::weak_ptr<std::vector<float>> alive = owner;
  {
    Array array =
        Array::share(DType::F32, {2},
                     reinterpret_cast<const uint8_t *>(owner->data()), owner);
    owner.reset();
    EXPECT_FALSE(alive.expired());
    EXPECT_EQ(array.get(1), 2.0);
  }
  EXPECT_TRUE(alive.expired());
}
