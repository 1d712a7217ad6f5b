//===- ToCPU.h - the pipeline zq-to-cpu -------------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_PIPELINES_TOCPU_H
#define ZQ_PIPELINES_TOCPU_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace zq {

/// What computes sums of products.
enum class Contractions { Blas, Loops };

struct ToCPUOptions : public mlir::PassPipelineOptions<ToCPUOptions> {
  Option<std::string> arith{
      *this, "arith",
      llvm::cl::desc("How floats and codes are computed: integer (native "
                     "arithmetic, codes by integers) or apfloat (everything by "
                     "calls of APFloat, slow)"),
      llvm::cl::init("integer")};
  Option<Contractions> contractions{
      *this, "contractions",
      llvm::cl::desc("How sums of products are computed (always by loops with "
                     "arith=apfloat)"),
      llvm::cl::init(Contractions::Blas),
      llvm::cl::values(
          clEnumValN(Contractions::Blas, "blas",
                     "calls of zq_sgemm, which whoever runs the code provides, "
                     "as zq-runner does"),
          clEnumValN(Contractions::Loops, "loops", "loops"))};
};

/// zq-to-cpu: from zq and upstream dialects on tensors to the LLVM dialect.
void buildToCPUPipeline(mlir::OpPassManager &pm, const ToCPUOptions &options);

void registerToCPUPipeline();

} // namespace zq

#endif // ZQ_PIPELINES_TOCPU_H
