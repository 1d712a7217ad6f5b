//===- Moments.h - what calibration learns of a site ------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_SEQUENTIAL_MOMENTS_H
#define ZQ_LIB_SEQUENTIAL_MOMENTS_H

#include "zq/Arrays/Array.h"
#include "zq/Calibration/Statistics.h"
#include "zq/Numerics/Formats.h"

namespace zq {

/// Floats of an array, `tokens` x `k` row by row. F32 is seen where it is.
class FloatView {
public:
  explicit FloatView(const Array &array);

  const float *data() const { return values; }
  int64_t getNumElements() const { return count; }

private:
  Array array;
  std::vector<float> copy;
  const float *values;
  int64_t count;
};

/// Codes with a scale for each token, as F32.
Array dequantize(const Array &codes, const Array &scales, Format format);

/// Adds up what a statistics file has of one site: the Hessian of the inputs x
/// of the quantized model, (2/n) sum x_f x^T with the float model's, and
/// (2/n) sum (r_f - r) x^T of what the residual stream behind a layer lacks.
class SiteMoments {
public:
  /// `outline` says which there are. With `weightsTokens`, where there is a
  /// residual stream, a token counts by 1 / mean(r_f^2): errors matter to what
  /// comes later as parts of the stream, which a norm brings to one size.
  explicit SiteMoments(StatisticsOutline outline, bool weightsTokens = false);

  struct Residual {
    const float *inFloat, *quantized; ///< tokens x rows each
  };
  /// Tokens of one window. `inFloat` may be null without input moment,
  /// `residuals` are those of `outline.residualRows`, in its order.
  Result<void> add(int64_t tokens, const float *x, const float *inFloat,
                   const std::vector<Residual> &residuals,
                   const ParallelFor &parallelFor);

  const StatisticsOutline &getOutline() const { return outline; }
  Result<void> write(const std::string &path) const;

private:
  StatisticsOutline outline;
  bool weightsTokens;
  MomentAccumulator hessian;
  std::optional<MomentAccumulator> inputs;
  std::vector<MomentAccumulator> residualSums;
  std::vector<float> absmax;
  MagnitudeHistogram histogram;
};

} // namespace zq

#endif // ZQ_LIB_SEQUENTIAL_MOMENTS_H
