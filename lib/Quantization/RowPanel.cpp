//===- RowPanel.cpp - some rows, transposed -------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RowPanel.h"
#include "Multiversion.h"
#include "RowBlocks.h"
#include "zq/Numerics/Packing.h"
#include "zq/Numerics/Rounding.h"

#include <algorithm>

using namespace zq;

//===----------------------------------------------------------------------===//
// Transposition
//===----------------------------------------------------------------------===//

/// Sixteen rows at a time: a column of them is one cache line of the panel.
static constexpr int64_t strip = 16;

template <typename LoadRow>
static void loadPanel(const RowPanel &panel, int64_t k, const int32_t *order,
                      const std::vector<bool> *dead, float *values,
                      LoadRow loadRow) {
  std::vector<float> rows(strip * k);
  for (int64_t first = 0; first < panel.width; first += strip) {
    std::fill(rows.begin(), rows.end(), 0.0f);
    int64_t count = std::min(strip, panel.rows - first);
    for (int64_t row = 0; row < count; ++row)
      loadRow(panel.begin + first + row, rows.data() + row * k);
    for (int64_t j = 0; j < k; ++j) {
      int64_t column = order ? order[j] : j;
      float *target = values + j * panel.width + first;
      bool isDead = dead && (*dead)[column];
      for (int64_t row = 0; row < strip; ++row)
        target[row] = isDead ? 0.0f : rows[row * k + column];
    }
  }
}

void RowPanel::load(const WeightView &weight, const int32_t *order,
                    const std::vector<bool> &dead, float *panel) const {
  loadPanel(*this, weight.k, order, &dead, panel,
            [&](int64_t row, float *values) { weight.loadRow(row, values); });
}

void RowPanel::loadCodeValues(const QuantizedMatrix &matrix,
                              float *panel) const {
  std::vector<uint8_t> unpacked(matrix.k);
  loadPanel(*this, matrix.k, nullptr, nullptr, panel,
            [&](int64_t row, float *values) {
              const uint8_t *bytes =
                  matrix.codes.data() + row * matrix.getRowBytes();
              if (isFourBit(matrix.format)) {
                unpackRow(bytes, matrix.k, unpacked.data());
                bytes = unpacked.data();
              }
              decode(matrix.format, bytes, matrix.k, values);
            });
}

void RowPanel::storeCodes(const uint8_t *codes, const int32_t *order,
                          QuantizedMatrix &matrix) const {
  int64_t k = matrix.k, rowBytes = matrix.getRowBytes();
  std::vector<uint8_t> stripCodes(strip * k);
  for (int64_t first = 0; first < rows; first += strip) {
    for (int64_t j = 0; j < k; ++j) {
      int64_t column = order ? order[j] : j;
      for (int64_t row = 0; row < strip; ++row)
        stripCodes[row * k + column] = codes[j * width + first + row];
    }
    int64_t count = std::min(strip, rows - first);
    for (int64_t row = 0; row < count; ++row) {
      const uint8_t *source = stripCodes.data() + row * k;
      uint8_t *target = matrix.codes.data() + (begin + first + row) * rowBytes;
      if (isFourBit(matrix.format))
        packRow(source, k, target);
      else
        std::copy(source, source + k, target);
    }
  }
}

//===----------------------------------------------------------------------===//
// The column loop
//===----------------------------------------------------------------------===//

template <Format format>
static ZQ_ALWAYS_INLINE void
quantizeColumnsAs(int64_t count, int64_t width, float *__restrict feedback,
                  float *__restrict error, const float *const *scales,
                  const float *r, int64_t rStride, uint8_t *__restrict codes) {
  for (int64_t j = 0; j < count; ++j) {
    const float *scale = scales[j];
    float *e = error + j * width;
    const float *f = feedback + j * width;
    for (int64_t row = 0; row < width; ++row) {
      float scaled = (e[row] + f[row]) / scale[row];
      codes[j * width + row] = encodeAs<format>(scaled);
      e[row] -= roundTo<format>(scaled) * scale[row];
    }
    for (int64_t i = j + 1; i < count; ++i) {
      float factor = r[j * rStride + i];
      float *later = feedback + i * width;
      for (int64_t row = 0; row < width; ++row)
        later[row] += factor * e[row];
    }
  }
}

static ZQ_ALWAYS_INLINE void
dispatchInline(Format value, int64_t count, int64_t width, float *feedback,
               float *error, const float *const *scales, const float *r,
               int64_t rStride, uint8_t *codes){
    ZQ_SWITCH_FORMAT(value,
                     quantizeColumnsAs<format>(count, width, feedback, error,
                                               scales, r, rStride, codes))}

ZQ_MULTIVERSION(void, dispatch,
                (Format value, int64_t count, int64_t width, float *feedback,
                 float *error, const float *const *scales, const float *r,
                 int64_t rStride, uint8_t *codes),
                (value, count, width, feedback, error, scales, r, rStride,
                 codes))

    void zq::quantizeColumns(Format format, int64_t count, int64_t width,
                             float *feedback, float *error,
                             const float *const *scales, const float *r,
                             int64_t rStride, uint8_t *codes) {
  dispatch(format, count, width, feedback, error, scales, r, rStride, codes);
}

//===----------------------------------------------------------------------===//
// Energies
//===----------------------------------------------------------------------===//

void zq::computeEnergies(const WeightView &weight, QuantizedMatrix &matrix,
                         const ParallelFor &parallelFor) {
  struct Energies {
    double signal = 0.0, error = 0.0;
  };
  constexpr int64_t blockRows = 16;
  std::vector<Energies> blocks((matrix.n + blockRows - 1) / blockRows);
  forEachRowBlock(parallelFor, matrix.n, blockRows,
                  [&](int64_t block, int64_t begin, int64_t end) {
                    std::vector<float> exact(matrix.k), found(matrix.k);
                    Energies &sums = blocks[block];
                    for (int64_t row = begin; row < end; ++row) {
                      weight.loadRow(row, exact.data());
                      matrix.dequantizeRow(row, found.data());
                      for (int64_t i = 0; i < matrix.k; ++i) {
                        double value = exact[i];
                        double difference = value - double(found[i]);
                        sums.signal += value * value;
                        sums.error += difference * difference;
                      }
                    }
                  });
  matrix.signalEnergy = matrix.errorEnergy = 0.0;
  for (const Energies &sums : blocks) {
    matrix.signalEnergy += sums.signal;
    matrix.errorEnergy += sums.error;
  }
}
