//===- Hessian.h - second moments of a layer's inputs -----------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What calibration knows of a layer y = x w^T. With E the error of the weight,
// the output's squared error over n tokens is tr(E H E^T) n / 2, where
// H = (2/n) sum x x^T: the Hessian of the mean squared error in each row of
// the weight. Everything calibrated in this library starts from it.
//
// A weight may also be fitted to outputs that differ from its own, such as the
// float model's where the inputs x are the quantized model's. They enter as the
// cross moment (2/n) sum y x^T, over the same tokens: what is left out of the
// Hessian must be left out of it, too.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_HESSIAN_H
#define ZQ_QUANTIZATION_HESSIAN_H

#include "zq/Quantization/Matrix.h"
#include "zq/Support/Result.h"

#include <optional>
#include <string_view>

namespace zq {

/// (2/n) sum x x^T over n tokens, K x K, symmetric.
struct Hessian {
  int64_t k = 0;
  int64_t tokens = 0;
  std::vector<float> values;

  float get(int64_t i, int64_t j) const { return values[i * k + j]; }
  /// What weights squared errors where correlations are left aside.
  std::vector<float> getDiagonal() const;
};

/// (2/n) sum y x^T over n tokens, rows x K.
struct CrossMoment {
  int64_t rows = 0;
  int64_t k = 0;
  int64_t tokens = 0;
  std::vector<float> values;
};

/// Adds up moments batch by batch: FP32 products over at most 512 tokens, FP64
/// over those. The result depends on how tokens are divided into batches (in
/// its last bits), not on threads.
class MomentAccumulator {
public:
  /// The Hessian of inputs of `k` values.
  explicit MomentAccumulator(int64_t k);
  /// The cross moment of outputs of `rows` values with inputs of `k`.
  MomentAccumulator(int64_t rows, int64_t k);

  /// Adds `tokens` inputs (tokens x K, row by row) to a Hessian. A value that
  /// is not finite, or one from 2^56, fails, and nothing is added.
  Result<void> add(const float *x, int64_t tokens,
                   const ParallelFor &parallelFor = {});
  /// Adds pairs of outputs (tokens x rows) and inputs to a cross moment.
  Result<void> add(const float *y, const float *x, int64_t tokens,
                   const ParallelFor &parallelFor = {});

  int64_t getTokens() const { return tokens; }
  /// Zeros where there were no tokens.
  Hessian getHessian() const;
  CrossMoment getCrossMoment() const;

private:
  void addProducts(const float *y, const float *x, int64_t count,
                   const ParallelFor &parallelFor);

  int64_t rows;
  int64_t k;
  bool symmetric;
  int64_t tokens = 0;
  /// rows x K; of a Hessian the tiles on and below the diagonal.
  std::vector<double> sums;
};

/// What is added to the Hessian's diagonal before it is factored.
enum class Damping : uint8_t {
  Mean,    ///< a part of the diagonal's mean, the same for all columns
  Diagonal ///< a part of each column's own entry
};
/// "mean", "diagonal".
std::optional<Damping> parseDamping(std::string_view name);

struct DampingOptions {
  Damping kind = Damping::Mean;
  double amount = 0.01;
};

/// The Hessian that algorithms work with: a column without inputs (H_ii = 0)
/// is `dead` and gets H_ii = 1, the others get their damping.
struct DampedHessian : Hessian {
  std::vector<bool> dead;
  /// The diagonal before: what searches of scales weight errors with.
  std::vector<float> importance;

  /// Fails on an entry that is not finite, or negative on the diagonal, and on
  /// a negative damping.
  static Result<DampedHessian> compute(const Hessian &hessian,
                                       const DampingOptions &options);
};

/// In which order columns are quantized.
enum class ColumnOrder : uint8_t {
  Natural,
  Descending ///< by the Hessian's diagonal, the largest first ("act-order")
};
/// "natural", "descending".
std::optional<ColumnOrder> parseColumnOrder(std::string_view name);

/// A damped Hessian as R D R^T, columns in the order of quantization: R upper
/// triangular with ones on the diagonal, D diagonal.
///
/// With column j last among 0..j, the error tr(E H E^T) of a row e is
/// sum_j D_j (e_j + sum_{i<j} e_i R_ij)^2. GPTQ makes the terms small one by
/// one: column j is rounded after sum_{i<j} e_i R_ij was added to it. This is
/// the published recursion (err / U_jj fed back through row j of U, the upper
/// Cholesky factor of H^-1) without its matrix inverse, since U = D^-1/2 R^-1.
class HessianFactor {
public:
  /// Fails on a matrix that is not positive definite.
  static Result<HessianFactor> compute(const DampedHessian &hessian,
                                       ColumnOrder order = ColumnOrder::Natural,
                                       const ParallelFor &parallelFor = {});
  /// Damps and factors.
  static Result<HessianFactor> compute(const Hessian &hessian,
                                       const DampingOptions &damping,
                                       ColumnOrder order = ColumnOrder::Natural,
                                       const ParallelFor &parallelFor = {});

  int64_t k = 0;
  /// order[j] is the column that is quantized as number j.
  std::vector<int32_t> order;
  ColumnOrder columnOrder = ColumnOrder::Natural;
  /// R, K x K, row by row; below the diagonal zeros.
  std::vector<float> r;
  /// D.
  std::vector<double> d;
  /// By column: whether it had no inputs.
  std::vector<bool> dead;
};

/// tr(E H E^T) / tr(W H W^T), E = W - dequantized - compensation: the squared
/// error of the layer's output on the calibration data, relative to the
/// output's own square; 0 where the error is 0. `compensation` (N x K, row by
/// row) may be null. Of a damped Hessian, what it was before damping counts.
Result<double> computeHessianError(const WeightView &weight,
                                   const QuantizedMatrix &quantized,
                                   const Hessian &hessian,
                                   const float *compensation = nullptr,
                                   const ParallelFor &parallelFor = {});
Result<double> computeHessianError(const WeightView &weight,
                                   const QuantizedMatrix &quantized,
                                   const DampedHessian &hessian,
                                   const float *compensation = nullptr,
                                   const ParallelFor &parallelFor = {});

} // namespace zq

#endif // ZQ_QUANTIZATION_HESSIAN_H
