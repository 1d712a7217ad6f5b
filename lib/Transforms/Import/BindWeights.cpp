//===- BindWeights.cpp - arguments become tensors of weights files --------===//
//
// Two steps: every binding is found and checked, then all of them are made. So
// a module with an error in it is left as it was.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Transforms/Import/Passes.h"

#include "dialects/Zq/Zq.h"
#include "zq/Transforms/Remarks.h"
#include "zq/Weights/Safetensors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/MapVector.h"

namespace zq {
#define GEN_PASS_DEF_BINDWEIGHTSPASS
#include "zq/Transforms/Import/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

namespace {

/// Argument `index` of a function is the tensor `name`; `file` and `type` are
/// known once it is checked.
struct Binding {
  unsigned index;
  std::string name;
  std::string file;
  RankedTensorType type;
};

using Bindings = llvm::MapVector<Operation *, SmallVector<Binding>>;

class BindWeightsPass : public zq::impl::BindWeightsPassBase<BindWeightsPass> {
public:
  using BindWeightsPassBase::BindWeightsPassBase;

  void runOnOperation() override {
    Bindings bindings;
    std::vector<SafetensorsFile> opened;
    if (failed(openFiles(opened)) || failed(collectNamed(bindings)))
      return signalPassFailure();

    bool valid = succeeded(collectMarked(bindings));
    for (auto &[function, list] : bindings)
      valid &=
          succeeded(check(cast<FunctionOpInterface>(function), list, opened));
    if (!valid)
      return signalPassFailure();
    for (auto &[function, list] : bindings)
      bind(cast<FunctionOpInterface>(function), list);
  }

private:
  LogicalResult openFiles(std::vector<SafetensorsFile> &opened);
  LogicalResult collectNamed(Bindings &bindings);
  LogicalResult collectMarked(Bindings &bindings);
  LogicalResult check(FunctionOpInterface function,
                      SmallVectorImpl<Binding> &list,
                      ArrayRef<SafetensorsFile> opened);
  void bind(FunctionOpInterface function, ArrayRef<Binding> list);
};

} // namespace

//===----------------------------------------------------------------------===//
// What is to be bound
//===----------------------------------------------------------------------===//

LogicalResult BindWeightsPass::openFiles(std::vector<SafetensorsFile> &opened) {
  ModuleOp module = getOperation();
  if (files.empty())
    return emitError(module.getLoc(),
                     "zq-bind-weights: no weights file; name one with "
                     "the option file=");
  for (const std::string &path : files) {
    Result<SafetensorsFile> file = SafetensorsFile::open(path);
    if (!file)
      return emitError(module.getLoc(), "zq-bind-weights: ") << file.message();
    for (const TensorView &tensor : file->getTensors())
      for (const SafetensorsFile &other : opened)
        if (other.lookup(tensor.name))
          return emitError(module.getLoc(), "zq-bind-weights: tensor '")
                 << tensor.name << "' is in " << other.getPath() << " and in "
                 << path;
    opened.push_back(std::move(*file));
  }
  return success();
}

/// The functions of a module that have a body.
static SmallVector<FunctionOpInterface> getFunctions(ModuleOp module) {
  SmallVector<FunctionOpInterface> functions;
  module.walk([&](FunctionOpInterface function) {
    if (!function.isExternal())
      functions.push_back(function);
  });
  return functions;
}

/// The option `names`: `[function:]index=tensor`.
LogicalResult BindWeightsPass::collectNamed(Bindings &bindings) {
  ModuleOp module = getOperation();
  SmallVector<FunctionOpInterface> functions = getFunctions(module);
  for (StringRef entry : names) {
    auto refuse = [&](const Twine &why) {
      return emitError(module.getLoc(), "zq-bind-weights: names entry '")
             << entry << "': " << why;
    };
    auto [target, tensor] = entry.split('=');
    // A name may have a colon, an index has none.
    auto [functionName, indexText] = target.rsplit(':');
    if (indexText.empty())
      std::swap(functionName, indexText);
    unsigned index;
    if (tensor.empty() || indexText.getAsInteger(10, index))
      return refuse("want [function:]index=tensor");

    FunctionOpInterface function;
    if (functionName.empty()) {
      if (functions.size() != 1)
        return refuse("the module has " + Twine(functions.size()) +
                      " functions with a body; want function:index=tensor");
      function = functions.front();
    } else {
      for (FunctionOpInterface candidate : functions)
        if (candidate.getName() == functionName)
          function = candidate;
      if (!function)
        return refuse("the module has no function @" + functionName +
                      " with a body");
    }
    if (index >= function.getNumArguments())
      return refuse("@" + function.getName() + " has " +
                    Twine(function.getNumArguments()) + " arguments");
    for (const Binding &other : bindings[function])
      if (other.index == index)
        return refuse("argument " + Twine(index) + " is named twice");
    bindings[function].push_back({index, tensor.str(), "", {}});
  }
  return success();
}

/// Arguments with a name in the attribute; the option wins over it.
LogicalResult BindWeightsPass::collectMarked(Bindings &bindings) {
  bool valid = true;
  for (FunctionOpInterface function : getFunctions(getOperation()))
    for (unsigned i = 0; i < function.getNumArguments(); ++i) {
      Attribute mark = function.getArgAttr(i, ZqDialect::kWeightAttrName);
      if (!mark || llvm::any_of(bindings[function], [&](const Binding &other) {
            return other.index == i;
          }))
        continue;
      if (auto name = dyn_cast<StringAttr>(mark)) {
        bindings[function].push_back({i, name.str(), "", {}});
        continue;
      }
      if (!isa<UnitAttr>(mark)) {
        emitError(function.getArgument(i).getLoc(),
                  "zq-bind-weights: argument ")
            << i << " of @" << function.getName() << ": its zq.weight is "
            << mark << ", want the name of a tensor, or no value";
        valid = false;
        continue;
      }
      remarkMissed(function, "zq-bind-weights")
          << ("argument " + Twine(i) +
              " is marked zq.weight without a tensor's name")
                 .str();
    }
  return success(valid);
}

//===----------------------------------------------------------------------===//
// Whether it can be
//===----------------------------------------------------------------------===//

static Type getElementType(DType dtype, MLIRContext *context) {
  switch (dtype) {
  case DType::F32:
    return Float32Type::get(context);
  case DType::F16:
    return Float16Type::get(context);
  case DType::BF16:
    return BFloat16Type::get(context);
  default:
    return {};
  }
}

/// Calls can be updated; any other use of the function fixes its type.
static LogicalResult checkUses(FunctionOpInterface function, ModuleOp module) {
  auto uses = SymbolTable::getSymbolUses(function, module);
  if (!uses)
    return emitError(function.getLoc(),
                     "zq-bind-weights: cannot tell who calls @")
           << function.getName();
  for (SymbolTable::SymbolUse use : *uses) {
    auto call = dyn_cast<CallOpInterface>(use.getUser());
    if (call && call.getCallableForCallee() ==
                    CallInterfaceCallable(use.getSymbolRef()))
      continue;
    InFlightDiagnostic error =
        use.getUser()->emitError("zq-bind-weights: uses @")
        << function.getName()
        << " other than by a call, so that its arguments cannot be removed";
    return error;
  }
  return success();
}

LogicalResult BindWeightsPass::check(FunctionOpInterface function,
                                     SmallVectorImpl<Binding> &list,
                                     ArrayRef<SafetensorsFile> opened) {
  if (list.empty())
    return success();
  bool valid = succeeded(checkUses(function, getOperation()));
  for (Binding &binding : list) {
    BlockArgument argument = function.getArgument(binding.index);
    auto refuse = [&](const Twine &why) {
      emitError(argument.getLoc(), "zq-bind-weights: argument ")
          << binding.index << " of @" << function.getName() << ": " << why;
      valid = false;
    };
    const TensorView *tensor = nullptr;
    for (const SafetensorsFile &file : opened)
      if (const TensorView *found = file.lookup(binding.name)) {
        tensor = found;
        binding.file = file.getPath();
      }
    if (!tensor) {
      std::string text;
      for (const SafetensorsFile &file : opened)
        text += (text.empty() ? "" : "; ") + file.find(binding.name).message();
      refuse(text);
      continue;
    }

    std::string what = binding.file + ": tensor '" + binding.name + "' is " +
                       std::string(getDTypeName(tensor->dtype)) + " " +
                       tensor->getShapeText();
    std::string type;
    llvm::raw_string_ostream(type) << argument.getType();
    auto wanted = dyn_cast<RankedTensorType>(argument.getType());
    Type element = getElementType(tensor->dtype, &getContext());
    if (!element) {
      refuse(what + ", wanted F32, F16 or BF16");
    } else if (!wanted || !isa<Float16Type, BFloat16Type, Float32Type>(
                              wanted.getElementType())) {
      refuse(what + ", but the argument is " + type +
             ", wanted a tensor of f32, f16 or bf16");
    } else if (wanted.getShape() != ArrayRef<int64_t>(tensor->shape)) {
      bool transposed =
          llvm::equal(wanted.getShape(), llvm::reverse(tensor->shape));
      refuse(what + ", but the argument is " + type +
             (transposed ? "; transpose it in the function" : ""));
    } else {
      binding.type = wanted.clone(element);
    }
  }
  return success(valid);
}

//===----------------------------------------------------------------------===//
// Doing it
//===----------------------------------------------------------------------===//

/// The tensor in the argument's type. bf16 and f16 meet in f32.
static Value convert(OpBuilder &builder, Location loc, Value value,
                     RankedTensorType wanted) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type == wanted)
    return value;
  if (!isa<Float32Type>(type.getElementType()))
    value = arith::ExtFOp::create(builder, loc,
                                  wanted.clone(builder.getF32Type()), value);
  if (!isa<Float32Type>(wanted.getElementType()))
    value = arith::TruncFOp::create(builder, loc, wanted, value);
  return value;
}

void BindWeightsPass::bind(FunctionOpInterface function,
                           ArrayRef<Binding> list) {
  if (list.empty())
    return;
  llvm::BitVector bound(function.getNumArguments());
  auto builder = OpBuilder::atBlockBegin(&function.front());
  for (const Binding &binding : list) {
    BlockArgument argument = function.getArgument(binding.index);
    Location loc = argument.getLoc();
    Value weight = WeightOp::create(builder, loc, binding.type,
                                    builder.getStringAttr(binding.name),
                                    builder.getStringAttr(binding.file));
    argument.replaceAllUsesWith(convert(
        builder, loc, weight, cast<RankedTensorType>(argument.getType())));
    bound.set(binding.index);
    ++numBound;
  }
  auto uses = SymbolTable::getSymbolUses(function, getOperation());
  for (SymbolTable::SymbolUse use : *uses) {
    auto call = cast<CallOpInterface>(use.getUser());
    for (int i = bound.find_last(); i >= 0; i = bound.find_prev(i))
      call.getArgOperandsMutable().erase(i);
  }
  (void)function.eraseArguments(bound);
}
