//===- RegisterPipeline.h - a pipeline by its name --------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_PIPELINES_REGISTERPIPELINE_H
#define ZQ_LIB_PIPELINES_REGISTERPIPELINE_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"

#include <optional>
#include <string>

namespace zq {

/// As mlir::PassPipelineRegistration, for options that other pipelines share;
/// `findProblem` may refuse them.
template <typename Options>
void registerPipeline(
    llvm::StringRef name, llvm::StringRef description,
    void (*build)(mlir::OpPassManager &, const Options &),
    std::optional<std::string> (*findProblem)(const Options &) = nullptr) {
  struct Parsed : public Options, public mlir::PassPipelineOptions<Parsed> {};
  mlir::registerPassPipeline(
      name, description,
      [=](mlir::OpPassManager &pm, llvm::StringRef text,
          llvm::function_ref<llvm::LogicalResult(const llvm::Twine &)> fail)
          -> llvm::LogicalResult {
        Parsed options;
        if (failed(options.parseFromString(text)))
          return llvm::failure();
        if (findProblem)
          if (std::optional<std::string> problem = findProblem(options))
            return fail(name + ": " + *problem);
        build(pm, options);
        return llvm::success();
      },
      [](llvm::function_ref<void(const mlir::detail::PassOptions &)> visit) {
        visit(Parsed());
      });
}

} // namespace zq

#endif // ZQ_LIB_PIPELINES_REGISTERPIPELINE_H
