//===- StatisticsTest.cpp - statistics files written and read -------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Calibration/Statistics.h"
#include "../Support/TemporaryFolder.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

using namespace zq;

static std::vector<float> makeInputs(int64_t tokens, int64_t k, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(tokens * k);
  for (float &value : x)
    value = normal(random);
  return x;
}

/// Writes a file of one layer "a" with K = 2 in which tensors are replaced.
static std::string
writeVariant(const TemporaryFolder &folder,
             const std::map<std::string, std::string> &metadata,
             std::vector<float> hessian = {2, 1, 1, 3}, int64_t count = 5,
             DType dtype = DType::F32, bool hasAbsMax = true) {
  std::string path = folder / "s.safetensors";
  int64_t k = std::sqrt(hessian.size());
  std::vector<TensorInfo> tensors{
      {"a.hessian", dtype, {k, dtype == DType::F16 ? 2 * k : k}},
      {"a.count", DType::I64, {1}}};
  if (hasAbsMax)
    tensors.push_back({"a.absmax", DType::F32, {k}});
  Result<SafetensorsWriter> writer =
      SafetensorsWriter::create(path, tensors, metadata);
  EXPECT_TRUE(writer);
  EXPECT_TRUE(writer->write(0, hessian.data(), 4 * hessian.size()));
  EXPECT_TRUE(writer->write(1, &count, 8));
  std::vector<float> absmax(k, 1.0f);
  if (hasAbsMax)
    EXPECT_TRUE(writer->write(2, absmax.data(), 4 * k));
  EXPECT_TRUE(writer->finish());
  return path;
}

static const std::map<std::string, std::string> kMetadata{
    {"format", "zq-statistics"}, {"version", "1"}};

static std::string getLoadError(const std::string &path, int64_t k = 2) {
  Result<StatisticsFile> file = StatisticsFile::open(path);
  if (!file)
    return file.message();
  Result<InputStatistics> statistics = file->load("a", k);
  return statistics ? "no error" : statistics.message();
}

/// By the definition of docs/statistics.md, in double.
static int getBin(double value) {
  int bin = 0;
  while (bin <= 160 &&
         std::abs(value) >= std::ldexp(1.0 + bin % 4 / 4.0, bin / 4 - 20))
    ++bin;
  return bin;
}

TEST(Statistics, HistogramOfAllExponents) {
  // Every first bits of a float, and the values next to them.
  std::vector<int64_t> wanted(162);
  MagnitudeHistogram histogram;
  for (int exponent = -149; exponent <= 127; ++exponent)
    for (float mantissa : {1.0f, 1.1f, 1.25f, 1.5f, 1.75f, 1.99f}) {
      float value = std::ldexp(mantissa, exponent);
      for (float each : {value, -value, std::nextafter(value, 0.0f)}) {
        histogram.add(&each, 1);
        ++wanted[getBin(each)];
      }
    }
  EXPECT_EQ(histogram.getCounts(), wanted);
}

TEST(Statistics, ErrorsOfHistograms) {
  TemporaryFolder folder;
  std::string path = folder / "s.safetensors";
  auto getError = [&](std::vector<int64_t> counts, DType dtype = DType::I64) {
    const float hessian[] = {2, 1, 1, 3}, absmax[] = {1, 1};
    int64_t count = 5;
    int64_t bins = counts.size();
    Result<SafetensorsWriter> writer =
        SafetensorsWriter::create(path,
                                  {{"a.hessian", DType::F32, {2, 2}},
                                   {"a.count", DType::I64, {}},
                                   {"a.absmax", DType::F32, {2}},
                                   {"a.histogram", dtype, {bins}}},
                                  kMetadata);
    EXPECT_TRUE(writer->write(0, hessian, 16));
    EXPECT_TRUE(writer->write(1, &count, 8));
    EXPECT_TRUE(writer->write(2, absmax, 8));
    EXPECT_TRUE(writer->write(3, counts.data(), 8 * bins));
    EXPECT_TRUE(writer->finish());
    return getLoadError(path);
  };
  std::string where = path + ": tensor 'a.histogram': ";
  std::vector<int64_t> counts(162);
  counts[80] = 10;
  EXPECT_EQ(getError(counts), "no error");
  EXPECT_EQ(getError(counts, DType::F64),
            where + "it is 162 of F64, want 162 of I64");
  EXPECT_EQ(getError({10}), where + "it is 1 of I64, want 162 of I64");
  counts[81] = -1;
  EXPECT_EQ(getError(counts),
            where + "bin 81 counts -1 values, want at least 0");
  counts[81] = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(getError(counts),
            where + "it counts more than the 10 values of 5 tokens");
  counts[80] = 3, counts[81] = 6;
  EXPECT_EQ(getError(counts),
            where + "it counts 9 values, want the 10 of 5 tokens");
}

TEST(Statistics, RoundTripAgainstFloat64) {
  TemporaryFolder folder;
  std::string path = folder / "s.safetensors";
  constexpr int64_t k = 7, batch = 40;
  StatisticsCollector collector({{"q", "k", "v"}, {"o"}});
  std::vector<double> sums(k * k), absmax(k);
  std::vector<int64_t> histogram(162);
  for (unsigned seed : {1, 2, 3}) {
    std::vector<float> x = makeInputs(batch, k, seed);
    ASSERT_TRUE(collector.add(0, x.data(), batch, k));
    for (int64_t t = 0; t < batch; ++t)
      for (int64_t i = 0; i < k; ++i) {
        absmax[i] = std::max(absmax[i], std::abs(double(x[t * k + i])));
        ++histogram[getBin(x[t * k + i])];
        for (int64_t j = 0; j < k; ++j)
          sums[i * k + j] += double(x[t * k + i]) * double(x[t * k + j]);
      }
  }
  EXPECT_EQ(collector.getUnseenLayers(), std::vector<std::string>{"o"});
  ASSERT_TRUE(collector.write(path));

  Result<StatisticsFile> file = StatisticsFile::open(path);
  ASSERT_TRUE(file) << file.message();
  EXPECT_EQ(file->findInputs("q"), "q");
  EXPECT_EQ(file->findInputs("v"), "q");
  EXPECT_EQ(file->findInputs("o"), std::nullopt);
  Result<InputStatistics> statistics = file->load("q", k);
  ASSERT_TRUE(statistics) << statistics.message();
  EXPECT_EQ(statistics->hessian.tokens, 3 * batch);
  EXPECT_FALSE(statistics->inputMoment);
  EXPECT_EQ(statistics->histogram, histogram);
  for (int64_t i = 0; i < k; ++i) {
    EXPECT_EQ(double(statistics->absmax[i]), absmax[i]);
    for (int64_t j = 0; j < k; ++j)
      EXPECT_NEAR(statistics->hessian.get(i, j),
                  2.0 / (3 * batch) * sums[i * k + j], 1e-5);
  }
  Result<std::optional<CrossMoment>> residual =
      file->loadResidualMoment("v", 3, k);
  ASSERT_TRUE(residual);
  EXPECT_FALSE(*residual);
}

TEST(Statistics, CollectorRefusesBadInputs) {
  StatisticsCollector collector({{"q", "k"}});
  std::vector<float> x{1, 2, 3, NAN};
  EXPECT_EQ(collector.add(0, x.data(), 2, 2).message(),
            "layer 'q': NaN in the calibration inputs at token 1, value 1, "
            "expected finite values");
  EXPECT_EQ(collector.getUnseenLayers().size(), 2u);
  ASSERT_TRUE(collector.add(0, x.data(), 1, 2));
  EXPECT_EQ(collector.add(0, x.data(), 1, 3).message(),
            "layer 'q': inputs of 3 values, expected 2 as before");
}

TEST(Statistics, RefusesOtherFiles) {
  TemporaryFolder folder;
  EXPECT_NE(getLoadError(writeVariant(folder, {{"format", "pt"}}))
                .find("has the format 'pt', want 'zq-statistics'"),
            std::string::npos);
  EXPECT_NE(getLoadError(writeVariant(folder, {{"format", "zq-statistics"},
                                               {"version", "9"}}))
                .find("have version '9', want '1'"),
            std::string::npos);
  auto metadata = kMetadata;
  metadata["b.inputs"] = "c";
  EXPECT_NE(getLoadError(writeVariant(folder, metadata))
                .find("'b' has the inputs of 'c', but there is no tensor "
                      "'c.hessian'"),
            std::string::npos);
}

TEST(Statistics, ErrorsNameTheTensor) {
  TemporaryFolder folder;
  std::string path = writeVariant(folder, kMetadata);
  EXPECT_EQ(getLoadError(path), "no error");
  EXPECT_EQ(getLoadError(path, 4),
            path + ": tensor 'a.hessian': it is 2x2 of F32, want 4x4 of F32");
  writeVariant(folder, kMetadata, {2, 1, 1, 3}, 5, DType::F16);
  EXPECT_EQ(getLoadError(path),
            path + ": tensor 'a.hessian': it is 2x4 of F16, want 2x2 of F32");
  writeVariant(folder, kMetadata, {2, NAN, 1, 3});
  EXPECT_EQ(getLoadError(path), path + ": tensor 'a.hessian': NaN at row 0, "
                                       "column 1, want finite values");
  writeVariant(folder, kMetadata, {2, 1, 0, 3});
  EXPECT_EQ(getLoadError(path),
            path + ": tensor 'a.hessian': row 1, column 0 differs from its "
                   "mirror image, want a symmetric matrix");
  writeVariant(folder, kMetadata, {2, 0, 0, -3});
  EXPECT_EQ(getLoadError(path),
            path + ": tensor 'a.hessian': a negative number on the diagonal in "
                   "row 1, want a sum of squares");
  writeVariant(folder, kMetadata, {2, 1, 1, 3}, 0);
  EXPECT_EQ(getLoadError(path),
            path + ": tensor 'a.count': it counts 0 tokens, want at least 1");
  writeVariant(folder, kMetadata, {2, 1, 1, 3}, 5, DType::F32, false);
  EXPECT_EQ(getLoadError(path), path + ": tensor 'a.absmax': it is missing");
}

TEST(Statistics, CrossMoments) {
  TemporaryFolder folder;
  std::string path = folder / "s.safetensors";
  auto metadata = kMetadata;
  metadata["b.inputs"] = "a";
  const float hessian[] = {2, 1, 1, 3}, absmax[] = {1, 1};
  const float input[] = {2, 0, 1, 3}, residual[] = {1, 2, 3, 4, 5, 6};
  int64_t count = 5;
  Result<SafetensorsWriter> writer =
      SafetensorsWriter::create(path,
                                {{"a.hessian", DType::F32, {2, 2}},
                                 {"a.count", DType::I64, {}},
                                 {"a.absmax", DType::F32, {2}},
                                 {"a.input_moment", DType::F32, {2, 2}},
                                 {"b.residual_moment", DType::F32, {3, 2}}},
                                metadata);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->write(0, hessian, 16));
  ASSERT_TRUE(writer->write(1, &count, 8));
  ASSERT_TRUE(writer->write(2, absmax, 8));
  ASSERT_TRUE(writer->write(3, input, 16));
  ASSERT_TRUE(writer->write(4, residual, 24));
  ASSERT_TRUE(writer->finish());

  Result<StatisticsFile> file = StatisticsFile::open(path);
  ASSERT_TRUE(file) << file.message();
  Result<InputStatistics> statistics = file->load(*file->findInputs("b"), 2);
  ASSERT_TRUE(statistics) << statistics.message();
  ASSERT_TRUE(statistics->inputMoment);
  EXPECT_EQ(statistics->inputMoment->values[2], 1.0f);
  EXPECT_EQ(statistics->inputMoment->tokens, 5);
  Result<std::optional<CrossMoment>> moment =
      file->loadResidualMoment("b", 3, 2);
  ASSERT_TRUE(moment && *moment);
  EXPECT_EQ((*moment)->values[5], 6.0f);
  EXPECT_EQ(file->loadResidualMoment("b", 4, 2).message(),
            path + ": tensor 'b.residual_moment': it is 3x2 of F32, want 4x2 "
                   "of F32");
}
