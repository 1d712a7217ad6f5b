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
#include <map>
#include <vector>

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

/// Types and attributes by their uniqued storage, everything else by numbers.
using CodeKey = std::vector<uintptr_t>;

namespace {
/// Writes a function so that two keys are equal where the functions are but
/// for their own constants and the names of their layers. Nothing is printed:
/// what is printed depends on flags, such as those that elide large elements.
/// Each list is preceded by its length, so that no two codes have one key.
class CodeKeyBuilder {
public:
  static CodeKey build(func::FuncOp function) {
    CodeKeyBuilder builder;
    builder.addStorage(function.getFunctionType());
    builder.addRegion(function.getBody());
    return std::move(builder.key);
  }

private:
  unsigned getNumber(Value value) {
    return numbers.try_emplace(value, numbers.size()).first->second;
  }

  void add(uintptr_t number) { key.push_back(number); }

  /// A type, an attribute or the name of an op.
  template <typename T> void addStorage(T uniqued) {
    add(reinterpret_cast<uintptr_t>(uniqued.getAsOpaquePointer()));
  }

  template <typename Values> void addDefinitions(Values values) {
    add(values.size());
    for (Value value : values) {
      add(getNumber(value));
      addStorage(value.getType());
    }
  }

  void addRegion(Region &region) {
    add(region.getBlocks().size());
    for (Block &block : region)
      blocks.try_emplace(&block, blocks.size());
    for (Block &block : region) {
      addDefinitions(block.getArguments());
      add(block.getOperations().size());
      for (Operation &op : block)
        addOperation(&op);
    }
  }

  void addOperation(Operation *op) {
    bool isOwn = isOwnConstant(op);
    if (isOwn)
      add(0); // no op's name is null
    else
      addStorage(op->getName());
    add(op->getNumOperands());
    for (Value operand : op->getOperands())
      add(getNumber(operand));
    add(op->getNumSuccessors());
    for (Block *successor : op->getSuccessors())
      add(blocks.lookup(successor));
    addDefinitions(op->getResults());
    if (isOwn)
      return;
    SmallVector<NamedAttribute> attributes(op->getAttrDictionary().getValue());
    if (isa<LinearOp, QuantizedLinearOp>(op))
      llvm::erase_if(attributes, [](NamedAttribute attribute) {
        return attribute.getName() == "name";
      });
    add(attributes.size());
    for (NamedAttribute attribute : attributes) {
      addStorage(attribute.getName());
      addStorage(attribute.getValue());
    }
    add(op->getNumRegions());
    for (Region &region : op->getRegions())
      addRegion(region);
  }

  CodeKey key;
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
    // In the order of the functions, whatever the addresses in keys.
    llvm::MapVector<CodeKey, SmallVector<Candidate>,
                    std::map<CodeKey, unsigned>>
        alike;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      FailureOr<SmallVector<Operation *>> constants = getOwnConstants(function);
      if (failed(constants) || constants->empty())
        continue;
      alike[CodeKeyBuilder::build(function)].push_back(
          {function, std::move(*constants)});
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
