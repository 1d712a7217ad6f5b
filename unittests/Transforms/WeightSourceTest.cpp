//===- WeightSourceTest.cpp - weights seen through layout ops -------------===//
//
// Each module's last value is read through WeightSource and compared with its
// numbers written out by hand.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Transforms/WeightSource.h"

#include "../Support/TemporaryFolder.h"
#include "dialects/Zq/Zq.h"
#include "zq/Weights/Safetensors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;

namespace {

class WeightSourceTest : public testing::Test {
protected:
  WeightSourceTest() {
    context.loadDialect<arith::ArithDialect, func::FuncDialect,
                        linalg::LinalgDialect, ml_program::MLProgramDialect,
                        tensor::TensorDialect, zq::ZqDialect>();
  }

  /// The value that the body's func.return returns.
  Value parse(const std::string &body, const std::string &arguments = "") {
    module = parseSourceString<ModuleOp>(
        "func.func @f(" + arguments + ") -> " + type + " {\n" + body +
            "\nreturn %r : " + type + "\n}\n" + resources,
        &context);
    auto function = cast<func::FuncOp>(module->getBody()->front());
    return function.front().getTerminator()->getOperand(0);
  }

  std::vector<float> read(Value value) {
    auto source = zq::WeightSource::resolve(value);
    if (!source) {
      ADD_FAILURE() << source.message();
      return {};
    }
    auto reader = source->open(files);
    if (!reader) {
      ADD_FAILURE() << reader.message();
      return {};
    }
    int64_t rows = reader->getNumRows(), columns = reader->getNumColumns();
    std::vector<float> values(rows * columns);
    // In two pieces, as a reader in bounded memory would.
    reader->readRows(0, rows / 2, values.data());
    reader->readRows(rows / 2, rows - rows / 2,
                     values.data() + rows / 2 * columns);
    auto view = reader->getView();
    hasView = view.has_value();
    for (int64_t i = 0; hasView && i < rows * columns; ++i)
      if (view->type == zq::FloatType::F32)
        EXPECT_EQ(values[i], static_cast<const float *>(
                                 view->data)[i / columns * view->rowStride +
                                             i % columns * view->columnStride]);
    return values;
  }

  std::string getError(Value value) {
    auto source = zq::WeightSource::resolve(value);
    if (!source)
      return source.message();
    auto reader = source->open(files);
    return reader ? "" : reader.message();
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  zq::WeightFiles files;
  std::string type = "tensor<2x3xf32>", resources;
  bool hasView = false;
};

const char *const k2x3 =
    "%w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> "
    ": tensor<2x3xf32>\n";
using Floats = std::vector<float>;

TEST_F(WeightSourceTest, Constant) {
  Value value = parse("%r = arith.constant dense<[[1.0, 2.0, 3.0], "
                      "[4.0, 5.0, 6.0]]> : tensor<2x3xf32>");
  EXPECT_EQ(read(value), (Floats{1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE(hasView);
}

TEST_F(WeightSourceTest, Splat) {
  Value value = parse("%r = arith.constant dense<0.5> : tensor<2x3xf32>");
  EXPECT_EQ(read(value), Floats(6, 0.5f));
}

TEST_F(WeightSourceTest, Resource) {
  type = "tensor<2x2xbf16>";
  resources = "{-# dialect_resources: { builtin: { w: "
              "\"0x02000000803f004040408040\" } } #-}";
  Value value =
      parse("%r = arith.constant dense_resource<w> : tensor<2x2xbf16>");
  EXPECT_EQ(read(value), (Floats{1, 2, 3, 4}));
  EXPECT_EQ(zq::WeightSource::resolve(value)->getName(), "w");
}

TEST_F(WeightSourceTest, Global) {
  resources = "ml_program.global private @w(dense<[[1.0, 2.0, 3.0], "
              "[4.0, 5.0, 6.0]]> : tensor<2x3xf32>) : tensor<2x3xf32>\n"
              "ml_program.global private @e(#ml_program.extern : "
              "tensor<2x3xf32>) : tensor<2x3xf32>";
  Value value = parse("%r = ml_program.global_load_const @w : tensor<2x3xf32>");
  EXPECT_EQ(read(value), (Floats{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(zq::WeightSource::resolve(value)->getName(), "w");
  value = parse("%r = ml_program.global_load_const @e : tensor<2x3xf32>");
  EXPECT_EQ(getError(value),
            "is the global @e, which has no value in this module");
}

TEST_F(WeightSourceTest, ResourceWithoutData) {
  Value value =
      parse("%r = arith.constant dense_resource<gone> : tensor<2x3xf32>");
  EXPECT_NE(getError(value).find("dense_resource<gone>, which has no data"),
            std::string::npos);
}

TEST_F(WeightSourceTest, ResourceOfWrongSize) {
  resources = "{-# dialect_resources: { builtin: { short: "
              "\"0x040000000000803f\" } } #-}";
  Value value =
      parse("%r = arith.constant dense_resource<short> : tensor<2x3xf32>");
  EXPECT_NE(getError(value).find("of 4 bytes, wanted 24"), std::string::npos);
}

TEST_F(WeightSourceTest, Transpose) {
  type = "tensor<3x2xf32>";
  Value value = parse(std::string(k2x3) +
                      "%e = tensor.empty() : tensor<3x2xf32>\n"
                      "%r = linalg.transpose ins(%w : tensor<2x3xf32>) "
                      "outs(%e : tensor<3x2xf32>) permutation = [1, 0]");
  EXPECT_EQ(read(value), (Floats{1, 4, 2, 5, 3, 6}));
  EXPECT_TRUE(hasView);
}

TEST_F(WeightSourceTest, GenericThatTransposesAndConverts) {
  type = "tensor<3x2xbf16>";
  Value value = parse(
      "%w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 1.00390625]]> "
      ": tensor<2x3xf32>\n"
      "%e = tensor.empty() : tensor<3x2xbf16>\n"
      "%r = linalg.generic {indexing_maps = [affine_map<(a, b) -> (b, a)>, "
      "affine_map<(a, b) -> (a, b)>], iterator_types = [\"parallel\", "
      "\"parallel\"]} ins(%w : tensor<2x3xf32>) outs(%e : tensor<3x2xbf16>) {\n"
      "^bb0(%in: f32, %out: bf16):\n"
      "%t = arith.truncf %in : f32 to bf16\n"
      "linalg.yield %t : bf16 } -> tensor<3x2xbf16>");
  // 1 + 2^-8 is halfway between two bf16 numbers; the even one is 1.
  EXPECT_EQ(read(value), (Floats{1, 4, 2, 5, 3, 1}));
  EXPECT_FALSE(hasView);
}

TEST_F(WeightSourceTest, Broadcast) {
  type = "tensor<2x3x2xf32>";
  Value value = parse(std::string(k2x3) +
                      "%e = tensor.empty() : tensor<2x3x2xf32>\n"
                      "%r = linalg.broadcast ins(%w : tensor<2x3xf32>) "
                      "outs(%e : tensor<2x3x2xf32>) dimensions = [2]");
  EXPECT_EQ(read(value), (Floats{1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6}));
}

TEST_F(WeightSourceTest, ReshapeOfTranspose) {
  // w^T is [1 4; 2 5; 3 6]; its elements in order, as 2 x 3.
  Value value = parse(std::string(k2x3) +
                      "%e = tensor.empty() : tensor<3x2xf32>\n"
                      "%t = linalg.transpose ins(%w : tensor<2x3xf32>) "
                      "outs(%e : tensor<3x2xf32>) permutation = [1, 0]\n"
                      "%c = tensor.collapse_shape %t [[0, 1]] : "
                      "tensor<3x2xf32> into tensor<6xf32>\n"
                      "%r = tensor.expand_shape %c [[0, 1]] output_shape "
                      "[2, 3] : tensor<6xf32> into tensor<2x3xf32>");
  EXPECT_NE(getError(value).find("elements that are not adjacent"),
            std::string::npos);
  type = "tensor<6x1xf32>";
  value = parse(std::string(k2x3) +
                "%e = tensor.empty() : tensor<3x2xf32>\n"
                "%t = linalg.transpose ins(%w : tensor<2x3xf32>) "
                "outs(%e : tensor<3x2xf32>) permutation = [1, 0]\n"
                "%c = tensor.collapse_shape %t [[0, 1]] : "
                "tensor<3x2xf32> into tensor<6xf32>\n"
                "%r = tensor.expand_shape %c [[0, 1]] output_shape "
                "[6, 1] : tensor<6xf32> into tensor<6x1xf32>");
  EXPECT_EQ(read(value), (Floats{1, 4, 2, 5, 3, 6}));
  EXPECT_FALSE(hasView);
}

TEST_F(WeightSourceTest, HeadsOfAProjection) {
  // 2 heads of 2 x 3, as (head, k, d) to N = head * d rows of K = k.
  type = "tensor<6x2xf32>";
  Value value =
      parse("%w = arith.constant dense<[[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], "
            "[[6.0, 7.0, 8.0], [9.0, 10.0, 11.0]]]> : tensor<2x2x3xf32>\n"
            "%e = tensor.empty() : tensor<2x3x2xf32>\n"
            "%t = linalg.transpose ins(%w : tensor<2x2x3xf32>) "
            "outs(%e : tensor<2x3x2xf32>) permutation = [0, 2, 1]\n"
            "%r = tensor.collapse_shape %t [[0, 1], [2]] : "
            "tensor<2x3x2xf32> into tensor<6x2xf32>");
  EXPECT_EQ(read(value), (Floats{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}));
}

TEST_F(WeightSourceTest, Slice) {
  type = "tensor<2x2xf32>";
  Value value = parse(std::string(k2x3) +
                      "%r = tensor.extract_slice %w[0, 0] [2, 2] [1, 2] : "
                      "tensor<2x3xf32> to tensor<2x2xf32>");
  EXPECT_EQ(read(value), (Floats{1, 3, 4, 6}));
  EXPECT_TRUE(hasView);
}

TEST_F(WeightSourceTest, Argument) {
  Value value = parse("%r = tensor.cast %w : tensor<2x3xf32> to "
                      "tensor<2x3xf32>",
                      "%w: tensor<2x3xf32>");
  EXPECT_EQ(getError(value),
            "is argument 0 of @f, whose value is not known here; "
            "zq-bind-weights binds it to a file (in zq-quantize and "
            "zq-compile: weights=FILE and weight-names=f:0=TENSOR, or the "
            "argument's attribute zq.weight)");
}

TEST_F(WeightSourceTest, Computed) {
  Value value =
      parse(std::string(k2x3) + "%r = arith.addf %w, %w : tensor<2x3xf32>");
  EXPECT_EQ(getError(value), "is computed by 'arith.addf'");
}

TEST_F(WeightSourceTest, NoElements) {
  type = "tensor<0x3xf32>";
  Value value = parse("%r = arith.constant dense<1.0> : tensor<0x3xf32>");
  EXPECT_EQ(getError(value), "is tensor<0x3xf32>, which has no elements");
}

TEST_F(WeightSourceTest, File) {
  zq::TemporaryFolder folder;
  std::string path = folder / "w.safetensors";
  auto writer = zq::SafetensorsWriter::create(
      path, {{"layer.weight", zq::DType::F32, {2, 3}}});
  ASSERT_TRUE(writer);
  float values[] = {1, 2, 3, 4, 5, 6};
  ASSERT_TRUE(writer->write(0, values, sizeof(values)));
  ASSERT_TRUE(writer->finish());

  auto weight = [&](const std::string &tensor) {
    return "%r = zq.weight \"" + tensor + "\" from \"" + path + "\" : " + type;
  };
  Value value = parse(weight("layer.weight"));
  EXPECT_EQ(read(value), (Floats{1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE(zq::WeightSource::resolve(value)->isExternal());

  EXPECT_NE(getError(parse(weight("layer.weigth"))).find("layer.weight"),
            std::string::npos);
  type = "tensor<3x2xbf16>";
  EXPECT_EQ(getError(parse(weight("layer.weight"))),
            path + ": tensor 'layer.weight' is F32 2x3, wanted BF16 3x2");
}

} // namespace
