//===- CodeGen.cpp - from the LLVM dialect to code in memory --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExecutableCode.h"
#include "Runtime.h"

#include "zq/Conversion/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <unistd.h>

using namespace mlir;
using namespace zq;

//===----------------------------------------------------------------------===//
// What compiled code calls
//===----------------------------------------------------------------------===//

/// What a compiled `cf.assert` calls after it has printed its message.
[[noreturn]] static void failAssertion() {
  std::fflush(stdout);
  std::fputs("error: an assertion of the compiled code failed\n", stderr);
  std::fflush(stderr);
  _exit(1);
}

/// Who looks while compiled code runs; code calls it on the caller's thread.
static thread_local const ObserveFunction *currentObserver = nullptr;

/// What a compiled observer calls, with the descriptor of a row-major
/// memref<?x?xf32>: allocated and aligned pointer, offset, sizes, strides.
static void observe(int64_t number, const int64_t *descriptor) {
  if (!currentObserver || !*currentObserver)
    return;
  const float *aligned;
  std::memcpy(&aligned, &descriptor[1], sizeof(aligned));
  (*currentObserver)(number, aligned + descriptor[2], descriptor[3],
                     descriptor[4]);
}

ObserverScope::ObserverScope(const ObserveFunction &observe)
    : outer(currentObserver) {
  currentObserver = &observe;
}

ObserverScope::~ObserverScope() { currentObserver = outer; }

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// Smaller constants than this may be folded into the code.
static constexpr size_t minExternalBytes = 4096;

/// The bytes of a constant where they are; nothing where LLVM IR must hold it.
static FailureOr<ArrayRef<char>> getBytes(LLVM::GlobalOp global) {
  auto elements = dyn_cast_if_present<ElementsAttr>(global.getValueOrNull());
  if (!elements || !elements.getElementType().isIntOrFloat() ||
      elements.getElementType().getIntOrFloatBitWidth() % 8 != 0)
    return ArrayRef<char>();
  size_t wanted = elements.getNumElements() *
                  elements.getElementType().getIntOrFloatBitWidth() / 8;
  if (auto dense = dyn_cast<DenseIntOrFPElementsAttr>(elements))
    return dense.isSplat() || wanted < minExternalBytes ? ArrayRef<char>()
                                                        : dense.getRawData();
  auto resource = dyn_cast<DenseResourceElementsAttr>(elements);
  if (!resource)
    return ArrayRef<char>();
  AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  size_t size = blob ? blob->getData().size() : 0;
  if (!blob || size != wanted)
    return emitError(global.getLoc())
           << "dense_resource<" << resource.getRawHandle().getKey() << "> of "
           << resource.getType() << " has " << size << " bytes, wanted "
           << wanted;
  return blob->getData();
}

/// Large constants become external symbols at the bytes that the context owns:
/// weights of gigabytes need not pass through LLVM IR, and exist once.
static FailureOr<llvm::StringMap<const void *>>
externalizeConstants(ModuleOp module) {
  llvm::StringMap<const void *> symbols;
  for (auto global : module.getOps<LLVM::GlobalOp>()) {
    FailureOr<ArrayRef<char>> bytes = getBytes(global);
    if (failed(bytes))
      return failure();
    if (bytes->empty())
      continue;
    uint64_t alignment = 64;
    while (reinterpret_cast<uintptr_t>(bytes->data()) % alignment != 0)
      alignment /= 2;
    global.removeValueAttr();
    global.setLinkage(LLVM::Linkage::External);
    global.setAlignment(alignment);
    // Far from the code: addressed through the GOT.
    global.setDsoLocal(false);
    symbols[global.getSymName()] = bytes->data();
  }
  return symbols;
}

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

static LogicalResult report(llvm::Error error, Location loc) {
  if (!error)
    return success();
  return emitError(loc) << "cannot compile for this machine: "
                        << llvm::toString(std::move(error));
}

/// What zq-outline-linears declared is defined outside of the module.
static LogicalResult checkCompiledLinears(ModuleOp module) {
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    // The lowering gave the call a body; what that calls is declared alone.
    if (!function->hasAttr("zq.compiled") || !function.isExternal())
      continue;
    std::string symbol = function.getName().str();
    if (!dlsym(RTLD_DEFAULT, symbol.c_str()))
      return emitError(function.getLoc())
             << symbol
             << ", a compiled linear, is not defined: docs/abi.md says "
             << "what defines it, as examples/host-calls does";
  }
  return success();
}

/// What the passes left on functions that LLVM's optimizer should not see, or
/// should.
static void prepareFunctions(ModuleOp module) {
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    // It has wrappers with other interfaces: compile its body once.
    if (function->hasAttr(kSignatureAttrName))
      function.setNoInline(true);
    // What bufferization wanted to know of an observer; LLVM does not.
    for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i)
      function.removeArgAttr(
          i, bufferization::BufferizationDialect::kBufferAccessAttrName);
  }
}

static FailureOr<std::unique_ptr<ExecutionEngine>>
createEngine(ModuleOp module, unsigned optLevel) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto builder = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!builder)
    return report(builder.takeError(), module.getLoc());
  builder->setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
  auto machine = builder->createTargetMachine();
  if (!machine)
    return report(machine.takeError(), module.getLoc());

  ExecutionEngineOptions options;
  auto transformer =
      makeOptimizingTransformer(optLevel, /*sizeLevel=*/0, machine->get());
  options.transformer = transformer;
  options.jitCodeGenOptLevel = llvm::CodeGenOptLevel::Aggressive;
  options.enableGDBNotificationListener = false;
  options.enablePerfNotificationListener = false;
  auto engine = ExecutionEngine::create(module, options, std::move(*machine));
  if (!engine)
    return report(engine.takeError(), module.getLoc());
  return std::move(*engine);
}

FailureOr<std::shared_ptr<const ExecutableCode>>
ExecutableCode::create(OwningOpRef<ModuleOp> owned, unsigned optLevel) {
  auto code = std::make_shared<ExecutableCode>();
  code->module = std::move(owned);
  ModuleOp module = *code->module;
  FailureOr<llvm::StringMap<const void *>> constants =
      externalizeConstants(module);
  if (failed(constants) || failed(checkCompiledLinears(module)))
    return failure();
  prepareFunctions(module);
  FailureOr<std::unique_ptr<ExecutionEngine>> engine =
      createEngine(module, optLevel);
  if (failed(engine))
    return failure();

  (*engine)->registerSymbols([&](llvm::orc::MangleAndInterner interner) {
    llvm::orc::SymbolMap map;
    auto add = [&](StringRef name, const void *address) {
      map[interner(name)] = {llvm::orc::ExecutorAddr::fromPtr(address),
                             llvm::JITSymbolFlags::Exported};
    };
    add("abort", reinterpret_cast<const void *>(failAssertion));
    add(("_mlir_ciface_" + kObserveFunctionName).str(),
        reinterpret_cast<const void *>(observe));
    add("aligned_alloc", reinterpret_cast<const void *>(allocateBuffer));
    add("free", reinterpret_cast<const void *>(freeBuffer));
    add(kGemmFunctionName, reinterpret_cast<const void *>(multiplyMatrices));
    for (auto &constant : *constants)
      add(constant.getKey(), constant.getValue());
    return map;
  });
  code->engine = std::move(*engine);
  return std::shared_ptr<const ExecutableCode>(std::move(code));
}
