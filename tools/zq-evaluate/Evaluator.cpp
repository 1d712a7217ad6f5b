//===- Evaluator.cpp - modules over windows of tokens ---------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"

#include "zq/Evaluation/Logits.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace zq;

void Sums::add(const Sums &other) {
  tokens += other.tokens;
  surprise += other.surprise;
  divergence += other.divergence;
  outputSquares += other.outputSquares;
  outputError += other.outputError;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

static bool isInteger(DType dtype) {
  return dtype == DType::I64 || dtype == DType::I32;
}

static Error makeError(const EvaluatedModule &module,
                       const CompiledFunction &function,
                       const llvm::Twine &message) {
  return Error{("@" + llvm::Twine(function.getName()) + " of " + module.name +
                " " + message)
                   .str()};
}

/// One tensor in, one tensor out.
static Result<void> checkArity(const EvaluatedModule &module,
                               const CompiledFunction &function) {
  const Signature &signature = function.getSignature();
  if (signature.arguments.size() == 1 && signature.results.size() == 1 &&
      !signature.arguments[0].isScalar && !signature.results[0].isScalar)
    return {};
  return makeError(module, function,
                   "has " + llvm::Twine(signature.arguments.size()) +
                       " arguments and " +
                       llvm::Twine(signature.results.size()) +
                       " results, want one tensor of each (weights that "
                       "are arguments want --weights)");
}

Result<void> Evaluator::checkModel(const EvaluatedModule &module) const {
  if (Result<void> arity = checkArity(module, module.model); !arity)
    return arity;
  const Slot &tokens = module.model.getSignature().arguments[0];
  Array example(tokens.dtype, {1, getNumTokens()});
  if (!isInteger(tokens.dtype) || !matches(tokens, example))
    return makeError(module, module.model,
                     "takes " + tokens.getText() + ", but windows have " +
                         llvm::Twine(getNumTokens()) + " tokens: want 1x" +
                         llvm::Twine(getNumTokens()) + " integers");
  const Slot &output = module.model.getSignature().results[0];
  if (output.dtype != DType::F32)
    return makeError(module, module.model,
                     "returns " + output.getText() + ", want F32");
  return {};
}

Result<void> Evaluator::checkHead(const EvaluatedModule &module) const {
  if (Result<void> arity = checkArity(module, *module.head); !arity)
    return arity;
  const Slot &hidden = module.head->getSignature().arguments[0];
  const Slot &logits = module.head->getSignature().results[0];
  if (hidden.dtype != DType::F32 || hidden.shape.size() != 3 ||
      hidden.shape[0] != 1 || !hidden.hasStaticShape() ||
      hidden.shape[1] == 0 || getNumTokens() % hidden.shape[1] != 0)
    return makeError(module, *module.head,
                     "takes " + hidden.getText() +
                         ", want 1 x tokens x K of F32 with a number of tokens "
                         "that divides the windows' " +
                         llvm::Twine(getNumTokens()));
  if (logits.dtype != DType::F32 || logits.shape.size() != 3 ||
      !logits.hasStaticShape() || logits.shape[0] != 1 ||
      logits.shape[1] != hidden.shape[1] || logits.shape[2] == 0)
    return makeError(module, *module.head,
                     "returns " + logits.getText() + ", want 1 x " +
                         llvm::Twine(hidden.shape[1]) + " x vocabulary of F32");
  const Slot &output = module.model.getSignature().results[0];
  // What is dynamic is checked of each array that is returned.
  Array example(DType::F32, {1, getNumTokens(), hidden.shape[2]});
  if (!matches(output, example))
    return makeError(
        module, *module.head,
        "takes " + hidden.getText() + ", but @" + module.model.getName() +
            " returns " + output.getText() + ": want 1x" +
            llvm::Twine(getNumTokens()) + "x" + llvm::Twine(hidden.shape[2]) +
            " of windows of " + llvm::Twine(getNumTokens()) + " tokens");
  return {};
}

/// Told before the work, and of the window. Where neither a table nor a head
/// says how large the vocabulary is, it is no larger than int32 has numbers.
Result<void> Evaluator::checkTokens() const {
  int64_t vocabulary = hasLogits()
                           ? modules[0].head->getSignature().results[0].shape[2]
                           : int64_t(1) << 31;
  for (const EvaluatedModule &module : modules)
    vocabulary = std::min(
        vocabulary,
        module.model.getSignature().arguments[0].rows.value_or(vocabulary));
  for (int64_t i = 0, e = windows.getNumElements(); i < e; ++i)
    if (double token = windows.get(i); token < 0 || token >= vocabulary)
      return Error{"window " + std::to_string(i / getNumTokens()) +
                   " has token " + llvm::formatv("{0:f0}", token).str() +
                   ", want 0 to " + std::to_string(vocabulary - 1)};
  return {};
}

Result<Evaluator> Evaluator::create(std::vector<EvaluatedModule> modules,
                                    Array windows) {
  if (windows.getShape().size() != 2 || !isInteger(windows.getDType()) ||
      windows.getNumElements() == 0)
    return Error{"the windows are " + windows.getTypeText() +
                 ", want windows x tokens, I64 or I32"};
  Evaluator evaluator(std::move(modules), std::move(windows));
  if (evaluator.hasLogits() && evaluator.getNumTokens() < 2)
    return Error{
        "windows have 1 token, want at least 2: perplexity is of the "
        "tokens that follow one; without a head (--head=) one will do"};
  for (const EvaluatedModule &module : evaluator.modules) {
    if (Result<void> checked = evaluator.checkModel(module); !checked)
      return checked.takeError();
    if (!module.head)
      continue;
    if (Result<void> checked = evaluator.checkHead(module); !checked)
      return checked.takeError();
    const EvaluatedModule &reference = evaluator.modules[0];
    if (module.head->getSignature().results[0].shape !=
        reference.head->getSignature().results[0].shape)
      return makeError(module, *module.head,
                       "returns " +
                           module.head->getSignature().results[0].getText() +
                           ", that of the reference " +
                           reference.head->getSignature().results[0].getText());
  }
  if (Result<void> checked = evaluator.checkTokens(); !checked)
    return checked.takeError();
  return evaluator;
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

/// Rows [begin, begin + count) of the second dimension of a 1 x T x K array.
static Array slice(const Array &array, int64_t begin, int64_t count) {
  int64_t k = array.getShape()[2];
  Array result(array.getDType(), {1, count, k});
  size_t row = k * sizeof(float);
  std::memcpy(result.data(), array.data() + begin * row, count * row);
  return result;
}

static const float *getFloats(const Array &array) {
  return reinterpret_cast<const float *>(array.data());
}

static Result<Array> call(const EvaluatedModule &module,
                          const CompiledFunction &function,
                          const Array &input) {
  Result<std::vector<Array>> results = function.call(input);
  if (!results)
    return makeError(module, function, results.message());
  return (*results)[0];
}

static void addOutput(const Array &reference, const Array &output, Sums &sums) {
  const float *wanted = getFloats(reference), *found = getFloats(output);
  for (int64_t i = 0, e = reference.getNumElements(); i < e; ++i) {
    double difference = double(wanted[i]) - found[i];
    sums.outputSquares += double(wanted[i]) * wanted[i];
    sums.outputError += difference * difference;
  }
}

/// A head may take slices of its own length; logits come in the reference's.
Result<void> Evaluator::addLogits(int64_t window,
                                  const std::vector<Array> &outputs,
                                  std::vector<Sums> &sums) const {
  const Signature &signature = modules[0].head->getSignature();
  int64_t step = signature.arguments[0].shape[1];
  int64_t vocabulary = signature.results[0].shape[2];
  std::vector<ReferenceDistribution> distributions(
      step, ReferenceDistribution(vocabulary));
  for (int64_t begin = 0; begin < getNumTokens(); begin += step)
    for (auto [m, module] : llvm::enumerate(modules)) {
      Result<Array> logits =
          call(module, *module.head, slice(outputs[m], begin, step));
      if (!logits)
        return logits.takeError();
      // The last token of a window has no next one.
      int64_t end = std::min(begin + step, getNumTokens() - 1);
      for (int64_t token = begin; token < end; ++token) {
        const float *row = getFloats(*logits) + (token - begin) * vocabulary;
        auto next = int64_t(windows.get(window * getNumTokens() + token + 1));
        ReferenceDistribution &distribution = distributions[token - begin];
        ++sums[m].tokens;
        if (m == 0) {
          distribution.assign(row);
          sums[m].surprise -= distribution.getLogProbability(next);
          continue;
        }
        ReferenceDistribution::Comparison comparison =
            distribution.compare(row);
        sums[m].surprise -= row[next] - comparison.logNormalizer;
        sums[m].divergence += comparison.divergence;
      }
    }
  return {};
}

/// NaN and infinities of one token would be those of all.
static Result<void> checkSums(const EvaluatedModule &module, const Sums &sums) {
  std::pair<const char *, double> named[] = {
      {"squares of the reference's output", sums.outputSquares},
      {"squares of its output's difference from the reference's",
       sums.outputError},
      {"-log p(next token)", sums.surprise},
      {"divergences from the reference", sums.divergence}};
  for (auto [what, sum] : named)
    if (!std::isfinite(sum))
      return Error{module.name + ": the sum of " + what + " is " +
                   std::to_string(sum) +
                   ", want a finite one; look for NaN and infinities in what "
                   "its functions return, or tokens that it gives no "
                   "probability"};
  return {};
}

Result<std::vector<Sums>>
Evaluator::evaluate(int64_t window,
                    const std::function<void()> &progress) const {
  std::vector<Sums> sums(modules.size());
  std::vector<Array> outputs;
  for (auto [m, module] : llvm::enumerate(modules)) {
    Array tokens(module.model.getSignature().arguments[0].dtype,
                 {1, getNumTokens()});
    for (int64_t i = 0; i < getNumTokens(); ++i)
      tokens.set(i, windows.get(window * getNumTokens() + i));
    Result<Array> output = call(module, module.model, tokens);
    if (!output)
      return output.takeError();
    if (module.head) {
      int64_t k = module.head->getSignature().arguments[0].shape[2];
      Array example(DType::F32, {1, getNumTokens(), k});
      if (output->getShape() != example.getShape())
        return makeError(module, module.model,
                         "returns " + output->getTypeText() + ", but @" +
                             module.head->getName() + " wants " +
                             example.getTypeText());
    }
    if (m != 0 && output->getShape() != outputs[0].getShape())
      return makeError(module, module.model,
                       "returns " + output->getTypeText() +
                           ", that of the reference " +
                           outputs[0].getTypeText());
    outputs.push_back(*output);
    addOutput(outputs[0], *output, sums[m]);
    progress();
  }
  if (hasLogits())
    if (Result<void> added = addLogits(window, outputs, sums); !added)
      return added.takeError();
  for (auto [module, sum] : llvm::zip(modules, sums))
    if (Result<void> checked = checkSums(module, sum); !checked)
      return checked.takeError();
  return sums;
}
