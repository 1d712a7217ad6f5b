//===- ZqGPUAttrs.cpp - how a host runs a compiled linear -----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/ZqGPU/ZqGPU.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace zq::zqgpu;

#include "dialects/ZqGPU/ZqGPUEnums.cpp.inc"

/// `grid = <...>`: the mnemonic is clear from the place.
static ParseResult parseGrid(AsmParser &parser, GridAttr &grid) {
  grid = dyn_cast_or_null<GridAttr>(GridAttr::parse(parser, {}));
  return success(static_cast<bool>(grid));
}
static void printGrid(AsmPrinter &printer, GridAttr grid) {
  grid.print(printer);
}

/// `, interval = 1024, split = 2, stream_k, rows = 256, per_sm = 2`, each left
/// out at its default.
static ParseResult parseRest(AsmParser &parser, int64_t &interval,
                             int64_t &split, bool &streamK, int64_t &rows,
                             int64_t &perSm) {
  interval = 0;
  split = 1;
  streamK = false;
  rows = 128;
  perSm = 1;
  while (succeeded(parser.parseOptionalComma())) {
    StringRef keyword;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword))
      return failure();
    if (keyword == "stream_k") {
      streamK = true;
      continue;
    }
    int64_t *value = llvm::StringSwitch<int64_t *>(keyword)
                         .Case("interval", &interval)
                         .Case("split", &split)
                         .Case("rows", &rows)
                         .Case("per_sm", &perSm)
                         .Default(nullptr);
    if (!value)
      return parser.emitError(loc)
             << "found '" << keyword
             << "', want interval, split, stream_k, rows or per_sm";
    if (parser.parseEqual() || parser.parseInteger(*value))
      return failure();
  }
  return success();
}
static void printRest(AsmPrinter &printer, int64_t interval, int64_t split,
                      bool streamK, int64_t rows, int64_t perSm) {
  if (interval != 0)
    printer << ", interval = " << interval;
  if (split != 1)
    printer << ", split = " << split;
  if (streamK)
    printer << ", stream_k";
  if (rows != 128)
    printer << ", rows = " << rows;
  if (perSm != 1)
    printer << ", per_sm = " << perSm;
}

static ParseResult parseSchedule(AsmParser &parser, ScheduleAttr &schedule) {
  schedule = dyn_cast_or_null<ScheduleAttr>(ScheduleAttr::parse(parser, {}));
  return success(static_cast<bool>(schedule));
}
static void printSchedule(AsmPrinter &printer, ScheduleAttr schedule) {
  schedule.print(printer);
}

#define GET_ATTRDEF_CLASSES
#include "dialects/ZqGPU/ZqGPUAttrs.cpp.inc"

void ZqGPUDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/ZqGPU/ZqGPUAttrs.cpp.inc"
      >();
}

using EmitError = function_ref<InFlightDiagnostic()>;

//===----------------------------------------------------------------------===//
// Schedules
//===----------------------------------------------------------------------===//

LogicalResult ScheduleAttr::verify(EmitError emitError, int64_t tokens,
                                   int64_t stages, Accumulation accumulation,
                                   int64_t interval, int64_t split,
                                   bool streamK, int64_t rows, int64_t perSm) {
  if (tokens < 8 || tokens > 256 || tokens % 8 != 0)
    return emitError() << "tokens is " << tokens
                       << ", want a multiple of 8 from 8 to 256";
  if (stages < 1 || stages > 16)
    return emitError() << "stages is " << stages << ", want 1 to 16";
  if (accumulation == Accumulation::Fast && interval != 0)
    return emitError() << "interval is " << interval
                       << ", but fast accumulation has none";
  if (accumulation == Accumulation::Promoted &&
      (interval < 128 || interval % 128 != 0))
    return emitError() << "interval is " << interval
                       << ", want a positive multiple of 128";
  // Consumers wait for a tile of K before they release the one before it.
  if (stages == 1 && interval != 128)
    return emitError() << "stages is 1, want 2 to 16, or promoted accumulation "
                          "with interval 128: tiles of K overlap in twos";
  if (split < 1 || split > 8)
    return emitError() << "split is " << split
                       << ", want 1 to 8, the CTAs that a cluster can have";
  if (streamK && split != 1)
    return emitError() << "has both stream_k and split = " << split
                       << ", want one way to share a tile";
  if (rows != 128 && rows != 256)
    return emitError() << "rows is " << rows << ", want 128 or 256";
  if (perSm < 1 || perSm > 2)
    return emitError() << "per_sm is " << perSm << ", want 1 or 2";
  return success();
}

static LogicalResult verifyRange(EmitError emitError, int64_t first,
                                 int64_t last) {
  if (first < 1 || last < first)
    return emitError() << "range of m is " << first << " to " << last
                       << ", want 1 <= first <= last";
  return success();
}

LogicalResult ChoiceAttr::verify(EmitError emitError, int64_t first,
                                 int64_t last, ScheduleAttr schedule) {
  return verifyRange(emitError, first, last);
}

LogicalResult TargetAttr::verify(EmitError emitError, int64_t sms,
                                 int64_t bandwidth, int64_t fp8Rate) {
  if (sms < 1 || bandwidth < 1 || fp8Rate < 1)
    return emitError() << "want sms, bandwidth and fp8_rate of at least 1, "
                          "found "
                       << sms << ", " << bandwidth << " and " << fp8Rate;
  return success();
}

//===----------------------------------------------------------------------===//
// Kernel arguments
//===----------------------------------------------------------------------===//

LogicalResult BufferAttr::verify(EmitError emitError, BufferKind kind,
                                 StringRef name) {
  static constexpr StringLiteral users[] = {"x", "y", "residual"};
  static constexpr StringLiteral blobs[] = {"weights", "row_scale", "bias",
                                            "down", "up"};
  if (kind == BufferKind::User && !llvm::is_contained(users, name))
    return emitError() << "no user buffer is called \"" << name
                       << "\", want \"x\", \"y\" or \"residual\"";
  if (kind == BufferKind::Blob && !llvm::is_contained(blobs, name))
    return emitError() << "no blob is called \"" << name
                       << "\", want \"weights\", \"row_scale\", \"bias\", "
                          "\"down\" or \"up\"";
  if (name.empty())
    return emitError() << "a workspace buffer needs a name";
  return success();
}

LogicalResult TensorMapAttr::verify(EmitError emitError, StringRef buffer,
                                    int64_t columns, int64_t boxRows,
                                    int64_t boxColumns) {
  if (columns < 1 || columns % 16 != 0)
    return emitError()
           << "columns is " << columns
           << ", want a positive multiple of 16, the granularity of "
              "a tensor map's strides";
  if (boxRows < 1 || boxRows > 256)
    return emitError() << "box has " << boxRows << " rows, want 1 to 256";
  if (boxColumns != 128)
    return emitError() << "box has " << boxColumns
                       << " columns, want 128, the width of the swizzle";
  return success();
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

LogicalResult GridAttr::verify(EmitError emitError, int64_t tokens,
                               int64_t ctas, int64_t perSm) {
  if (tokens < 0 || ctas < 1 || perSm < 0)
    return emitError() << "want tokens >= 0, ctas >= 1 and per_sm >= 0, found "
                       << tokens << ", " << ctas << " and " << perSm;
  return success();
}

LogicalResult WorkspaceAttr::verify(EmitError emitError, StringRef name,
                                    int64_t bytesPerToken, int64_t bytes) {
  if (name.empty())
    return emitError() << "a workspace buffer needs a name";
  if (bytesPerToken < 0 || bytes < 0)
    return emitError() << "workspace \"" << name << "\" has a negative size";
  return success();
}

LogicalResult LaunchAttr::verify(EmitError emitError, SymbolRefAttr kernel,
                                 GridAttr grid, int64_t block, int64_t cluster,
                                 int64_t shared, bool programmatic,
                                 ArrayAttr params) {
  if (kernel.getNestedReferences().size() != 1)
    return emitError() << "kernel is " << kernel << ", want @module::@function";
  if (block < 1 || block > 1024)
    return emitError() << "block is " << block << ", want 1 to 1024 threads";
  if (cluster < 1 || cluster > 8)
    return emitError() << "cluster is " << cluster << ", want 1 to 8 CTAs";
  static constexpr int64_t maxShared = 227 * 1024;
  if (shared < 0 || shared > maxShared)
    return emitError() << "shared is " << shared << " bytes, want 0 to "
                       << maxShared << ", what a CTA can have on sm_90";
  for (Attribute param : params)
    if (!isa<BufferAttr, TokensAttr, TensorMapAttr, IntegerAttr>(param))
      return emitError() << "parameter is " << param
                         << ", want #zqgpu.buffer, #zqgpu.tokens, "
                            "#zqgpu.tensor_map or an integer";
  return success();
}

/// The workspace buffer that a parameter names, or an empty string.
static StringRef getWorkspaceName(Attribute param) {
  if (auto map = dyn_cast<TensorMapAttr>(param))
    return map.getBuffer();
  if (auto buffer = dyn_cast<BufferAttr>(param))
    if (buffer.getKind() == BufferKind::Workspace)
      return buffer.getName();
  return {};
}

LogicalResult VariantAttr::verify(EmitError emitError, int64_t first,
                                  int64_t last, ScheduleAttr schedule,
                                  ArrayAttr workspace, ArrayAttr launches) {
  if (failed(verifyRange(emitError, first, last)))
    return failure();
  for (Attribute buffer : workspace)
    if (!isa<WorkspaceAttr>(buffer))
      return emitError() << "workspace holds " << buffer
                         << ", want #zqgpu.workspace";
  if (launches.empty())
    return emitError() << "a variant needs at least one launch";
  for (Attribute attr : launches) {
    auto launch = dyn_cast<LaunchAttr>(attr);
    if (!launch)
      return emitError() << "launches holds " << attr << ", want #zqgpu.launch";
    for (Attribute param : launch.getParams()) {
      StringRef name = getWorkspaceName(param);
      bool known = name.empty() || llvm::any_of(workspace, [&](Attribute w) {
                     return cast<WorkspaceAttr>(w).getName() == name;
                   });
      if (!known)
        return emitError() << "parameter " << param
                           << " names no workspace buffer of the variant";
    }
  }
  return success();
}
