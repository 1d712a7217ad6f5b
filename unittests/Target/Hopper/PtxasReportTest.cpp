//===- PtxasReportTest.cpp - what ptxas 13.0 prints -----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Target/Hopper/Ptxas.h"

#include "gtest/gtest.h"

using namespace zq::hopper;

TEST(PtxasReport, NumbersOfEachKernel) {
  PtxasReport report = parsePtxasReport(R"(
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'gemm' for 'sm_90a'
ptxas info    : Function properties for gemm
    8 bytes stack frame, 748 bytes spill stores, 752 bytes spill loads
ptxas info    : Used 168 registers, used 1 barriers, 8 bytes cumulative stack size
ptxas info    : Compile time = 113.112 ms
ptxas info    : Compiling entry function 'quantize' for 'sm_90a'
ptxas info    : Function properties for quantize
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 23 registers, used 1 barriers, 32 bytes smem
)");
  ASSERT_EQ(report.kernels.size(), 2u);
  EXPECT_EQ(report.kernels[0].name, "gemm");
  EXPECT_EQ(report.kernels[0].registers, 168);
  EXPECT_EQ(report.kernels[0].stackBytes, 8);
  EXPECT_EQ(report.kernels[0].spillStoreBytes, 748);
  EXPECT_EQ(report.kernels[0].spillLoadBytes, 752);
  EXPECT_EQ(report.kernels[1].name, "quantize");
  EXPECT_EQ(report.kernels[1].registers, 23);
  EXPECT_EQ(report.kernels[1].spillStoreBytes, 0);
  EXPECT_TRUE(report.warnings.empty());
  EXPECT_TRUE(report.errors.empty());
}

/// A warning may come before or after its kernel's lines, and may name it or
/// not.
TEST(PtxasReport, WarningsGoToTheirKernel) {
  PtxasReport report = parsePtxasReport(R"(
ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async instructions are serialized due to insufficient register resources for the wgmma pipeline in the function 'gemm'
ptxas info    : Compiling entry function 'other' for 'sm_90a'
ptxas info    : (C7508) Potential Performance Loss: 'setmaxnreg' ignored to maintain minimum register requirement.
ptxas info    : (C7519) Potential Performance Loss: wgmma.mma_async instructions are serialized in the function 'gemm'
ptxas info    : (C1234) Something else
)");
  ASSERT_EQ(report.warnings.size(), 2u);
  EXPECT_EQ(report.warnings[0].kernel, "gemm");
  EXPECT_NE(report.warnings[0].text.find("(C7510)"), std::string::npos);
  // C7508 quotes an instruction, which is not the kernel's name.
  EXPECT_EQ(report.warnings[1].kernel, "other");
  EXPECT_NE(report.warnings[1].text.find("(C7508)"), std::string::npos);
}

TEST(PtxasReport, Errors) {
  PtxasReport report = parsePtxasReport(R"(
ptxas x.ptx, line 7; error   : Arguments mismatch for instruction 'mov'
ptxas fatal   : Ptx assembly aborted due to errors
)");
  ASSERT_EQ(report.errors.size(), 2u);
  EXPECT_EQ(report.errors[0], "ptxas x.ptx, line 7; error   : Arguments "
                              "mismatch for instruction 'mov'");
  EXPECT_TRUE(report.kernels.empty());
}

TEST(PtxasReport, NothingFromNothing) {
  PtxasReport report = parsePtxasReport("");
  EXPECT_TRUE(report.kernels.empty());
  EXPECT_TRUE(report.warnings.empty());
  EXPECT_TRUE(report.errors.empty());
}
