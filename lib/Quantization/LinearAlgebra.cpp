//===- LinearAlgebra.cpp - BLAS and LAPACK on fixed tiles -----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearAlgebra.h"
#include "RowBlocks.h"

#include "lib/Support/BlasCall.h"

#include <cassert>

using namespace zq;

// LAPACK's own interface: the C one (LAPACKE) would bring a second BLAS along.
extern "C" {
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda,
             int *info);
}

static CBLAS_TRANSPOSE getTranspose(bool transposed) {
  return transposed ? CblasTrans : CblasNoTrans;
}

void zq::multiply(int64_t m, int64_t n, int64_t k, float alpha,
                  MatrixRef<const float> a, MatrixRef<const float> b,
                  float beta, MatrixRef<float> c) {
  assert(!c.transposed && "the product is written row by row");
  BlasCall call;
  cblas_sgemm(CblasRowMajor, getTranspose(a.transposed),
              getTranspose(b.transposed), int(m), int(n), int(k), alpha, a.data,
              int(a.stride), b.data, int(b.stride), beta, c.data,
              int(c.stride));
}

void zq::multiply(int64_t m, int64_t n, int64_t k, double alpha,
                  MatrixRef<const double> a, MatrixRef<const double> b,
                  double beta, MatrixRef<double> c) {
  assert(!c.transposed && "the product is written row by row");
  BlasCall call;
  cblas_dgemm(CblasRowMajor, getTranspose(a.transposed),
              getTranspose(b.transposed), int(m), int(n), int(k), alpha, a.data,
              int(a.stride), b.data, int(b.stride), beta, c.data,
              int(c.stride));
}

void zq::solveUnitUpperFromRight(int64_t m, int64_t n, const float *r,
                                 int64_t rStride, bool transposed, float *b,
                                 int64_t bStride) {
  BlasCall call;
  cblas_strsm(CblasRowMajor, CblasRight, CblasUpper, getTranspose(transposed),
              CblasUnit, int(m), int(n), 1.0f, r, int(rStride), b,
              int(bStride));
}

void zq::solveUnitUpperTransposedFromLeft(int64_t n, int64_t m, const float *r,
                                          int64_t rStride, float *b,
                                          int64_t bStride) {
  BlasCall call;
  cblas_strsm(CblasRowMajor, CblasLeft, CblasUpper, CblasTrans, CblasUnit,
              int(n), int(m), 1.0f, r, int(rStride), b, int(bStride));
}

int64_t zq::factorCholesky(double *a, int64_t n,
                           const ParallelFor &parallelFor) {
  constexpr int64_t tile = 128;
  for (int64_t begin = 0; begin < n; begin += tile) {
    int64_t width = std::min(tile, n - begin);
    double *diagonal = a + begin * n + begin;
    // Tiles of this column: subtract what the columns before say. Several at a
    // time, which share what BLAS makes of the one that they are multiplied
    // with.
    if (begin > 0)
      forEachRowBlock(parallelFor, n - begin, 3 * tile,
                      [&](int64_t, int64_t first, int64_t last) {
                        double *rows = a + (begin + first) * n;
                        multiply(last - first, width, begin, -1.0, {rows, n},
                                 {a + begin * n, n, true}, 1.0,
                                 {rows + begin, n});
                      });
    // Upper and by columns, to Fortran, is lower and by rows.
    int size = int(width), stride = int(n), info = 0;
    {
      BlasCall call;
      dpotrf_("U", &size, diagonal, &stride, &info);
    }
    if (info > 0)
      return begin + info - 1;
    int64_t below = begin + width;
    forEachRowBlock(parallelFor, n - below, tile,
                    [&](int64_t, int64_t first, int64_t last) {
                      BlasCall call;
                      cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower,
                                  CblasTrans, CblasNonUnit, int(last - first),
                                  int(width), 1.0, diagonal, int(n),
                                  a + (below + first) * n + begin, int(n));
                    });
  }
  return -1;
}
