//===- Tool.h - what the tools for whole models share -----------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Errors in a tool's name, and options that go from its command line to pass
// pipelines: `--group-size=64` is `group-size=64` there.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_DRIVER_TOOL_H
#define ZQ_DRIVER_TOOL_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

#include <string>

namespace mlir {
class MLIRContext;
} // namespace mlir

namespace zq {

class Tool {
public:
  explicit constexpr Tool(llvm::StringLiteral name) : name(name) {}

  /// `zq-compile: error: message`.
  llvm::LogicalResult fail(const llvm::Twine &message) const;
  /// `zq-compile: note: message`.
  void note(const llvm::Twine &message) const;

  /// Fails where an option that is not the tool's own has no value: of
  /// `--group-size 64` LLVM would take the value for a file.
  llvm::LogicalResult checkArguments(int argc, char **argv) const;
  /// `--group-size=64` as a pipeline's text, with a space behind it; an error
  /// if it has no value.
  llvm::FailureOr<std::string> getPipelineText(llvm::StringRef argument) const;

private:
  llvm::LogicalResult failWithoutValue(llvm::StringRef argument) const;

  llvm::StringLiteral name;
};

/// The name and the value of `--name=value`.
std::pair<llvm::StringRef, llvm::StringRef>
splitOption(llvm::StringRef argument);

/// Whether one of the arguments is --help. LLVM's own answer leaves out the
/// options of pipelines and exits.
bool asksForHelp(int argc, char **argv);

/// What the options of a registered pipeline are, each with its meaning.
void printPipelineOptions(llvm::StringRef pipeline);

/// Has passes say which layers they leave alone, and why, as diagnostics.
llvm::LogicalResult enableRemarks(mlir::MLIRContext &context);

} // namespace zq

#endif // ZQ_DRIVER_TOOL_H
