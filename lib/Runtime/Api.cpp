//===- Api.cpp - the C interface ------------------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CpuLinear.h"
#include "CudaModule.h"
#include "Failure.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

using namespace zq;
using namespace zq::runtime;

struct ZqModule {
  explicit ZqModule(ModuleFile opened) : file(std::move(opened)), cuda(file) {}

  const std::vector<Linear> &getLinears() const {
    return file.getDescription().linears;
  }

  ModuleFile file;
  CudaModule cuda;
};

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// Kept as long as its thread; text that does not fit is cut.
static thread_local char lastError[1024] = "no error";

static ZqStatus fail(ZqStatus status, const char *message) noexcept {
  std::strncpy(lastError, message, sizeof(lastError) - 1);
  return status;
}

/// Runs the body of a function of the interface: nothing is thrown across it.
template <typename Body> static ZqStatus guard(Body body) noexcept {
  try {
    body();
    return ZQ_SUCCESS;
  } catch (const Failure &failure) {
    return fail(failure.status, failure.what());
  } catch (const std::bad_alloc &) {
    return fail(ZQ_ERROR_OUT_OF_MEMORY, "out of host memory");
  } catch (const std::exception &exception) {
    return fail(ZQ_ERROR_INTERNAL, exception.what());
  }
}

static void require(bool condition, const std::string &message) {
  if (!condition)
    throw Failure(ZQ_ERROR_INVALID_ARGUMENT, message);
}

/// The arguments that most functions begin with.
static const Linear &getLinear(const ZqModule *module, size_t index) {
  require(module, "module is null");
  size_t count = module->getLinears().size();
  require(index < count, "index is " + std::to_string(index) +
                             ", but the module has " + std::to_string(count) +
                             " linears");
  return module->getLinears()[index];
}

/// M tokens of a linear on the host: so few that sizes in bytes are numbers.
static void requireTokens(const Linear &linear, int64_t m) {
  require(m >= 0, "M is " + std::to_string(m) + ", wanted at least 0");
  // Per token: inputs, sums of a band of rows, outputs; FP32 at the most.
  int64_t perToken = 4 * (linear.k + std::max<int64_t>(linear.n, 128));
  require(m <= INT64_MAX / perToken,
          "M is " + std::to_string(m) + ", more than memory can hold");
}

static void requireBuffers(const ZqLinearBuffers *buffers) {
  require(buffers, "buffers is null");
  require(buffers->structSize >= sizeof(ZqLinearBuffers),
          "buffers->structSize is " + std::to_string(buffers->structSize) +
              ", wanted sizeof(ZqLinearBuffers) = " +
              std::to_string(sizeof(ZqLinearBuffers)));
}

/// A residual for those that add one, and for no others.
static void requireResidual(const Linear &linear, const void *residual) {
  require(
      linear.residual == (residual != nullptr),
      linear.residual
          ? "linear '" + linear.name + "' adds a residual, and none is given"
          : "linear '" + linear.name + "' adds no residual, and one is given");
}

/// The elements of `x`, m x k, without gaps: in its memory, or copied to
/// `rows`.
static const void *getRows(const ZqMemRef2D &x, const char *name, int64_t m,
                           int64_t k, ElementType type,
                           std::vector<uint8_t> &rows) {
  require(x.sizes[0] == m && x.sizes[1] == k,
          std::string(name) + " is " + std::to_string(x.sizes[0]) + " x " +
              std::to_string(x.sizes[1]) + ", wanted " + std::to_string(m) +
              " x " + std::to_string(k));
  require(m == 0 || x.aligned, std::string(name) + "->aligned is null");
  int64_t size = getByteSize(type);
  const auto *data = static_cast<const uint8_t *>(x.aligned) + x.offset * size;
  if (m == 0 || (x.strides[1] == 1 && (m == 1 || x.strides[0] == k)))
    return data;
  rows.resize(m * k * size);
  for (int64_t i = 0; i != m * k; ++i)
    std::memcpy(&rows[i * size],
                data + (i / k * x.strides[0] + i % k * x.strides[1]) * size,
                size);
  return rows.data();
}

static const Variant &getVariant(const Linear &linear, int64_t m) {
  if (linear.variants.empty())
    throw Failure(ZQ_ERROR_UNSUPPORTED,
                  "linear '" + linear.name +
                      "' was compiled without GPU kernels: run it on the CPU");
  const Variant *variant = linear.getVariant(m);
  if (!variant)
    throw Failure(ZQ_ERROR_UNSUPPORTED,
                  "linear '" + linear.name + "' has kernels for M up to " +
                      std::to_string(linear.variants.back().last) +
                      ", found M = " + std::to_string(m));
  return *variant;
}

extern "C" {

uint32_t zqGetApiVersion(void) { return ZQ_API_VERSION; }

const char *zqGetStatusName(ZqStatus status) {
  switch (status) {
#define ZQ_CASE(name)                                                          \
  case name:                                                                   \
    return #name;
    ZQ_CASE(ZQ_SUCCESS)
    ZQ_CASE(ZQ_ERROR_INVALID_ARGUMENT)
    ZQ_CASE(ZQ_ERROR_IO)
    ZQ_CASE(ZQ_ERROR_FOREIGN_FILE)
    ZQ_CASE(ZQ_ERROR_NEWER_FILE)
    ZQ_CASE(ZQ_ERROR_CORRUPT_FILE)
    ZQ_CASE(ZQ_ERROR_NOT_FOUND)
    ZQ_CASE(ZQ_ERROR_UNSUPPORTED)
    ZQ_CASE(ZQ_ERROR_NO_DEVICE)
    ZQ_CASE(ZQ_ERROR_CUDA)
    ZQ_CASE(ZQ_ERROR_OUT_OF_MEMORY)
    ZQ_CASE(ZQ_ERROR_INTERNAL)
#undef ZQ_CASE
  }
  return "unknown status";
}

const char *zqGetLastErrorText(void) { return lastError; }

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

ZqStatus zqModuleOpen(const char *path, ZqModule **module) {
  return guard([&] {
    require(path, "path is null");
    require(module, "module is null");
    ModuleError kind;
    Result<ModuleFile> file = ModuleFile::open(path, &kind);
    if (!file) {
      constexpr ZqStatus kStatus[] = {ZQ_ERROR_IO, ZQ_ERROR_FOREIGN_FILE,
                                      ZQ_ERROR_NEWER_FILE,
                                      ZQ_ERROR_CORRUPT_FILE};
      throw Failure(kStatus[static_cast<size_t>(kind)], file.message());
    }
    *module = new ZqModule(std::move(*file));
  });
}

void zqModuleClose(ZqModule *module) { delete module; }

ZqStatus zqModuleGetProducer(const ZqModule *module, const char **producer) {
  return guard([&] {
    require(module, "module is null");
    require(producer, "producer is null");
    *producer = module->file.getDescription().producer.c_str();
  });
}

ZqStatus zqModuleGetLinearCount(const ZqModule *module, size_t *count) {
  return guard([&] {
    require(module, "module is null");
    require(count, "count is null");
    *count = module->getLinears().size();
  });
}

ZqStatus zqModuleFindLinear(const ZqModule *module, const char *name,
                            size_t *index) {
  return guard([&] {
    require(module, "module is null");
    require(name, "name is null");
    require(index, "index is null");
    const std::vector<Linear> &linears = module->getLinears();
    auto found =
        std::find_if(linears.begin(), linears.end(),
                     [&](const Linear &linear) { return linear.name == name; });
    if (found == linears.end())
      throw Failure(ZQ_ERROR_NOT_FOUND,
                    module->file.getPath() + ": none of the module's " +
                        std::to_string(linears.size()) +
                        " linears is called '" + name + "'");
    *index = found - linears.begin();
  });
}

ZqStatus zqModuleGetLinear(const ZqModule *module, size_t index,
                           ZqLinearInfo *info) {
  return guard([&] {
    const Linear &linear = getLinear(module, index);
    require(info, "info is null");
    // What the first version had; callers built with it have no more.
    constexpr size_t kLeastSize = offsetof(ZqLinearInfo, hasResidual);
    require(info->structSize >= kLeastSize,
            "info->structSize is " + std::to_string(info->structSize) +
                ", wanted sizeof(ZqLinearInfo) = " +
                std::to_string(sizeof(ZqLinearInfo)));
    uint64_t bytes = module->file.getBlobSize(linear.weights) +
                     module->file.getBlobSize(linear.rowScale);
    for (const std::optional<BlobRef> &ref :
         {linear.down, linear.up, linear.bias})
      if (ref)
        bytes += module->file.getBlobSize(ref->blob);
    ZqLinearInfo found = {};
    found.structSize = info->structSize;
    found.name = linear.name.c_str();
    found.n = linear.n;
    found.k = linear.k;
    found.group = linear.group;
    found.weightFormat = getFormatName(linear.weightFormat).data();
    found.activationFormat = getFormatName(linear.activationFormat).data();
    found.inputType = static_cast<ZqElementType>(linear.inputType);
    found.outputType = static_cast<ZqElementType>(linear.outputType);
    found.rank = linear.rank;
    found.hasBias = linear.bias.has_value();
    found.maxCudaTokens =
        linear.variants.empty() ? 0 : linear.variants.back().last;
    found.bytes = bytes;
    found.hasResidual = linear.residual;
    std::memcpy(info, &found, std::min(info->structSize, sizeof(found)));
  });
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

ZqStatus zqLinearRunBuffersCpu(const ZqModule *module, size_t index, int64_t m,
                               const ZqLinearBuffers *buffers) {
  return guard([&] {
    const Linear &linear = getLinear(module, index);
    requireBuffers(buffers);
    requireTokens(linear, m);
    if (m == 0)
      return;
    require(buffers->x, "x is null");
    require(buffers->y, "y is null");
    requireResidual(linear, buffers->residual);
    runOnCpu(module->file, linear, m, buffers->x, buffers->residual,
             buffers->y);
  });
}

ZqStatus zqLinearRunCpu(const ZqModule *module, size_t index, int64_t m,
                        const void *x, void *y) {
  ZqLinearBuffers buffers = {sizeof(buffers), x, nullptr, y};
  return zqLinearRunBuffersCpu(module, index, m, &buffers);
}

ZqStatus zqLinearCallResidualCpu(const ZqModule *module, size_t index,
                                 const ZqMemRef2D *x,
                                 const ZqMemRef2D *residual, ZqMemRef2D *y) {
  return guard([&] {
    const Linear &linear = getLinear(module, index);
    require(x, "x is null");
    require(y, "y is null");
    requireResidual(linear, residual);
    int64_t m = x->sizes[0];
    require(m >= 0 && x->sizes[1] == linear.k,
            "x is " + std::to_string(m) + " x " + std::to_string(x->sizes[1]) +
                ", wanted M x " + std::to_string(linear.k));
    requireTokens(linear, m);
    std::vector<uint8_t> xRows, residualRows;
    const void *input = getRows(*x, "x", m, linear.k, linear.inputType, xRows);
    const void *addend = nullptr;
    if (residual)
      addend = getRows(*residual, "residual", m, linear.n, linear.outputType,
                       residualRows);
    // malloc may give null for nothing.
    size_t bytes = m * linear.n * getByteSize(linear.outputType);
    std::unique_ptr<void, decltype(&std::free)> output(
        std::malloc(std::max<size_t>(bytes, 1)), &std::free);
    if (!output)
      throw std::bad_alloc();
    runOnCpu(module->file, linear, m, input, addend, output.get());
    *y = {output.get(), output.get(), 0, {m, linear.n}, {linear.n, 1}};
    (void)output.release(); // y has it
  });
}

ZqStatus zqLinearCallCpu(const ZqModule *module, size_t index,
                         const ZqMemRef2D *x, ZqMemRef2D *y) {
  return zqLinearCallResidualCpu(module, index, x, nullptr, y);
}

ZqStatus zqLinearGetWorkspaceSize(const ZqModule *module, size_t index,
                                  int64_t m, size_t *bytes) {
  return guard([&] {
    const Linear &linear = getLinear(module, index);
    require(m >= 0, "M is " + std::to_string(m) + ", wanted at least 0");
    require(bytes, "bytes is null");
    *bytes = m == 0 ? 0 : getWorkspaceBytes(getVariant(linear, m), m);
  });
}

ZqStatus zqLinearRunBuffersCuda(ZqModule *module, size_t index, int64_t m,
                                const ZqLinearBuffers *buffers, void *workspace,
                                size_t workspaceBytes, void *stream) {
  return guard([&] {
    const Linear &linear = getLinear(module, index);
    requireBuffers(buffers);
    require(m >= 0, "M is " + std::to_string(m) + ", wanted at least 0");
    if (m == 0)
      return;
    const Variant &variant = getVariant(linear, m);
    uint64_t wanted = getWorkspaceBytes(variant, m);
    require(workspaceBytes >= wanted,
            "workspace has " + std::to_string(workspaceBytes) +
                " bytes, wanted " + std::to_string(wanted) +
                " for M = " + std::to_string(m));
    auto address = [](const void *pointer, const char *name,
                      uintptr_t alignment, bool needed) {
      auto value = reinterpret_cast<uintptr_t>(pointer);
      require(value || !needed, std::string(name) + " is null");
      require(value % alignment == 0, std::string(name) +
                                          " is not aligned to " +
                                          std::to_string(alignment) + " bytes");
      return static_cast<cuda::DevicePtr>(value);
    };
    requireResidual(linear, buffers->residual);
    CudaModule::Buffers addresses = {
        address(buffers->x, "x", 16, true),
        address(buffers->residual, "residual", 16, false),
        address(buffers->y, "y", 16, true),
        address(workspace, "workspace", 256, wanted != 0)};
    module->cuda.run(index, variant, m, addresses,
                     static_cast<cuda::Stream>(stream));
  });
}

ZqStatus zqLinearRunCuda(ZqModule *module, size_t index, int64_t m,
                         const void *x, void *y, void *workspace,
                         size_t workspaceBytes, void *stream) {
  ZqLinearBuffers buffers = {sizeof(buffers), x, nullptr, y};
  return zqLinearRunBuffersCuda(module, index, m, &buffers, workspace,
                                workspaceBytes, stream);
}

ZqStatus zqModulePrepareCuda(ZqModule *module) {
  return guard([&] {
    require(module, "module is null");
    for (size_t i = 0; i != module->getLinears().size(); ++i)
      if (!module->getLinears()[i].variants.empty())
        module->cuda.prepare(i);
  });
}

} // extern "C"
