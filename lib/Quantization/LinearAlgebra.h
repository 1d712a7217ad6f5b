//===- LinearAlgebra.h - BLAS and LAPACK on fixed tiles ---------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Products and factorizations come from OpenBLAS, which chooses its kernels by
// the CPU at run time. It is called with one thread on tiles of fixed size, and
// the tiles run on the caller's threads: so results do not depend on threads.
// All matrices are row-major.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_QUANTIZATION_LINEARALGEBRA_H
#define ZQ_LIB_QUANTIZATION_LINEARALGEBRA_H

#include "zq/Quantization/Parallel.h"

#include <cstdint>

namespace zq {

/// A matrix inside a larger one. Transposed: element (i, j) is at
/// data[j * stride + i].
template <typename T> struct MatrixRef {
  T *data;
  int64_t stride;
  bool transposed = false;

  MatrixRef(T *data, int64_t stride, bool transposed = false)
      : data(data), stride(stride), transposed(transposed) {}
  MatrixRef transpose() const { return {data, stride, !transposed}; }
};

/// c (m x n) = alpha a b + beta c, a m x k and b k x n, on the calling thread.
/// `c` must not be transposed.
void multiply(int64_t m, int64_t n, int64_t k, float alpha,
              MatrixRef<const float> a, MatrixRef<const float> b, float beta,
              MatrixRef<float> c);
void multiply(int64_t m, int64_t n, int64_t k, double alpha,
              MatrixRef<const double> a, MatrixRef<const double> b, double beta,
              MatrixRef<double> c);

/// b (m x n) = b r^-1, or b r^-T where `transposed`; r is upper triangular with
/// ones on the diagonal, on the calling thread.
void solveUnitUpperFromRight(int64_t m, int64_t n, const float *r,
                             int64_t rStride, bool transposed, float *b,
                             int64_t bStride);

/// b (n x m) = r^-T b, with the same r.
void solveUnitUpperTransposedFromLeft(int64_t n, int64_t m, const float *r,
                                      int64_t rStride, float *b,
                                      int64_t bStride);

/// Replaces the lower triangle of the n x n matrix `a` by its Cholesky factor
/// L, a = L L^T; above the diagonal `a` is neither read nor written outside of
/// the diagonal tiles. Returns the first column whose pivot is not positive, -1
/// if all are.
int64_t factorCholesky(double *a, int64_t n, const ParallelFor &parallelFor);

} // namespace zq

#endif // ZQ_LIB_QUANTIZATION_LINEARALGEBRA_H
