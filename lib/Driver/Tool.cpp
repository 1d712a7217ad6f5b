//===- Tool.cpp - what the tools for whole models share -------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Driver/Tool.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;

LogicalResult zq::Tool::fail(const Twine &message) const {
  llvm::WithColor::error(llvm::errs(), name) << message << "\n";
  return failure();
}

void zq::Tool::note(const Twine &message) const {
  llvm::WithColor::note(llvm::errs(), name) << message << "\n";
}

LogicalResult zq::Tool::checkArguments(int argc, char **argv) const {
  auto &own = llvm::cl::getRegisteredOptions();
  bool isValue = false; // of the option before it
  for (StringRef argument : llvm::ArrayRef(argv, argc).drop_front()) {
    if (argument == "--")
      break;
    if (std::exchange(isValue, false) || !argument.starts_with("-") ||
        argument == "-" || argument.contains('='))
      continue;
    auto option = own.find(argument.ltrim('-'));
    if (option == own.end())
      return failWithoutValue(argument);
    isValue = option->second->getValueExpectedFlag() == llvm::cl::ValueRequired;
  }
  return success();
}

LogicalResult zq::Tool::failWithoutValue(StringRef argument) const {
  StringRef key = splitOption(argument).first;
  return fail("option --" + key +
              " wants a value, true or false where it is a switch: --" + key +
              "=...");
}

FailureOr<std::string> zq::Tool::getPipelineText(StringRef argument) const {
  auto [key, value] = splitOption(argument);
  if (value.empty())
    return failWithoutValue(argument);
  // Braces keep what would end a value.
  bool isPlain = value.find_first_of(" {}'\"") == StringRef::npos;
  return (isPlain ? key + "=" + value + " " : key + "={" + value + "} ").str();
}

std::pair<StringRef, StringRef> zq::splitOption(StringRef argument) {
  return argument.ltrim('-').split('=');
}

bool zq::asksForHelp(int argc, char **argv) {
  return llvm::any_of(
      llvm::ArrayRef(argv, argc).drop_front(), [](StringRef argument) {
        return llvm::is_contained({"-h", "-help", "--help"}, argument);
      });
}

void zq::printPipelineOptions(StringRef pipeline) {
  const PassPipelineInfo *info = PassPipelineInfo::lookup(pipeline);
  info->printHelpStr(/*indent=*/2, info->getOptionWidth() + 4);
}

LogicalResult zq::enableRemarks(MLIRContext &context) {
  remark::RemarkCategories categories;
  categories.missed = "zq";
  return remark::enableOptimizationRemarks(
      context, nullptr, std::make_unique<remark::RemarkEmittingPolicyAll>(),
      categories, /*printAsEmitRemarks=*/true);
}
