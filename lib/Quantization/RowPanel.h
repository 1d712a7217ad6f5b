//===- RowPanel.h - some rows, transposed -----------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Calibrated algorithms go through a weight column by column, and its rows do
// not depend on each other. So they work on panels of rows, transposed: one
// column of all rows is contiguous, and vector instructions go across rows.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_QUANTIZATION_ROWPANEL_H
#define ZQ_LIB_QUANTIZATION_ROWPANEL_H

#include "zq/Quantization/Matrix.h"

namespace zq {

/// Rows begin..begin+rows of a matrix. Arrays over a panel have `width` values
/// a column: `rows`, and zeros up to a multiple of 16.
struct RowPanel {
  int64_t begin;
  int64_t rows;
  int64_t width;

  RowPanel(int64_t begin, int64_t rows)
      : begin(begin), rows(rows), width((rows + 15) / 16 * 16) {}

  /// Rows of a panel of an N-row matrix: wide enough for fast products, and
  /// enough panels for some threads. Depends on nothing but N.
  static int64_t getRows(int64_t n) { return n >= 4096 ? 256 : n >= 1024 ? 128 : 64; }

  /// The weight's rows: column order[j] becomes column j of the panel. A null
  /// order is the natural one. Columns c with `dead[c]` become zero.
  void load(const WeightView &weight, const int32_t *order,
            const std::vector<bool> &dead, float *panel) const;
  /// The values of the rows' codes, without scales, in the natural order.
  void loadCodeValues(const QuantizedMatrix &matrix, float *panel) const;
  /// Codes (one byte each) of the panel to the matrix's rows.
  void storeCodes(const uint8_t *codes, const int32_t *order,
                  QuantizedMatrix &matrix) const;
};

/// Columns begin..begin+count of a panel are quantized one after the other,
/// each after the errors of those before it in the call were fed back.
///
/// feedback: what errors of earlier columns add to each column; count x width.
/// error: the weight's columns, and then their errors w - q; count x width.
/// scales[j]: the scales of column j. r: R's rows from `begin` on, at its
/// column `begin` (see HessianFactor). codes: count x width.
void quantizeColumns(Format format, int64_t count, int64_t width,
                     float *feedback, float *error, const float *const *scales,
                     const float *r, int64_t rStride, uint8_t *codes);

/// Adds the rows' energies to the matrix's, which are set anew: of the weight,
/// and of its difference to the dequantized matrix.
void computeEnergies(const WeightView &weight, QuantizedMatrix &matrix,
                     const ParallelFor &parallelFor);

} // namespace zq

#endif // ZQ_LIB_QUANTIZATION_ROWPANEL_H
