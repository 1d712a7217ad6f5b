//===- GemmLowRank.cpp - low-rank compensation's second product -----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// sums + up x t in the GEMM's epilogue, by mma.sync in TF32, 16 of the rank at a
// time. A thread's four numbers of a rank step are neighbours in memory: the sum
// over the rank may take any order, as long as both factors take the same.
//
// What takes time is to wait for the factors. Of few tokens those of the first 16
// ranks are in registers before the products.
//
//===----------------------------------------------------------------------===//

#include "GemmParts.h"

using namespace mlir;
using namespace zq::hopper;
using State = KernelBuilder::State;

static constexpr int64_t rankStep = 16, perThread = rankStep / 4;
static constexpr int64_t perEight = 4; ///< a thread's sums of 8 tokens

/// This thread's columns, from `firstRank`, of some rows of a matrix with gemm.rank
/// columns; zero past the end, where that is not `whole` steps.
SmallVector<Value> Epilogue::loadFactor(Type type, Value matrix,
                                        ArrayRef<Scalar> rows, Scalar firstRank,
                                        bool whole) {
  Scalar first = firstRank + lane % 4 * perThread;
  Values vectors;
  for (Scalar row : rows) {
    Scalar begin = b.asI64(row) * b.asI64(gemm.rank);
    if (whole) {
      vectors.push_back(b.loadVector(
          type, perThread, b.element(type, matrix, begin + b.asI64(first))));
      continue;
    }
    Scalar zero(b, b.extract(b.zeroVector(type, 1), 0));
    Values numbers;
    for (int64_t i = 0; i < perThread; ++i) {
      Scalar column = first + i;
      Scalar at = begin + b.asI64(b.min(column, gemm.rank - 1));
      Scalar number(b, b.load(type, b.element(type, matrix, at)));
      numbers.push_back(b.select(column < gemm.rank, number, zero));
    }
    vectors.push_back(b.pack(numbers));
  }
  return vectors;
}

/// Rows past the end are the last one, and so are tokens.
Epilogue::Factors Epilogue::loadFactors(Tile tile, int64_t firstToken,
                                        int64_t numTokens, Scalar firstRank,
                                        bool whole) {
  Scalar row = firstRow(tile) + warp * 16 + lane / 4;
  SmallVector<Scalar> tokens;
  for (int64_t i = 0; i < numTokens; i += 8)
    tokens.push_back(
        b.min(tile.firstToken + lane / 4 + (firstToken + i), gemm.m - 1));
  return {loadFactor(gemm.kernel.up, gemm.up,
                     {b.min(row, gemm.n - 1), b.min(row + 8, gemm.n - 1)},
                     firstRank, whole),
          loadFactor(b.builder.getF32Type(), gemm.t, tokens, firstRank, whole)};
}

void Epilogue::loadFactorsEarly(Tile tile) {
  auto load = [&](bool whole) {
    Factors all = loadFactors(tile, 0, layout.tileTokens, b.i32(0), whole);
    llvm::append_range(all.up, all.t);
    return all.up;
  };
  Values all = b.choose(
      gemm.rank % rankStep == 0, [&] { return load(true); },
      [&] { return load(false); });
  early.up.assign(all.begin(), all.begin() + 2);
  early.t.assign(all.begin() + 2, all.end());
}

SmallVector<Value> Epilogue::multiply(ArrayRef<Value> sums,
                                      const Factors &factors) {
  auto getOperands = [&](Value vector) {
    SmallVector<Value> operands;
    for (Value number : b.unpack(vector))
      operands.push_back(b.toTF32(b.toF32(number)));
    return operands;
  };
  SmallVector<Value> low = getOperands(factors.up[0]),
                     high = getOperands(factors.up[1]);
  SmallVector<Value> result(sums);
  for (auto [eight, vector] : llvm::enumerate(factors.t)) {
    SmallVector<Value> t = getOperands(vector);
    MutableArrayRef<Value> here =
        MutableArrayRef(result).slice(eight * perEight, perEight);
    for (int64_t i = 0; i < perThread; i += 2)
      llvm::copy(b.multiplyTF32({low[i], high[i], low[i + 1], high[i + 1]},
                                {t[i], t[i + 1]}, here),
                 here.begin());
  }
  return result;
}

SmallVector<Value> Epilogue::compensate(Tile tile, ArrayRef<Value> sums,
                                        int64_t firstToken) {
  Values result(sums);
  int64_t numTokens = sums.size() / perEight * 8, firstRank = 0;
  if (!early.t.empty()) {
    Factors factors = early;
    factors.t = llvm::to_vector(
        ArrayRef(early.t).slice(firstToken / 8, numTokens / 8));
    result = multiply(sums, factors);
    firstRank = rankStep;
  }
  auto addOthers = [&](bool whole) {
    return b.loop(b.i32(firstRank), gemm.rank, b.i32(rankStep),
                  {b.pack(result)}, [&](Scalar rank, ValueRange values) {
                    return State{b.pack(multiply(
                        b.unpack(values[0]),
                        loadFactors(tile, firstToken, numTokens, rank, whole)))};
                  });
  };
  return b.unpack(b.choose(
      gemm.rank % rankStep == 0, [&] { return addOthers(true); },
      [&] { return addOthers(false); })[0]);
}
