//===- ShareFunctions.cpp - functions that differ in weights alone --------===//
//
// A model's blocks are one function with other weights each. Compiled one by
// one they cost as many times the code and the compiler's time: here the
// weights become arguments of one private function, and the blocks calls of it.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"
#include "zq/Transforms/Optimize/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

namespace zq {
#define GEN_PASS_DEF_SHAREFUNCTIONSPASS
#include "zq/Transforms/Optimize/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

/// A constant that is what a function has of its own: a weight, or a tensor of
/// different numbers. Others (zeros, masks, scalars) belong to the code.
static bool isOwnConstant(Operation *op) {
  if (isa<WeightOp>(op))
    return true;
  auto constant = dyn_cast<arith::ConstantOp>(op);
  if (!constant || !isa<RankedTensorType>(constant.getType()))
    return false;
  if (llvm::any_of(constant->getUsers(), [](Operation *user) {
        return isa_and_present<ZqDialect>(user->getDialect());
      }))
    return true;
  return !isa<SplatElementsAttr>(constant.getValue());
}

//===----------------------------------------------------------------------===//
// Likeness
//===----------------------------------------------------------------------===//

namespace {
/// Writes a function so that two texts are equal where the functions are but
/// for their own constants and the names of their layers.
class CodeText {
public:
  static std::string of(func::FuncOp function) {
    CodeText text;
    text.stream << function.getFunctionType();
    text.write(function.getBody());
    return text.result;
  }

private:
  CodeText() : stream(result) {}

  unsigned numberOf(Value value) {
    return numbers.try_emplace(value, numbers.size()).first->second;
  }

  void write(Region &region) {
    stream << "{";
    for (Block &block : region)
      blocks.try_emplace(&block, blocks.size());
    for (Block &block : region) {
      stream << "^" << blocks[&block];
      for (BlockArgument argument : block.getArguments())
        stream << " " << numberOf(argument) << ":" << argument.getType();
      for (Operation &op : block)
        write(&op);
    }
    stream << "}";
  }

  void write(Operation *op) {
    bool isOwn = isOwnConstant(op);
    stream << "\n" << (isOwn ? "constant" : op->getName().getStringRef());
    for (Value operand : op->getOperands())
      stream << " " << numberOf(operand);
    for (Block *successor : op->getSuccessors())
      stream << " ^" << blocks[successor];
    for (Value value : op->getResults())
      stream << " " << numberOf(value) << ":" << value.getType();
    if (isOwn)
      return;
    for (NamedAttribute attribute : op->getAttrDictionary())
      if (!isName(op, attribute.getName()))
        stream << " " << attribute.getName() << "=" << attribute.getValue();
    for (Region &region : op->getRegions())
      write(region);
  }

  static bool isName(Operation *op, StringRef attribute) {
    return attribute == "name" && isa<LinearOp, QuantizedLinearOp>(op);
  }

  std::string result;
  llvm::raw_string_ostream stream;
  DenseMap<Value, unsigned> numbers;
  DenseMap<Block *, unsigned> blocks;
};
} // namespace

/// The function's own constants in the order of its code, if all of them stand
/// in its first block.
static FailureOr<SmallVector<Operation *>>
getOwnConstants(func::FuncOp function) {
  SmallVector<Operation *> constants;
  bool isNested = false;
  function.walk([&](Operation *op) {
    if (!isOwnConstant(op))
      return;
    isNested |= op->getBlock() != &function.front();
    constants.push_back(op);
  });
  if (isNested)
    return failure();
  return constants;
}

//===----------------------------------------------------------------------===//
// Sharing
//===----------------------------------------------------------------------===//

/// Moves the body of `function` to a private function that takes its constants
/// as further arguments.
static func::FuncOp moveBody(func::FuncOp function,
                             ArrayRef<Operation *> constants) {
  OpBuilder builder(function);
  FunctionType type = function.getFunctionType();
  SmallVector<Type> inputs(type.getInputs());
  for (Operation *constant : constants)
    inputs.push_back(constant->getResult(0).getType());
  auto shared = func::FuncOp::create(
      builder, function.getLoc(), (function.getName() + ".shared").str(),
      builder.getFunctionType(inputs, type.getResults()));
  shared.setPrivate();
  shared.getBody().takeBody(function.getBody());
  for (Operation *constant : constants)
    constant->getResult(0).replaceAllUsesWith(shared.front().addArgument(
        constant->getResult(0).getType(), constant->getLoc()));
  shared.walk([](Operation *op) {
    if (isa<LinearOp, QuantizedLinearOp>(op))
      op->removeAttr("name");
  });
  return shared;
}

/// Makes `function` a call of `shared` with its own constants, which move
/// there.
static void makeCall(func::FuncOp function, func::FuncOp shared,
                     ArrayRef<Operation *> constants) {
  auto *block = new Block();
  for (Type input : function.getFunctionType().getInputs())
    block->addArgument(input, function.getLoc());
  OpBuilder builder(function.getContext());
  builder.setInsertionPointToStart(block);
  SmallVector<Value> operands(block->getArguments());
  for (Operation *constant : constants) {
    constant->remove();
    builder.insert(constant);
    operands.push_back(constant->getResult(0));
  }
  auto call =
      func::CallOp::create(builder, function.getLoc(), shared, operands);
  func::ReturnOp::create(builder, function.getLoc(), call.getResults());
  function.getBody().dropAllReferences();
  function.getBody().getBlocks().clear();
  function.getBody().push_back(block);
}

namespace {
struct ShareFunctions : zq::impl::ShareFunctionsPassBase<ShareFunctions> {
  using ShareFunctionsPassBase::ShareFunctionsPassBase;

  void runOnOperation() override {
    struct Candidate {
      func::FuncOp function;
      SmallVector<Operation *> constants;
    };
    llvm::MapVector<StringRef, SmallVector<Candidate>> alike;
    llvm::StringSet<> texts; // owns the keys
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      FailureOr<SmallVector<Operation *>> constants = getOwnConstants(function);
      if (failed(constants) || constants->empty())
        continue;
      StringRef key = texts.insert(CodeText::of(function)).first->getKey();
      alike[key].push_back({function, std::move(*constants)});
    }

    SymbolTable symbols(getOperation());
    for (auto &[key, candidates] : alike) {
      if (candidates.size() < 2)
        continue;
      func::FuncOp shared =
          moveBody(candidates[0].function, candidates[0].constants);
      shared->remove();
      symbols.insert(shared, getOperation().getBody()->begin());
      for (Candidate &candidate : candidates)
        makeCall(candidate.function, shared, candidate.constants);
      numShared += candidates.size();
    }
  }
};
} // namespace
