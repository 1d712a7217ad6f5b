//===- Gemm.cpp - products of matrices for compiled code ------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include "lib/Support/BlasCall.h"

#include <cstdio>
#include <cstdlib>
#include <limits>

using namespace zq;

static blasint getBlasInt(intptr_t value) {
  if (value > std::numeric_limits<blasint>::max()) {
    std::fprintf(stderr,
                 "error: a matrix of %lld rows or columns: the BLAS "
                 "library takes at most %lld\n",
                 static_cast<long long>(value),
                 static_cast<long long>(std::numeric_limits<blasint>::max()));
    std::abort();
  }
  return static_cast<blasint>(value);
}

void zq::multiplyMatrices(intptr_t transposeA, intptr_t transposeB, intptr_t m,
                          intptr_t n, intptr_t k, intptr_t a, intptr_t lda,
                          intptr_t b, intptr_t ldb, intptr_t beta, intptr_t c,
                          intptr_t ldc) {
  if (m == 0 || n == 0)
    return;
  auto *result = reinterpret_cast<float *>(c);
  if (k == 0) { // an empty sum
    for (intptr_t i = 0; i < m && !beta; ++i)
      for (intptr_t j = 0; j < n; ++j)
        result[i * ldc + j] = 0.0f;
    return;
  }
  BlasCall call;
  cblas_sgemm(CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
              transposeB ? CblasTrans : CblasNoTrans, getBlasInt(m),
              getBlasInt(n), getBlasInt(k), 1.0f,
              reinterpret_cast<const float *>(a), getBlasInt(lda),
              reinterpret_cast<const float *>(b), getBlasInt(ldb),
              beta ? 1.0f : 0.0f, result, getBlasInt(ldc));
}
