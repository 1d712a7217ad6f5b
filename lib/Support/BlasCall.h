//===- BlasCall.h - calls of OpenBLAS from several threads ------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_SUPPORT_BLASCALL_H
#define ZQ_LIB_SUPPORT_BLASCALL_H

#include <cblas.h>

#include <mutex>

namespace zq {

/// Stands around each call of the library. Its callers are threads already, as
/// many as there are cores: OpenBLAS must not start more inside of them. A
/// build of it without threads has no locks either, so that only one thread of
/// the process may be in it at a time, whoever calls.
class BlasCall {
public:
  BlasCall() {
    static std::mutex mutex;
    static const bool isSerial = [] {
      openblas_set_num_threads(1);
      return openblas_get_parallel() == 0;
    }();
    if (isSerial)
      lock = std::unique_lock<std::mutex>(mutex);
  }

private:
  std::unique_lock<std::mutex> lock;
};

} // namespace zq

#endif // ZQ_LIB_SUPPORT_BLASCALL_H
