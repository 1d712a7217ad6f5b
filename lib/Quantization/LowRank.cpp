//===- LowRank.cpp - low-rank compensation (LoRC) -------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/LowRank.h"
#include "LinearAlgebra.h"
#include "RowBlocks.h"

#include <Eigen/QR>
#include <Eigen/SVD>

#include <cmath>
#include <random>

using namespace zq;

using RowMajor =
    Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ErrorMap = Eigen::Map<const RowMajor>;

namespace {
/// The leading singular triplets.
struct Triplets {
  Eigen::MatrixXf u; ///< N x r
  Eigen::VectorXf s; ///< r, descending
  Eigen::MatrixXf v; ///< K x r
};
} // namespace

/// In FP64, all of it.
static Triplets computeExactSVD(const ErrorMap &error, int64_t rank) {
  Eigen::BDCSVD<Eigen::MatrixXd> svd(error.cast<double>(),
                                     Eigen::ComputeThinU | Eigen::ComputeThinV);
  return {svd.matrixU().leftCols(rank).cast<float>(),
          svd.singularValues().head(rank).cast<float>(),
          svd.matrixV().leftCols(rank).cast<float>()};
}

static Eigen::MatrixXf orthonormalize(const Eigen::MatrixXf &columns) {
  Eigen::HouseholderQR<Eigen::MatrixXf> qr(columns);
  return qr.householderQ() *
         Eigen::MatrixXf::Identity(columns.rows(), columns.cols());
}

/// Columns in general position, the same on every machine.
static Eigen::MatrixXf makeStart(int64_t rows, int64_t columns) {
  std::mt19937 generator(20240229);
  Eigen::MatrixXf start(rows, columns);
  for (int64_t column = 0; column < columns; ++column)
    for (int64_t row = 0; row < rows; ++row)
      start(row, column) = float(int32_t(generator())) * 0x1p-31f;
  return start;
}

/// error * columns, by blocks of the error's rows. Eigen's matrices are stored
/// by columns: to BLAS, which is told rows, they are transposed.
static Eigen::MatrixXf multiplyError(const ErrorMap &error,
                                     const Eigen::MatrixXf &columns,
                                     const ParallelFor &parallelFor) {
  int64_t n = error.rows(), k = error.cols();
  Eigen::MatrixXf product(n, columns.cols());
  forEachRowBlock(
      parallelFor, n, 256, [&](int64_t, int64_t begin, int64_t end) {
        multiply(columns.cols(), end - begin, k, 1.0f, {columns.data(), k},
                 {error.data() + begin * k, k, true}, 0.0f,
                 {product.data() + begin, n});
      });
  return product;
}

/// error^T * columns, by blocks of the error's columns.
static Eigen::MatrixXf multiplyTransposed(const ErrorMap &error,
                                          const Eigen::MatrixXf &columns,
                                          const ParallelFor &parallelFor) {
  int64_t n = error.rows(), k = error.cols();
  Eigen::MatrixXf product(k, columns.cols());
  forEachRowBlock(
      parallelFor, k, 256, [&](int64_t, int64_t begin, int64_t end) {
        multiply(columns.cols(), end - begin, n, 1.0f, {columns.data(), n},
                 {error.data() + begin, k}, 0.0f, {product.data() + begin, k});
      });
  return product;
}

/// Randomized block Krylov iteration (Musco and Musco 2015): the best rank-r
/// approximation within span [E S, (E E^T) E S, ...], S random. A quantization
/// error is nearly white, so its spectrum is flat, and the plain subspace
/// iteration, which keeps the last block alone, converges much more slowly.
static Triplets computeKrylovSVD(const ErrorMap &error, int64_t rank,
                                 int64_t width, int64_t blocks,
                                 const ParallelFor &parallelFor) {
  Eigen::MatrixXf basis(error.rows(), width * blocks);
  Eigen::MatrixXf block = orthonormalize(
      multiplyError(error, makeStart(error.cols(), width), parallelFor));
  basis.leftCols(width) = block;
  for (int64_t i = 1; i < blocks; ++i) {
    Eigen::MatrixXf pulled =
        orthonormalize(multiplyTransposed(error, block, parallelFor));
    block = orthonormalize(multiplyError(error, pulled, parallelFor));
    basis.middleCols(i * width, width) = block;
  }
  basis = orthonormalize(basis);

  // The SVD of the small matrix basis^T E, by way of its transpose's QR.
  Eigen::MatrixXf projected =
      multiplyTransposed(error, basis, parallelFor); // K x width * blocks
  Eigen::HouseholderQR<Eigen::MatrixXf> qr(projected);
  Eigen::MatrixXd triangle = qr.matrixQR()
                                 .topRows(projected.cols())
                                 .triangularView<Eigen::Upper>()
                                 .toDenseMatrix()
                                 .cast<double>();
  Eigen::BDCSVD<Eigen::MatrixXd> svd(triangle,
                                     Eigen::ComputeThinU | Eigen::ComputeThinV);
  Eigen::MatrixXf left = Eigen::MatrixXf::Zero(projected.rows(), rank);
  left.topRows(projected.cols()) = svd.matrixU().leftCols(rank).cast<float>();
  return {basis * svd.matrixV().leftCols(rank).cast<float>(),
          svd.singularValues().head(rank).cast<float>(),
          qr.householderQ() * left};
}

static LowRankFactors makeFactors(const Triplets &triplets) {
  LowRankFactors factors;
  factors.n = triplets.u.rows();
  factors.k = triplets.v.rows();
  factors.rank = triplets.s.size();
  factors.down.resize(factors.rank * factors.k);
  factors.up.resize(factors.n * factors.rank);
  for (int64_t i = 0; i < factors.rank; ++i) {
    Eigen::Index peak;
    triplets.v.col(i).cwiseAbs().maxCoeff(&peak);
    float root = std::sqrt(std::max(triplets.s(i), 0.0f));
    float factor = triplets.v(peak, i) < 0.0f ? -root : root;
    for (int64_t column = 0; column < factors.k; ++column)
      factors.down[i * factors.k + column] = triplets.v(column, i) * factor;
    for (int64_t row = 0; row < factors.n; ++row)
      factors.up[row * factors.rank + i] = triplets.u(row, i) * factor;
  }
  return factors;
}

Result<LowRankFactors>
zq::computeLowRankFactors(const float *error, int64_t n, int64_t k,
                          int64_t rank, const ParallelFor &parallelFor) {
  int64_t most = std::min(n, k);
  if (rank < 1 || rank > most)
    return Error{"rank " + std::to_string(rank) + " for a weight of " +
                 std::to_string(n) + " x " + std::to_string(k) +
                 ", expected 1 to " + std::to_string(most)};
  ErrorMap map(error, n, k);
  int64_t width = rank + std::max<int64_t>(8, rank / 4);
  int64_t blocks = std::min<int64_t>(8, most / width);
  bool small = most <= 128;
  if (small || blocks < 3)
    return makeFactors(computeExactSVD(map, rank));
  return makeFactors(computeKrylovSVD(map, rank, width, blocks, parallelFor));
}

Result<LowRankFactors>
zq::computeLowRankFactors(const WeightView &weight,
                          const QuantizedMatrix &quantized, int64_t rank,
                          const ParallelFor &parallelFor) {
  int64_t n = weight.n, k = weight.k;
  if (quantized.n != n || quantized.k != k)
    return Error{"quantized weight of " + std::to_string(quantized.n) + " x " +
                 std::to_string(quantized.k) + ", expected " +
                 std::to_string(n) + " x " + std::to_string(k) +
                 " as the float weight"};
  std::vector<float> error(n * k);
  forEachRowBlock(parallelFor, n, 16, [&](int64_t, int64_t begin, int64_t end) {
    std::vector<float> row(k);
    for (int64_t i = begin; i < end; ++i) {
      weight.loadRow(i, row.data());
      float *target = error.data() + i * k;
      quantized.dequantizeRow(i, target);
      for (int64_t column = 0; column < k; ++column)
        target[column] = row[column] - target[column];
    }
  });
  return computeLowRankFactors(error.data(), n, k, rank, parallelFor);
}
