//===- LayerRules.h - settings of layers by name ----------------*- C++ -*-===//
//
// What the options `rules` and `rules-file` of the decide phase say. The syntax
// is described with zq-quantize-linear; each pass reads the keys that are its
// own.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_DECIDE_LAYERRULES_H
#define ZQ_LIB_TRANSFORMS_DECIDE_LAYERRULES_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/Support/GlobPattern.h"

#include <deque>

namespace zq {

using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;

class LayerRules {
public:
  /// One setting: `value` is "true" where the text gives none.
  struct Setting {
    std::string key;
    std::string value;
  };

  /// Reads the rules for the pass `pass` from the option's text and from a JSON
  /// file, either of which may be empty; the file's rules come first.
  static mlir::FailureOr<std::shared_ptr<const LayerRules>>
  parse(llvm::StringRef pass, llvm::StringRef text, llvm::StringRef file,
        EmitError emitError);

  /// Calls `check` for each setting of this pass, whatever the layer, with an
  /// error that names its rule: so that values are checked before the first
  /// layer is looked at.
  mlir::LogicalResult checkSettings(
      EmitError emitError,
      llvm::function_ref<mlir::LogicalResult(const Setting &, EmitError)> check)
      const;

  /// Calls `apply` for the settings of this pass of the layer `name`, in order,
  /// and adds to `matched` the rules that they come from.
  void apply(llvm::StringRef name, llvm::SmallBitVector &matched,
             llvm::function_ref<void(const Setting &)> apply) const;

  /// Warns of every rule with settings of this pass that is not in `matched`.
  void warnUnmatched(const llvm::SmallBitVector &matched,
                     mlir::Location loc) const;

private:
  struct Rule {
    std::string glob;
    llvm::GlobPattern pattern; ///< refers to `glob`
    std::vector<Setting> settings;
  };

  mlir::LogicalResult addRule(llvm::StringRef glob,
                              std::vector<Setting> settings,
                              EmitError emitError);
  mlir::LogicalResult parseText(llvm::StringRef text, EmitError emitError);
  mlir::LogicalResult parseFile(llvm::StringRef file, EmitError emitError);

  std::string pass;
  std::deque<Rule> rules; ///< a deque keeps each `glob` where it is
};

/// What a pass decides for each layer: `Choice` has `set(key, value,
/// emitError)` for the keys of the pass.
template <typename Choice> class LayerChoices {
public:
  mlir::LogicalResult initialize(llvm::StringRef pass, Choice defaultChoice,
                                 llvm::StringRef text, llvm::StringRef file,
                                 EmitError emitError) {
    defaults = std::move(defaultChoice);
    auto parsed = LayerRules::parse(pass, text, file, emitError);
    if (mlir::failed(parsed))
      return mlir::failure();
    rules = *parsed;
    Choice scratch;
    return rules->checkSettings(
        emitError,
        [&](const LayerRules::Setting &setting, EmitError emitError) {
          return scratch.set(setting.key, setting.value, emitError);
        });
  }

  /// The choice for the layer `name`.
  Choice get(llvm::StringRef name, llvm::SmallBitVector &matched) const {
    Choice choice = defaults;
    rules->apply(name, matched, [&](const LayerRules::Setting &setting) {
      mlir::LogicalResult result = choice.set(
          setting.key, setting.value, []() -> mlir::InFlightDiagnostic {
            llvm_unreachable("values are checked by initialize");
          });
      (void)result;
    });
    return choice;
  }

  void warnUnmatched(const llvm::SmallBitVector &matched,
                     mlir::Location loc) const {
    rules->warnUnmatched(matched, loc);
  }

private:
  Choice defaults;
  std::shared_ptr<const LayerRules> rules;
};

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_DECIDE_LAYERRULES_H
