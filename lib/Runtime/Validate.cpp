//===- Validate.cpp - whether a module's parts fit ------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Numerics/ShiftCast.h"
#include "zq/Numerics/TileLayout.h"
#include "zq/Runtime/ModuleDescription.h"

#include <algorithm>
#include <set>

using namespace zq;
using namespace zq::runtime;

/// Sizes above this are lies: they would overflow somewhere.
static constexpr int64_t kMaxDim = int64_t(1) << 31;
static constexpr int64_t kMaxWorkspaces = 8;

static std::string inRange(int64_t found, int64_t low, int64_t high) {
  return "found " + std::to_string(found) + ", wanted " + std::to_string(low) +
         " to " + std::to_string(high);
}

namespace {
/// Checks one linear; what it returns is empty or says what is wrong.
class LinearCheck {
public:
  LinearCheck(const ModuleDescription &module, const Linear &linear)
      : module(module), linear(linear) {}

  std::string check() {
    for (auto [name, dim] : {std::pair("n", linear.n), std::pair("k", linear.k),
                             std::pair("group", linear.group)})
      if (dim < 1 || dim > kMaxDim)
        return std::string(name) + ": " + inRange(dim, 1, kMaxDim);
    for (std::string problem :
         {checkFormats(), checkBlobs(), checkLowRank(), checkRanges()})
      if (!problem.empty())
        return problem;
    for (const Variant &variant : linear.variants)
      if (std::string problem = checkVariant(variant); !problem.empty())
        return "variant for M from " + std::to_string(variant.first) + ": " +
               problem;
    return {};
  }

private:
  std::string checkFormats() {
    if (!isFourBit(linear.weightFormat))
      return "weight_format: found " +
             std::string(getFormatName(linear.weightFormat)) +
             ", wanted a 4-bit format";
    if (linear.activationFormat != Format::E4M3 &&
        linear.activationFormat != Format::E5M2)
      return "activation_format: found " +
             std::string(getFormatName(linear.activationFormat)) +
             ", wanted e4m3 or e5m2";
    std::optional<ShiftWindow> window =
        getScaleWindow(linear.weightFormat, Format::E4M3, linear.multipliers);
    if (!window)
      return "multipliers: found true, wanted false for weight_format " +
             std::string(getFormatName(linear.weightFormat));
    if (linear.maxShift < 0 || linear.maxShift > window->maxShift)
      return "max_shift: " + inRange(linear.maxShift, 0, window->maxShift);
    if (!TileLayout{linear.n, linear.k, linear.group}.isSupported())
      return "group: found " + std::to_string(linear.group) +
             ", wanted a multiple of 32 or at least k";
    return {};
  }

  std::string checkBlob(const char *name, size_t blob, int64_t size) {
    if (blob >= module.blobs.size())
      return std::string(name) + ": there is no blob " + std::to_string(blob);
    uint64_t found = module.blobs[blob].size;
    if (found != static_cast<uint64_t>(size))
      return std::string(name) + ": found " + std::to_string(found) +
             " bytes, wanted " + std::to_string(size);
    return {};
  }
  std::string checkBlob(const char *name, const std::optional<BlobRef> &ref,
                        int64_t elements) {
    return ref ? checkBlob(name, ref->blob, elements * getByteSize(ref->type))
               : "";
  }
  std::string checkBlobs() {
    TileLayout layout{linear.n, linear.k, linear.group};
    std::string problem =
        checkBlob("weights", linear.weights, layout.getBytes());
    if (problem.empty())
      problem = checkBlob("row_scale", linear.rowScale, linear.n * 4);
    if (problem.empty())
      problem = checkBlob("bias", linear.bias, linear.n);
    return problem;
  }
  std::string checkLowRank() {
    if (linear.rank < 0 || linear.rank > std::min(linear.n, linear.k))
      return "rank: " + inRange(linear.rank, 0, std::min(linear.n, linear.k));
    bool wanted = linear.rank != 0;
    if (linear.down.has_value() != wanted || linear.up.has_value() != wanted)
      return "rank " + std::to_string(linear.rank) + " wants " +
             (wanted ? "both down and up" : "neither down nor up");
    std::string problem =
        checkBlob("down", linear.down, linear.rank * linear.k);
    return problem.empty() ? checkBlob("up", linear.up, linear.n * linear.rank)
                           : problem;
  }

  std::string checkRanges() {
    int64_t next = 1;
    for (const Variant &variant : linear.variants) {
      if (variant.first != next || variant.last < variant.first)
        return "variants: found M from " + std::to_string(variant.first) +
               " to " + std::to_string(variant.last) + ", wanted from " +
               std::to_string(next) + ": ranges ascend without gaps";
      // Kernels take M as 32 bits.
      if (variant.last > INT32_MAX)
        return "variants: last: " + inRange(variant.last, 1, INT32_MAX);
      next = variant.last + 1;
    }
    return {};
  }

  std::string checkVariant(const Variant &variant) {
    std::set<std::string> names;
    for (const Workspace &workspace : variant.workspaces) {
      if (!names.insert(workspace.name).second)
        return "workspace '" + workspace.name + "' occurs twice";
      // With M below 2^31 and so few workspaces, sums stay inside 64 bits.
      if (workspace.bytesPerToken < 0 ||
          workspace.bytesPerToken > kMaxDim / 8 || workspace.bytes < 0 ||
          workspace.bytes > kMaxDim * 1024)
        return "workspace '" + workspace.name + "' has a size out of range";
    }
    if (names.size() > kMaxWorkspaces)
      return "workspaces: " + inRange(names.size(), 0, kMaxWorkspaces);
    if (variant.launches.empty())
      return "it has no launches";
    for (const Launch &launch : variant.launches)
      if (std::string problem = checkLaunch(launch, names); !problem.empty())
        return "launch of '" + launch.kernel + "': " + problem;
    // Its outputs would be those of a linear without one.
    if (linear.residual && !takesResidual(variant))
      return "residual: found true, and no launch that takes it";
    return {};
  }

  static bool takesResidual(const Variant &variant) {
    for (const Launch &launch : variant.launches)
      for (const Param &param : launch.params)
        if (auto *buffer = std::get_if<BufferParam>(&param))
          if (buffer->kind == BufferKind::User && buffer->name == "residual")
            return true;
    return false;
  }

  std::string checkLaunch(const Launch &launch,
                          const std::set<std::string> &workspaces) {
    auto isNamed = [&](const Cubin &cubin) {
      return cubin.name == launch.cubin;
    };
    if (std::none_of(module.cubins.begin(), module.cubins.end(), isNamed))
      return "there is no cubin '" + launch.cubin + "'";
    if (launch.block < 1 || launch.block > 1024)
      return "block: " + inRange(launch.block, 1, 1024);
    if (launch.cluster < 1 || launch.cluster > 16)
      return "cluster: " + inRange(launch.cluster, 1, 16);
    if (launch.shared < 0 || launch.shared > 227 * 1024)
      return "shared: " + inRange(launch.shared, 0, 227 * 1024);
    const Grid &grid = launch.grid;
    if (grid.tokens < 0 || grid.tokens > kMaxDim || grid.ctas < 1 ||
        grid.ctas > kMaxDim || grid.perSm < 0 || grid.perSm > 32)
      return "its grid is out of range";
    if (launch.params.size() > kMaxParams)
      return "params: " + inRange(launch.params.size(), 0, kMaxParams);
    for (const Param &param : launch.params)
      if (std::string problem = checkParam(param, workspaces); !problem.empty())
        return problem;
    return {};
  }

  std::string checkParam(const Param &param,
                         const std::set<std::string> &workspaces) {
    if (auto *map = std::get_if<TensorMapParam>(&param)) {
      if (!workspaces.count(map->buffer))
        return "there is no workspace '" + map->buffer + "'";
      if (map->columns < 16 || map->columns % 16 != 0 ||
          map->columns > kMaxDim || map->boxRows < 1 || map->boxRows > 256 ||
          map->boxColumns < 16 || map->boxColumns > 128)
        return "a tensor map over '" + map->buffer + "' is out of range";
    }
    auto *buffer = std::get_if<BufferParam>(&param);
    if (!buffer)
      return {};
    auto is = [&](const char *name) { return buffer->name == name; };
    bool known = false;
    switch (buffer->kind) {
    case BufferKind::User:
      known = is("x") || is("y") || (is("residual") && linear.residual);
      break;
    case BufferKind::Workspace:
      known = workspaces.count(buffer->name) != 0;
      break;
    case BufferKind::Blob:
      known = is("weights") || is("row_scale") || (is("down") && linear.down) ||
              (is("up") && linear.up) || (is("bias") && linear.bias);
      break;
    }
    return known ? "" : "there is no buffer '" + buffer->name + "'";
  }

  const ModuleDescription &module;
  const Linear &linear;
};
} // namespace

Result<void> runtime::validate(const ModuleDescription &module) {
  std::set<std::string> linears, cubins;
  for (const Cubin &cubin : module.cubins) {
    if (!cubins.insert(cubin.name).second)
      return Error{"cubin '" + cubin.name + "' occurs twice"};
    if (cubin.blob >= module.blobs.size())
      return Error{"cubin '" + cubin.name + "': there is no blob " +
                   std::to_string(cubin.blob)};
  }
  for (const Linear &linear : module.linears) {
    // The C interface passes names as C strings.
    if (linear.name.empty() || linear.name.find('\0') != std::string::npos)
      return Error{"the name of linear " + std::to_string(linears.size()) +
                   " is empty or holds a zero byte"};
    if (!linears.insert(linear.name).second)
      return Error{"linear '" + linear.name + "' occurs twice"};
    if (std::string problem = LinearCheck(module, linear).check();
        !problem.empty())
      return Error{"linear '" + linear.name + "': " + problem};
  }
  return {};
}
