//===- Failure.h - errors inside the runtime --------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_RUNTIME_FAILURE_H
#define ZQ_LIB_RUNTIME_FAILURE_H

#include "zq/Runtime/zq.h"

#include <stdexcept>
#include <string>

namespace zq::runtime {

/// Thrown inside the runtime; every function of the C interface catches it.
struct Failure : std::runtime_error {
  Failure(ZqStatus status, const std::string &message)
      : std::runtime_error(message), status(status) {}
  ZqStatus status;
};

} // namespace zq::runtime

#endif // ZQ_LIB_RUNTIME_FAILURE_H
