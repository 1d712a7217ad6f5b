//===- SiteModule.h - the layers of a site by themselves --------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The decisions of one site in a module of their own, which
// zq-materialize-weights computes: one function that returns, layer by layer,
// what stands for a decision. As bytecode it is also what an interrupted
// calibration has finished.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_SEQUENTIAL_SITEMODULE_H
#define ZQ_LIB_SEQUENTIAL_SITEMODULE_H

#include "Stages.h"

#include "zq/Arrays/Array.h"

#include "mlir/IR/OwningOpRef.h"

namespace zq {

/// The decisions of `site`, a site of `function`.
mlir::OwningOpRef<mlir::ModuleOp> buildSiteModule(mlir::func::FuncOp function,
                                                  const Site &site);

/// For each result of the decisions of a site (of zq.quantize_weight and
/// zq.low_rank_compensation, ops of the model), the value in its materialized
/// module that has its place.
using SiteResults = llvm::DenseMap<mlir::Value, mlir::Value>;

/// Fails with an error where `module` is not one of `site`, materialized.
mlir::FailureOr<SiteResults> getSiteResults(mlir::ModuleOp module,
                                            const Site &site);

/// The numbers of a constant, or of the codes behind a storage cast, as an
/// array of this type and shape.
Result<Array> getNumbers(mlir::Value value, DType dtype,
                         llvm::ArrayRef<int64_t> shape);

/// Puts what a site's module has found into the model, and takes its weights
/// out, as far as nothing else needs them.
void replaceDecisions(const Site &site, const SiteResults &results);

} // namespace zq

#endif // ZQ_LIB_SEQUENTIAL_SITEMODULE_H
