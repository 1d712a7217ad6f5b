//===- Runtime.h - what compiled code calls ---------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_EXECUTION_RUNTIME_H
#define ZQ_LIB_EXECUTION_RUNTIME_H

#include <cstddef>
#include <cstdint>

namespace zq {

/// `zq_sgemm` of docs/passes.md (zq-contractions-to-blas).
void multiplyMatrices(intptr_t transposeA, intptr_t transposeB, intptr_t m,
                      intptr_t n, intptr_t k, intptr_t a, intptr_t lda,
                      intptr_t b, intptr_t ldb, intptr_t beta, intptr_t c,
                      intptr_t ldc);

/// `aligned_alloc` and `free` of compiled code. Buffers of one call after the
/// other are of the same sizes, and memory fresh from the system costs as much
/// as a pass over it: each thread keeps the large ones that it freed, as long
/// as they are no more than what it once had in use.
void *allocateBuffer(size_t alignment, size_t size);
void freeBuffer(void *buffer);

} // namespace zq

#endif // ZQ_LIB_EXECUTION_RUNTIME_H
