//===- CompiledModule.cpp - a module, compiled for this machine -----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledModule.h"

#include "zq/Conversion/Passes.h"
#include "zq/Pipelines/ToCPU.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
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
// Lowering
//===----------------------------------------------------------------------===//

/// The function to call, or an error that lists what there is.
static FailureOr<FunctionOpInterface> findEntry(ModuleOp module,
                                                StringRef entry) {
  std::string names;
  for (auto function : module.getOps<FunctionOpInterface>()) {
    if (function.isExternal() || !function.isPublic())
      continue;
    if (function.getName() == entry)
      return function;
    if (!StringRef(function.getName()).starts_with("_mlir_ciface_"))
      names += (names.empty() ? "" : ", ") + function.getName().str();
  }
  return emitError(module.getLoc())
         << "has no public function '" << entry << "' with a body"
         << (names.empty() ? "" : ", but has ") << names
         << (names.empty() ? "" : "; --entry says which to call");
}

static LogicalResult lower(ModuleOp module, const CompileOptions &options) {
  PassManager pm(module.getContext());
  if (failed(applyPassManagerCLOptions(pm)))
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
  return signature;
}

//===----------------------------------------------------------------------===//
// Compilation
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

/// Constants that are resources become external symbols at the bytes of the
/// resource: weights of gigabytes need not pass through LLVM IR.
static FailureOr<llvm::StringMap<const void *>>
externalizeResources(ModuleOp module) {
  llvm::StringMap<const void *> symbols;
  for (auto global : module.getOps<LLVM::GlobalOp>()) {
    auto resource =
        dyn_cast_if_present<DenseResourceElementsAttr>(global.getValueOrNull());
    if (!resource || !resource.getElementType().isIntOrFloat() ||
        resource.getElementType().getIntOrFloatBitWidth() % 8 != 0)
      continue;
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    size_t size = blob ? blob->getData().size() : 0;
    size_t wanted = resource.getNumElements() *
                    resource.getElementType().getIntOrFloatBitWidth() / 8;
    if (!blob || size != wanted)
      return emitError(global.getLoc())
             << "dense_resource<" << resource.getRawHandle().getKey() << "> of "
             << resource.getType() << " has " << size << " bytes, wanted "
             << wanted;
    const char *data = blob->getData().data();
    uint64_t alignment = 64;
    while (reinterpret_cast<uintptr_t>(data) % alignment != 0)
      alignment /= 2;
    global.removeValueAttr();
    global.setLinkage(LLVM::Linkage::External);
    global.setAlignment(alignment);
    // Far from the code: addressed through the GOT.
    global.setDsoLocal(false);
    symbols[global.getSymName()] = data;
  }
  return symbols;
}

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
             << symbol << ", a compiled linear, is not defined: docs/abi.md says "
             << "what defines it, as examples/host-calls does";
  }
  return success();
}

static FailureOr<std::unique_ptr<ExecutionEngine>> compile(ModuleOp module,
                                                           unsigned optLevel) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  FailureOr<llvm::StringMap<const void *>> symbols =
      externalizeResources(module);
  if (failed(symbols))
    return failure();
  // Every function has wrappers with other interfaces: compile its body once.
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    if (function->hasAttr(kSignatureAttrName))
      function.setNoInline(true);
  // What bufferization wanted to know of an observer; LLVM does not.
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i)
      function.removeArgAttr(
          i, bufferization::BufferizationDialect::kBufferAccessAttrName);

  if (failed(checkCompiledLinears(module)))
    return failure();

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

  (*engine)->registerSymbols([&](llvm::orc::MangleAndInterner interner) {
    llvm::orc::SymbolMap map;
    auto add = [&](StringRef name, const void *address) {
      map[interner(name)] = {llvm::orc::ExecutorAddr::fromPtr(address),
                             llvm::JITSymbolFlags::Exported};
    };
    add("abort", reinterpret_cast<const void *>(failAssertion));
    add(("_mlir_ciface_" + kObserveFunctionName).str(),
        reinterpret_cast<const void *>(observe));
    for (auto &symbol : *symbols)
      add(symbol.getKey(), symbol.getValue());
    return map;
  });
  return std::move(*engine);
}

FailureOr<CompiledModule>
CompiledModule::create(MLIRContext &context, const std::string &path,
                       const CompileOptions &options) {
  CompiledModule result;
  result.entry = options.entry;
  result.module = parseSourceFile<ModuleOp>(path, &context);
  if (!result.module)
    return failure();
  FailureOr<FunctionOpInterface> function =
      findEntry(*result.module, options.entry);
  if (failed(function))
    return failure();

  if (!isa<LLVM::LLVMFuncOp>(*function)) {
    if (failed(lower(*result.module, options)))
      return failure();
    function = findEntry(*result.module, options.entry);
    if (failed(function))
      return failure();
  }
  if (failed(checkLowered(*result.module)))
    return failure();
  FailureOr<Signature> signature = readSignature(*function);
  if (failed(signature))
    return failure();
  result.signature = *signature;
  FailureOr<std::unique_ptr<ExecutionEngine>> engine =
      compile(*result.module, options.optLevel);
  if (failed(engine))
    return failure();
  result.engine = std::move(*engine);
  return result;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

namespace {

/// A memref descriptor: allocated and aligned pointer, offset, sizes, strides.
class Descriptor {
public:
  static size_t getNumWords(size_t rank) { return 3 + 2 * rank; }

  /// Of a row-major array.
  explicit Descriptor(const Array &array) : words(getNumWords(rankOf(array))) {
    uint8_t *data = const_cast<uint8_t *>(array.data());
    std::memcpy(&words[0], &data, sizeof(data));
    std::memcpy(&words[1], &data, sizeof(data));
    int64_t stride = 1;
    size_t rank = rankOf(array);
    for (size_t i = rank; i-- > 0;) {
      words[3 + i] = array.getShape()[i];
      words[3 + rank + i] = stride;
      stride *= array.getShape()[i];
    }
  }

  void *get() { return words.data(); }

private:
  static size_t rankOf(const Array &array) { return array.getShape().size(); }
  std::vector<int64_t> words;
};

/// Where results lie in the struct that the C interface fills in, laid out as
/// C does. One scalar alone is returned by value, to the same place.
class ResultLayout {
public:
  explicit ResultLayout(ArrayRef<Slot> results) {
    for (const Slot &slot : results) {
      size_t size = slot.isScalar
                        ? zq::getBitWidth(slot.dtype) / 8
                        : 8 * Descriptor::getNumWords(slot.shape.size());
      size_t alignment = slot.isScalar ? size : 8;
      total = (total + alignment - 1) / alignment * alignment;
      offsets.push_back(total);
      total += size;
    }
  }
  SmallVector<size_t> offsets;
  size_t total = 0;
};

} // namespace

/// Copies a result out of what the callee allocated.
static Array readTensor(const Slot &slot, const uint8_t *bytes,
                        llvm::SmallPtrSetImpl<void *> &allocations) {
  size_t rank = slot.shape.size();
  std::vector<int64_t> words(Descriptor::getNumWords(rank));
  std::memcpy(words.data(), bytes, 8 * words.size());
  void *allocated;
  const uint8_t *aligned;
  std::memcpy(&allocated, &words[0], sizeof(allocated));
  std::memcpy(&aligned, &words[1], sizeof(aligned));
  allocations.insert(allocated);

  Array array(slot.dtype, std::vector<int64_t>(words.begin() + 3,
                                               words.begin() + 3 + rank));
  size_t elementSize = zq::getBitWidth(slot.dtype) / 8;
  // Functions return row-major memrefs (identity layout).
  if (array.getNumBytes())
    std::memcpy(array.data(), aligned + words[2] * elementSize,
                array.getNumBytes());
  return array;
}

std::vector<std::vector<std::string>>
CompiledModule::getObservedLayers() const {
  std::vector<std::vector<std::string>> layers;
  ModuleOp op = module.get();
  auto observed = op->getAttrOfType<ArrayAttr>(kObservedLayersAttrName);
  if (!observed)
    return layers;
  for (ArrayAttr names : observed.getAsRange<ArrayAttr>()) {
    layers.emplace_back();
    for (StringRef name : names.getAsValueRange<StringAttr>())
      layers.back().push_back(name.str());
  }
  return layers;
}

FailureOr<std::vector<Array>>
CompiledModule::call(const std::vector<Array> &inputs,
                     const ObserveFunction &observe) {
  ResultLayout layout(signature.results);
  std::vector<uint64_t> results(layout.total / 8 + 1);
  auto *resultBytes = reinterpret_cast<uint8_t *>(results.data());
  bool byValue = signature.results.size() == 1 && signature.results[0].isScalar;

  // Each argument is passed by the address of what is passed: a pointer to a
  // descriptor, or a scalar.
  std::vector<Descriptor> descriptors;
  descriptors.reserve(inputs.size());
  std::vector<void *> pointers;
  pointers.reserve(inputs.size() + 1);
  SmallVector<void *> arguments;
  if (!signature.results.empty() && !byValue) {
    pointers.push_back(resultBytes);
    arguments.push_back(&pointers.back());
  }
  for (auto [slot, input] : llvm::zip(signature.arguments, inputs)) {
    if (slot.isScalar) {
      arguments.push_back(const_cast<uint8_t *>(input.data()));
      continue;
    }
    descriptors.emplace_back(input);
    pointers.push_back(descriptors.back().get());
    arguments.push_back(&pointers.back());
  }
  if (byValue)
    arguments.push_back(resultBytes);

  currentObserver = &observe;
  llvm::Error error = engine->invokePacked("_mlir_ciface_" + entry, arguments);
  currentObserver = nullptr;
  if (failed(report(std::move(error), module->getLoc())))
    return failure();

  std::vector<Array> arrays;
  llvm::SmallPtrSet<void *, 4> allocations;
  for (auto [slot, offset] : llvm::zip(signature.results, layout.offsets)) {
    if (!slot.isScalar) {
      arrays.push_back(readTensor(slot, resultBytes + offset, allocations));
      continue;
    }
    Array scalar(slot.dtype, {});
    std::memcpy(scalar.data(), resultBytes + offset, scalar.getNumBytes());
    arrays.push_back(std::move(scalar));
  }
  for (void *allocation : allocations)
    std::free(allocation);
  return arrays;
}
