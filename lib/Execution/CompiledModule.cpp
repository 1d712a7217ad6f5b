//===- CompiledModule.cpp - a module, compiled for this machine -----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExecutableCode.h"

#include "zq/Conversion/Passes.h"
#include "zq/Pipelines/ToCPU.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace zq;

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// Public functions with a body, without the wrappers that lowering adds.
static SmallVector<FunctionOpInterface> getFunctions(ModuleOp module) {
  SmallVector<FunctionOpInterface> functions;
  for (auto function : module.getOps<FunctionOpInterface>())
    if (!function.isExternal() && function.isPublic() &&
        !StringRef(function.getName()).starts_with("_mlir_ciface_"))
      functions.push_back(function);
  return functions;
}

/// The function of that name, or an error that lists what there is.
static FailureOr<FunctionOpInterface> findFunction(ModuleOp module,
                                                   StringRef name) {
  std::string names;
  for (FunctionOpInterface function : getFunctions(module)) {
    if (function.getName() == name)
      return function;
    names += (names.empty() ? "" : ", ") + function.getName().str();
  }
  return emitError(module.getLoc())
         << "has no public function '" << name << "' with a body"
         << (names.empty() ? "" : ", but has ") << names;
}

static bool isLowered(ModuleOp module) {
  SmallVector<FunctionOpInterface> functions = getFunctions(module);
  return !functions.empty() && llvm::all_of(functions, [](Operation *op) {
    return isa<LLVM::LLVMFuncOp>(op);
  });
}

static LogicalResult lower(ModuleOp module, const CompileOptions &options) {
  PassManager pm(module.getContext());
  if (options.configurePasses && failed(options.configurePasses(pm)))
    return failure();
  if (options.pipeline.empty()) {
    ToCPUOptions toCPU;
    toCPU.arith = options.arith;
    buildToCPUPipeline(pm, toCPU);
  } else if (failed(parsePassPipeline(options.pipeline, pm))) {
    return emitError(module.getLoc())
           << "'" << options.pipeline << "' is no pass pipeline on a module";
  }
  return pm.run(module);
}

/// Nothing but the LLVM dialect can be compiled.
static LogicalResult checkLowered(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    if (isa<ModuleOp>(op) ||
        isa_and_present<LLVM::LLVMDialect>(op->getDialect()))
      return WalkResult::advance();
    op->emitError() << "cannot be compiled: no pass of the pipeline lowers "
                    << op->getName() << " to the LLVM dialect";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

static FailureOr<Signature> readSignature(FunctionOpInterface function) {
  auto attribute = function->getAttrOfType<TypeAttr>(kSignatureAttrName);
  auto type =
      attribute ? dyn_cast<FunctionType>(attribute.getValue()) : FunctionType();
  if (!type)
    return function->emitError()
           << "has no attribute " << kSignatureAttrName
           << ": lower the module with zq-to-cpu, or run zq-export-functions "
              "before it is bufferized";
  FailureOr<Signature> signature = parseSignature(type, function.getLoc());
  auto weights = function->getAttrOfType<ArrayAttr>(kArgumentWeightsAttrName);
  if (succeeded(signature) && weights)
    for (auto [slot, name] :
         llvm::zip(signature->arguments, weights.getAsRange<StringAttr>()))
      slot.weight = name.str();
  auto rows = function->getAttrOfType<DenseI64ArrayAttr>(kArgumentRowsAttrName);
  if (succeeded(signature) && rows)
    for (auto [slot, count] :
         llvm::zip(signature->arguments, rows.asArrayRef()))
      if (count >= 0)
        slot.rows = count;
  return signature;
}

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

FailureOr<CompiledModule> CompiledModule::load(MLIRContext &context,
                                               const std::string &path,
                                               const CompileOptions &options) {
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(path, &context);
  if (!module)
    return failure();
  return compile(std::move(module), options);
}

FailureOr<CompiledModule>
CompiledModule::compile(OwningOpRef<ModuleOp> module,
                        const CompileOptions &options) {
  for (const std::string &name : options.functions)
    if (failed(findFunction(*module, name)))
      return failure();
  if (!isLowered(*module) && failed(lower(*module, options)))
    return failure();
  if (failed(checkLowered(*module)))
    return failure();
  FailureOr<std::shared_ptr<const ExecutableCode>> code =
      ExecutableCode::create(std::move(module), options.optLevel);
  if (failed(code))
    return failure();
  CompiledModule result;
  result.code = std::move(*code);
  return result;
}

std::vector<std::string> CompiledModule::getFunctionNames() const {
  std::vector<std::string> names;
  for (FunctionOpInterface function : getFunctions(code->module.get()))
    names.push_back(function.getName().str());
  return names;
}

FailureOr<CompiledFunction> CompiledModule::lookup(StringRef name) const {
  FailureOr<FunctionOpInterface> function =
      findFunction(code->module.get(), name);
  if (failed(function))
    return failure();
  FailureOr<Signature> signature = readSignature(*function);
  if (failed(signature))
    return failure();
  auto packed = code->engine->lookupPacked(("_mlir_ciface_" + name).str());
  if (!packed)
    return (*function)->emitError()
           << "cannot be called: " << llvm::toString(packed.takeError());
  CompiledFunction result;
  result.name = name.str();
  result.signature = std::move(*signature);
  result.packed = *packed;
  result.code = code;
  return result;
}

std::vector<std::vector<std::string>>
CompiledModule::getObservedLayers() const {
  std::vector<std::vector<std::string>> layers;
  ModuleOp module = code->module.get();
  auto observed = module->getAttrOfType<ArrayAttr>(kObservedLayersAttrName);
  if (!observed)
    return layers;
  for (ArrayAttr names : observed.getAsRange<ArrayAttr>()) {
    layers.emplace_back();
    for (StringRef name : names.getAsValueRange<StringAttr>())
      layers.back().push_back(name.str());
  }
  return layers;
}
