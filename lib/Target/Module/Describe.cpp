//===- Describe.cpp - the description of a module's linears ---------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Describe.h"

#include "dialects/Zq/Zq.h"
#include "zq/Numerics/TileLayout.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/raw_ostream.h"

#include <map>

using namespace mlir;
using namespace zq;

static runtime::ElementType getElementType(Type type) {
  return type.isBF16()  ? runtime::ElementType::BF16
         : type.isF16() ? runtime::ElementType::F16
                        : runtime::ElementType::F32;
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

static runtime::Param describeParam(Attribute param) {
  if (auto buffer = dyn_cast<zqgpu::BufferAttr>(param)) {
    runtime::BufferKind kind =
        buffer.getKind() == zqgpu::BufferKind::User ? runtime::BufferKind::User
        : buffer.getKind() == zqgpu::BufferKind::Workspace
            ? runtime::BufferKind::Workspace
            : runtime::BufferKind::Blob;
    return runtime::BufferParam{kind, buffer.getName().str()};
  }
  if (auto map = dyn_cast<zqgpu::TensorMapAttr>(param))
    return runtime::TensorMapParam{map.getBuffer().str(), map.getColumns(),
                                   map.getBoxRows(), map.getBoxColumns()};
  if (auto integer = dyn_cast<IntegerAttr>(param))
    return runtime::IntegerParam{integer.getInt(),
                                 integer.getType().getIntOrFloatBitWidth()};
  return runtime::TokensParam{};
}

static runtime::Launch describeLaunch(zqgpu::LaunchAttr launch) {
  runtime::Launch result;
  result.cubin = launch.getKernel().getRootReference().str();
  result.kernel = launch.getKernel().getLeafReference().str();
  result.grid = {launch.getGrid().getTokens(), launch.getGrid().getCtas(),
                 launch.getGrid().getPerSm()};
  result.block = launch.getBlock();
  result.cluster = launch.getCluster();
  result.shared = launch.getShared();
  result.programmatic = launch.getProgrammatic();
  for (Attribute param : launch.getParams())
    result.params.push_back(describeParam(param));
  return result;
}

static runtime::Variant describeVariant(zqgpu::VariantAttr variant) {
  runtime::Variant result;
  result.first = variant.getFirst();
  result.last = variant.getLast();
  llvm::raw_string_ostream(result.schedule) << variant.getSchedule();
  for (Attribute attr : variant.getWorkspace()) {
    auto workspace = cast<zqgpu::WorkspaceAttr>(attr);
    result.workspaces.push_back({workspace.getName().str(),
                                 workspace.getBytesPerToken(),
                                 workspace.getBytes()});
  }
  for (Attribute launch : variant.getLaunches())
    result.launches.push_back(describeLaunch(cast<zqgpu::LaunchAttr>(launch)));
  return result;
}

//===----------------------------------------------------------------------===//
// Linears and cubins
//===----------------------------------------------------------------------===//

/// The constants of a linear, and what their bytes are checked and packed by:
/// those of linears with the same key are written once.
using Constants = std::vector<const void *>;

static Constants getConstants(zqgpu::LinearOp op) {
  Constants key;
  for (Attribute attr :
       {Attribute(op.getNAttr()), Attribute(op.getKAttr()),
        Attribute(op.getGroupAttr()), Attribute(op.getWeightFormatAttr()),
        Attribute(op.getMaxShiftAttr()), Attribute(op.getMultipliersAttr()),
        Attribute(op.getCodes()), Attribute(op.getShifts()),
        Attribute(op.getRowScale()), Attribute(op.getDownAttr()),
        Attribute(op.getUpAttr()), Attribute(op.getBiasAttr())})
    key.push_back(attr.getAsOpaquePointer());
  return key;
}

/// Numbers blobs as WriteModule.cpp writes them: weights, row scale, down, up,
/// bias.
static runtime::Linear describeLinear(zqgpu::LinearOp op,
                                      std::vector<runtime::BlobRange> &blobs) {
  auto addBlob = [&](uint64_t size) {
    blobs.push_back({0, size});
    return blobs.size() - 1;
  };
  auto addFloats =
      [&](std::optional<ElementsAttr> data) -> std::optional<runtime::BlobRef> {
    if (!data)
      return std::nullopt;
    runtime::ElementType type = getElementType(data->getElementType());
    return runtime::BlobRef{
        addBlob(data->getNumElements() * runtime::getByteSize(type)), type};
  };
  runtime::Linear linear;
  linear.name = op.getSymName().str();
  linear.n = op.getN();
  linear.k = op.getK();
  linear.group = op.getGroup();
  linear.weightFormat = *zq::getFormat(op.getWeightFormat());
  linear.maxShift = op.getMaxShift();
  linear.multipliers = op.getMultipliers();
  linear.activationFormat = *zq::getFormat(op.getActivationFormat());
  linear.inputType = getElementType(op.getInputType());
  linear.outputType = getElementType(op.getOutputType());
  linear.weights =
      addBlob(TileLayout{linear.n, linear.k, linear.group}.getBytes());
  linear.rowScale = addBlob(linear.n * 4);
  linear.rank = op.getRank();
  linear.down = addFloats(op.getDown());
  linear.up = addFloats(op.getUp());
  linear.bias = addFloats(op.getBias());
  linear.residual = op.getResidual();
  if (op.getVariants())
    for (auto variant : op.getVariantsAttr().getAsRange<zqgpu::VariantAttr>())
      linear.variants.push_back(describeVariant(variant));
  return linear;
}

/// The cubin in `binary`, or null with an error.
static gpu::ObjectAttr getCubin(zqgpu::LinearOp user, gpu::BinaryOp binary) {
  for (Attribute attr : binary.getObjects()) {
    auto object = dyn_cast<gpu::ObjectAttr>(attr);
    if (object && object.getFormat() == gpu::CompilationTarget::Binary &&
        isa<NVVM::NVVMTargetAttr>(object.getTarget()))
      return object;
  }
  InFlightDiagnostic diag = user.emitOpError()
                            << "launches kernels of @" << binary.getSymName()
                            << ", which holds no cubin: run zqgpu-assemble";
  diag.attachNote(binary.getLoc()) << "the kernels are here";
  return {};
}

/// Adds the cubins that the linear launches, each once.
static LogicalResult addCubins(zqgpu::LinearOp op,
                               const runtime::Linear &linear,
                               DescribedModule &result) {
  std::vector<runtime::Cubin> &cubins = result.description.cubins;
  for (const runtime::Variant &variant : linear.variants)
    for (const runtime::Launch &launch : variant.launches) {
      if (llvm::any_of(cubins, [&](const runtime::Cubin &cubin) {
            return cubin.name == launch.cubin;
          }))
        continue;
      auto binary = SymbolTable::lookupNearestSymbolFrom<gpu::BinaryOp>(
          op, StringAttr::get(op.getContext(), launch.cubin));
      if (!binary)
        return op.emitOpError()
               << "launches kernels of @" << launch.cubin
               << ", but the module has no gpu.binary of that name: run "
                  "zqgpu-to-cubin";
      gpu::ObjectAttr object = getCubin(op, binary);
      if (!object)
        return failure();
      StringRef bytes = object.getObject().getValue();
      cubins.push_back(
          {launch.cubin,
           cast<NVVM::NVVMTargetAttr>(object.getTarget()).getChip().str(), 0});
      result.cubins.push_back(bytes);
    }
  return success();
}

FailureOr<DescribedModule> zq::describeModule(ModuleOp module) {
  DescribedModule result;
  runtime::ModuleDescription &description = result.description;
  description.producer = "zq " ZQ_VERSION;
  std::map<Constants, size_t> known; // a linear that has them
  for (auto op : module.getOps<zqgpu::LinearOp>()) {
    if (!TileLayout{static_cast<int64_t>(op.getN()),
                    static_cast<int64_t>(op.getK()),
                    static_cast<int64_t>(op.getGroup())}
             .isSupported())
      return op.emitOpError()
             << "has groups of " << op.getGroup()
             << " elements, which the layout of module files cannot hold: "
                "wanted a multiple of 32, or one group for a row";
    size_t index = description.linears.size();
    auto [same, isNew] = known.try_emplace(getConstants(op), index);
    std::vector<runtime::BlobRange> unused;
    runtime::Linear linear =
        describeLinear(op, isNew ? description.blobs : unused);
    if (!isNew) {
      const runtime::Linear &other = description.linears[same->second];
      linear.weights = other.weights;
      linear.rowScale = other.rowScale;
      linear.down = other.down;
      linear.up = other.up;
      linear.bias = other.bias;
    }
    description.linears.push_back(std::move(linear));
    result.linears.push_back(op);
    result.shared.push_back(!isNew);
    if (failed(addCubins(op, description.linears.back(), result)))
      return failure();
  }
  for (auto [cubin, bytes] : llvm::zip(description.cubins, result.cubins)) {
    cubin.blob = description.blobs.size();
    description.blobs.push_back({0, bytes.size()});
  }
  return result;
}
