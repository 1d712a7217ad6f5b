//===- Target.h - the weight that a quantized one should act as -*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inside a quantized model a layer sees inputs x_q that earlier layers have
// already changed, where the float model has x_f. Quantizing towards the float
// weight W reproduces W x_q; better is what was there before, y = W x_f, or
// what makes the residual stream right again, y = W x_f + r_f - r_q. The weight
// whose outputs on x_q are nearest to y (least squares) takes W's place in
// everything that follows.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_TARGET_H
#define ZQ_QUANTIZATION_TARGET_H

#include "zq/Quantization/Hessian.h"

namespace zq {

/// Cross moments with the inputs x_q of the Hessian, over its tokens; either
/// may be null.
struct TargetMoments {
  /// (2/n) sum x_f x_q^T, K x K. Without it x_f is x_q.
  const CrossMoment *inputs = nullptr;
  /// (2/n) sum (r_f - r_q) x_q^T, N x K.
  const CrossMoment *residual = nullptr;
};

/// W + strength (T - W H) H'^-1, N x K row by row, T = (2/n) sum y x_q^T: with
/// strength 1 the least-squares weight towards y, with 0 the weight itself, in
/// between the one towards a y between. H is the Hessian before damping and H'
/// the damped one, as `factor` has it: damping pulls towards W.
///
/// Fails where sizes or numbers of tokens differ: what is left out of the
/// Hessian and not of the moments would blow the weight up.
Result<std::vector<float>>
computeTargetWeight(const WeightView &weight, const DampedHessian &hessian,
                    const HessianFactor &factor, const TargetMoments &moments,
                    double strength, const ParallelFor &parallelFor = {});

} // namespace zq

#endif // ZQ_QUANTIZATION_TARGET_H
