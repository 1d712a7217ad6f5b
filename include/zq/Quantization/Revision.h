//===- Revision.h - which results a quantizer gives -------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_REVISION_H
#define ZQ_QUANTIZATION_REVISION_H

namespace zq {

/// Interrupted runs are gone on with only by a program of the same revision.
///
/// To be raised with every change after which a weight's codes, scales, low-rank
/// factors or what is reported of them may differ for the same inputs and options,
/// be it by a rounding: the order of a sum counts. Speed, messages and new options
/// that are off do not.
constexpr int kAlgorithmRevision = 1;

} // namespace zq

#endif // ZQ_QUANTIZATION_REVISION_H
