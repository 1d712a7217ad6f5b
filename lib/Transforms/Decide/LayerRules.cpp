//===- LayerRules.cpp - settings of layers by name ------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerRules.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace zq;

namespace {
/// A key that rules may set, and the pass that reads it.
struct Key {
  StringLiteral key;
  StringLiteral pass;
};
} // namespace

static constexpr Key kKeys[] = {
    {"skip", "zq-quantize-linear"},
    {"weight-format", "zq-quantize-linear"},
    {"activation-format", "zq-quantize-linear"},
    {"group-size", "zq-quantize-linear"},
    {"clip", "zq-quantize-linear"},
    {"constraint", "zq-constrain-scales"},
    {"rounding", "zq-constrain-scales"},
    {"anchor-search", "zq-constrain-scales"},
    {"max-shift", "zq-constrain-scales"},
    {"rank", "zq-insert-lorc"},
    {"factor-type", "zq-insert-lorc"},
};

static const Key *findKey(StringRef key) {
  return llvm::find_if(kKeys, [&](const Key &k) { return k.key == key; });
}

static bool isKeyOf(StringRef pass, const LayerRules::Setting &setting) {
  return findKey(setting.key)->pass == pass;
}

LogicalResult LayerRules::addRule(StringRef glob, std::vector<Setting> settings,
                                  EmitError emitError) {
  if (glob.empty())
    return emitError() << "a rule names no layer, want `glob=setting,...`";
  if (settings.empty())
    return emitError() << "the rule for '" << glob << "' sets nothing, want '"
                       << glob << "=skip' or '" << glob << "=option:value,...'";
  for (const Setting &setting : settings) {
    if (findKey(setting.key) != std::end(kKeys))
      continue;
    InFlightDiagnostic error = emitError()
                               << "the rule for '" << glob << "' sets '"
                               << setting.key << "', want one of ";
    llvm::interleaveComma(kKeys, error, [&](const Key &k) { error << k.key; });
    return error;
  }
  Rule &rule = rules.emplace_back();
  rule.glob = glob.str();
  rule.settings = std::move(settings);
  llvm::Expected<llvm::GlobPattern> pattern =
      llvm::GlobPattern::create(rule.glob, /*MaxSubPatterns=*/1024);
  if (!pattern)
    return emitError() << "the rule for '" << glob << "' is no glob: "
                       << llvm::toString(pattern.takeError());
  rule.pattern = std::move(*pattern);
  return success();
}

/// glob=key:value,key;glob=...
LogicalResult LayerRules::parseText(StringRef text, EmitError emitError) {
  for (StringRef part : llvm::split(text, ';')) {
    part = part.trim();
    if (part.empty())
      continue;
    auto [glob, list] = part.split('=');
    std::vector<Setting> settings;
    for (StringRef item : llvm::split(list, ',')) {
      auto [key, value] = item.trim().split(':');
      if (!key.empty())
        settings.push_back(
            {key.trim().str(), value.empty() ? "true" : value.trim().str()});
    }
    if (failed(addRule(glob.trim(), std::move(settings), emitError)))
      return failure();
  }
  return success();
}

/// The text of a setting's value, as the option would have it.
static std::optional<std::string> getValueText(const llvm::json::Value &value) {
  if (std::optional<StringRef> text = value.getAsString())
    return text->str();
  if (std::optional<bool> flag = value.getAsBoolean())
    return *flag ? "true" : "false";
  if (std::optional<int64_t> number = value.getAsInteger())
    return llvm::itostr(*number);
  return std::nullopt;
}

/// [{"layers": "glob", "key": value, ...}, ...]
LogicalResult LayerRules::parseFile(StringRef file, EmitError emitError) {
  auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/true);
  if (!buffer)
    return emitError() << "cannot read rules-file '" << file
                       << "': " << buffer.getError().message();
  llvm::Expected<llvm::json::Value> root =
      llvm::json::parse((*buffer)->getBuffer());
  if (!root)
    return emitError() << "rules-file '" << file
                       << "' is no JSON: " << llvm::toString(root.takeError());
  const llvm::json::Array *array = root->getAsArray();
  if (!array)
    return emitError() << "rules-file '" << file
                       << "' holds no array of rules at its top";
  for (auto [index, element] : llvm::enumerate(*array)) {
    const llvm::json::Object *object = element.getAsObject();
    std::optional<StringRef> glob =
        object ? object->getString("layers") : std::nullopt;
    if (!glob)
      return emitError() << "rule " << index << " of rules-file '" << file
                         << "' is no object with the string \"layers\"";
    std::vector<Setting> settings;
    for (const auto &[key, value] : *object) {
      if (key == "layers")
        continue;
      std::optional<std::string> text = getValueText(value);
      if (!text)
        return emitError() << "rule " << index << " of rules-file '" << file
                           << "': the value of \"" << StringRef(key)
                           << "\" is no string, integer or boolean";
      settings.push_back({key.str(), *text});
    }
    // An object has no order of its own, errors and tests want one.
    llvm::sort(settings, [](const Setting &a, const Setting &b) {
      return a.key < b.key;
    });
    if (failed(addRule(*glob, std::move(settings), emitError)))
      return failure();
  }
  return success();
}

FailureOr<std::shared_ptr<const LayerRules>>
LayerRules::parse(StringRef pass, StringRef text, StringRef file,
                  EmitError emitError) {
  auto rules = std::make_shared<LayerRules>();
  rules->pass = pass.str();
  if (!file.empty() && failed(rules->parseFile(file, emitError)))
    return failure();
  if (failed(rules->parseText(text, emitError)))
    return failure();
  return std::shared_ptr<const LayerRules>(std::move(rules));
}

LogicalResult LayerRules::checkSettings(
    EmitError emitError,
    function_ref<LogicalResult(const Setting &, EmitError)> check) const {
  for (const Rule &rule : rules) {
    auto emitRuleError = [&]() {
      return emitError() << "in the rule for '" << rule.glob << "': ";
    };
    for (const Setting &setting : rule.settings)
      if (isKeyOf(pass, setting) && failed(check(setting, emitRuleError)))
        return failure();
  }
  return success();
}

void LayerRules::apply(StringRef name, llvm::SmallBitVector &matched,
                       function_ref<void(const Setting &)> apply) const {
  matched.resize(rules.size());
  for (auto [index, rule] : llvm::enumerate(rules)) {
    if (!rule.pattern.match(name))
      continue;
    matched.set(index);
    for (const Setting &setting : rule.settings)
      if (isKeyOf(pass, setting))
        apply(setting);
  }
}

void LayerRules::warnUnmatched(const llvm::SmallBitVector &matched,
                               Location loc) const {
  for (auto [index, rule] : llvm::enumerate(rules)) {
    bool known = index < matched.size() && matched.test(index);
    auto isOwn = [&](const Setting &setting) { return isKeyOf(pass, setting); };
    if (!known && llvm::any_of(rule.settings, isOwn))
      emitWarning(loc) << pass << ": the rule for '" << rule.glob
                       << "' matches no layer that this pass looks at";
  }
}
