//===- CudaModule.cpp - run linears on CUDA devices -----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CudaModule.h"
#include "Failure.h"

#include <algorithm>
#include <cstring>
#include <elf.h>

using namespace zq;
using namespace zq::runtime;
using namespace zq::cuda;

/// Alignment of each buffer of constants and of each workspace.
static constexpr uint64_t kBufferAlignment = 256;

static uint64_t alignBuffer(uint64_t bytes) {
  return (bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
}

uint64_t runtime::getWorkspaceBytes(const Variant &variant, int64_t m) {
  uint64_t bytes = 0;
  for (const Workspace &workspace : variant.workspaces)
    bytes += alignBuffer(workspace.bytesPerToken * m + workspace.bytes);
  return bytes;
}

CudaModule::~CudaModule() {
  // Nothing useful can be done about errors here.
  for (auto &[context, module] : contexts) {
    if (driver->contextPush(context) != 0)
      continue;
    for (auto &[index, linear] : module.linears)
      if (linear.memory)
        driver->memFree(linear.memory);
    for (auto &[name, cubin] : module.cubins)
      driver->moduleUnload(cubin);
    Context popped;
    driver->contextPop(&popped);
  }
}

const Driver &CudaModule::getDriver() {
  if (!driver) {
    Result<const Driver *> found = cuda::getDriver();
    if (!found)
      throw Failure(ZQ_ERROR_NO_DEVICE, found.message());
    driver = *found;
  }
  return *driver;
}

void CudaModule::check(Status status, const std::string &what) {
  if (status == 0)
    return;
  throw Failure(status == kErrorOutOfMemory ? ZQ_ERROR_OUT_OF_MEMORY
                                            : ZQ_ERROR_CUDA,
                what + ": " + driver->getErrorText(status));
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

CudaModule::LoadedModule CudaModule::createModule(Context context) {
  (void)context; // current
  Device device = 0;
  LoadedModule module;
  int major = 0, minor = 0;
  check(driver->contextGetDevice(&device), "cuCtxGetDevice");
  check(driver->deviceGetAttribute(&module.multiprocessors,
                                   kMultiprocessorCount, device),
        "cuDeviceGetAttribute");
  check(driver->deviceGetAttribute(&major, kComputeCapabilityMajor, device),
        "cuDeviceGetAttribute");
  check(driver->deviceGetAttribute(&minor, kComputeCapabilityMinor, device),
        "cuDeviceGetAttribute");
  if (major != 9 || minor != 0) {
    char name[128] = "";
    driver->deviceGetName(name, sizeof(name), device);
    throw Failure(ZQ_ERROR_UNSUPPORTED,
                  "the current device, " + std::string(name) +
                      ", has compute capability " + std::to_string(major) +
                      '.' + std::to_string(minor) +
                      ", wanted 9.0 (Hopper): run on the CPU instead");
  }
  return module;
}

/// Whether all that an ELF file's tables refer to is inside the blob. The
/// driver is not told where an image ends, and takes what is no ELF file for
/// PTX that ends with a zero byte: a damaged one would send it past the mapped
/// file.
static bool isWholeCubin(const uint8_t *data, uint64_t size) {
  Elf64_Ehdr header;
  if (size < sizeof(header))
    return false;
  std::memcpy(&header, data, sizeof(header));
  auto fits = [&](uint64_t offset, uint64_t bytes) {
    return offset <= size && bytes <= size - offset;
  };
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_CUDA ||
      !fits(header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr)) ||
      !fits(header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr)))
    return false;
  for (unsigned i = 0; i != header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, data + header.e_phoff + i * sizeof(segment),
                sizeof(segment));
    if (!fits(segment.p_offset, segment.p_filesz))
      return false;
  }
  for (unsigned i = 0; i != header.e_shnum; ++i) {
    Elf64_Shdr section;
    std::memcpy(&section, data + header.e_shoff + i * sizeof(section),
                sizeof(section));
    if (section.sh_type != SHT_NOBITS &&
        !fits(section.sh_offset, section.sh_size))
      return false;
  }
  return true;
}

Function CudaModule::loadFunction(LoadedModule &module, const Launch &launch) {
  auto it = module.cubins.find(launch.cubin);
  if (it == module.cubins.end()) {
    for (const Cubin &cubin : file.getDescription().cubins)
      if (cubin.name == launch.cubin) {
        if (!isWholeCubin(file.getBlobData(cubin.blob),
                          file.getBlobSize(cubin.blob)))
          throw Failure(ZQ_ERROR_CORRUPT_FILE,
                        file.getPath() + ": the kernels '" + cubin.name +
                            "' are no cubin, or a damaged one");
        Module loaded = nullptr;
        check(driver->moduleLoadData(&loaded, file.getBlobData(cubin.blob)),
              "loading the kernels '" + cubin.name + "'");
        it = module.cubins.emplace(cubin.name, loaded).first;
      }
  }
  Function function = nullptr;
  check(driver->moduleGetFunction(&function, it->second, launch.kernel.c_str()),
        "looking for kernel '" + launch.kernel + "' in '" + launch.cubin + "'");
  // Launches share kernels, with more shared memory in one than in another.
  int64_t &shared = module.sharedBytes[function];
  shared = std::max(shared, launch.shared);
  check(driver->functionSetAttribute(function, kMaxDynamicSharedBytes,
                                     static_cast<int>(shared)),
        "giving kernel '" + launch.kernel + "' " + std::to_string(shared) +
            " bytes of shared memory");
  // All of a multiprocessor's memory that can be: what one kernel is content
  // with would keep the next from starting beside it.
  check(driver->functionSetAttribute(function, kSharedMemoryCarveout, 100),
        "preferring shared memory for kernel '" + launch.kernel + "'");
  return function;
}

/// Those of linears that differ in their schedules alone.
static bool haveSameBlobs(const Linear &a, const Linear &b) {
  auto equal = [](const std::optional<BlobRef> &x,
                  const std::optional<BlobRef> &y) {
    return x.has_value() == y.has_value() && (!x || x->blob == y->blob);
  };
  return a.weights == b.weights && a.rowScale == b.rowScale &&
         equal(a.down, b.down) && equal(a.up, b.up) && equal(a.bias, b.bias);
}

void CudaModule::upload(const Linear &linear, LoadedLinear &loaded) {
  std::vector<std::pair<const char *, size_t>> blobs = {
      {"weights", linear.weights}, {"row_scale", linear.rowScale}};
  if (linear.down)
    blobs.emplace_back("down", linear.down->blob);
  if (linear.up)
    blobs.emplace_back("up", linear.up->blob);
  if (linear.bias)
    blobs.emplace_back("bias", linear.bias->blob);
  uint64_t bytes = 0;
  for (auto [name, blob] : blobs)
    bytes += alignBuffer(file.getBlobSize(blob));
  std::string what = "the constants of linear '" + linear.name + "'";
  check(driver->memAlloc(&loaded.memory, bytes), "allocating " + what);
  try {
    DevicePtr address = loaded.memory;
    for (auto [name, blob] : blobs) {
      check(driver->copyToDevice(address, file.getBlobData(blob),
                                 file.getBlobSize(blob)),
            "copying " + what);
      loaded.blobs[name] = address;
      address += alignBuffer(file.getBlobSize(blob));
    }
    // A copy from pageable memory may return before it has arrived, and streams
    // that do not block would not wait for it.
    check(driver->streamSynchronize(nullptr), "copying " + what);
  } catch (...) {
    driver->memFree(loaded.memory);
    throw;
  }
}

CudaModule::LoadedLinear CudaModule::loadLinear(LoadedModule &module,
                                                const Linear &linear) {
  LoadedLinear loaded;
  for (const Variant &variant : linear.variants)
    for (const Launch &launch : variant.launches)
      loaded.functions.push_back(loadFunction(module, launch));
  for (auto &[index, other] : module.linears)
    if (haveSameBlobs(file.getDescription().linears[index], linear)) {
      loaded.blobs = other.blobs;
      return loaded;
    }
  upload(linear, loaded);
  return loaded;
}

CudaModule::Found CudaModule::find(size_t index) {
  std::lock_guard<std::mutex> lock(mutex);
  Context context = nullptr;
  check(getDriver().contextGetCurrent(&context), "cuCtxGetCurrent");
  if (!context)
    throw Failure(ZQ_ERROR_NO_DEVICE,
                  "no CUDA context is current on this thread: call "
                  "cudaSetDevice or cuCtxSetCurrent first");
  auto module = contexts.find(context);
  if (module == contexts.end())
    module = contexts.emplace(context, createModule(context)).first;
  auto linear = module->second.linears.find(index);
  if (linear == module->second.linears.end())
    linear =
        module->second.linears
            .emplace(index, loadLinear(module->second,
                                       file.getDescription().linears[index]))
            .first;
  return {module->second, linear->second};
}

void CudaModule::prepare(size_t linear) { find(linear); }

//===----------------------------------------------------------------------===//
// Launching
//===----------------------------------------------------------------------===//

/// What the driver is given for one launch; it copies all of it.
struct CudaModule::PreparedLaunch {
  PreparedLaunch() {
    for (size_t i = 0; i != kMaxParams; ++i)
      params[i] = &slots[i];
  }

  Function function = nullptr;
  LaunchConfig config = {};
  LaunchAttribute attributes[2] = {};
  void *params[kMaxParams];
  /// The values that `params` point to: a tensor map is the largest of them.
  /// The driver reads as many as the kernel has, which may be more than the
  /// module says: the others are zero.
  TensorMap slots[kMaxParams] = {};
};

void CudaModule::run(size_t index, const Variant &variant, int64_t m,
                     const Buffers &buffers, Stream stream) {
  Found found = find(index);
  size_t function = 0;
  for (const Variant &other : file.getDescription().linears[index].variants) {
    if (&other == &variant)
      break;
    function += other.launches.size();
  }
  // All is made ready before anything is launched, so that an error leaves
  // nothing half done.
  std::vector<PreparedLaunch> launches(variant.launches.size());
  for (size_t i = 0; i != launches.size(); ++i) {
    launches[i].function = found.linear.functions[function + i];
    prepareLaunch(found, variant, variant.launches[i], m, buffers, stream,
                  launches[i]);
  }
  for (size_t i = 0; i != launches.size(); ++i)
    check(driver->launchKernel(&launches[i].config, launches[i].function,
                               launches[i].params, nullptr),
          "launching kernel '" + variant.launches[i].kernel + "'");
}

/// The address of one of the variant's workspaces.
static DevicePtr getWorkspace(const Variant &variant, int64_t m,
                              DevicePtr address, const std::string &name) {
  for (const Workspace &workspace : variant.workspaces) {
    if (workspace.name == name)
      break;
    address += alignBuffer(workspace.bytesPerToken * m + workspace.bytes);
  }
  return address;
}

/// `m` rows of bytes without gaps, in boxes that the hardware swizzles.
static Status encodeTensorMap(const Driver &driver, const TensorMapParam &param,
                              DevicePtr address, int64_t m, TensorMap *map) {
  const uint64_t dims[] = {static_cast<uint64_t>(param.columns),
                           static_cast<uint64_t>(m)};
  const uint64_t strides[] = {static_cast<uint64_t>(param.columns)};
  const uint32_t box[] = {static_cast<uint32_t>(param.boxColumns),
                          static_cast<uint32_t>(param.boxRows)};
  const uint32_t elementStrides[] = {1, 1};
  constexpr int kUInt8 = 0, kNoInterleave = 0, kSwizzle128 = 3, kPromote256 = 3,
                kFillZero = 0;
  return driver.tensorMapEncodeTiled(
      map, kUInt8, 2, reinterpret_cast<void *>(address), dims, strides, box,
      elementStrides, kNoInterleave, kSwizzle128, kPromote256, kFillZero);
}

void CudaModule::prepareLaunch(const Found &found, const Variant &variant,
                               const Launch &launch, int64_t m,
                               const Buffers &buffers, Stream stream,
                               PreparedLaunch &prepared) {
  std::string what = "launching kernel '" + launch.kernel + "'";
  void **params = prepared.params;
  for (size_t i = 0; i != launch.params.size(); ++i) {
    const Param &param = launch.params[i];
    auto put = [&](auto value) {
      std::memcpy(params[i], &value, sizeof(value));
    };
    if (auto *buffer = std::get_if<BufferParam>(&param)) {
      if (buffer->kind == BufferKind::User)
        put(buffer->name == "x"   ? buffers.x
            : buffer->name == "y" ? buffers.y
                                  : buffers.residual);
      else if (buffer->kind == BufferKind::Workspace)
        put(getWorkspace(variant, m, buffers.workspace, buffer->name));
      else
        put(found.linear.blobs.at(buffer->name));
    } else if (auto *map = std::get_if<TensorMapParam>(&param)) {
      check(encodeTensorMap(
                *driver, *map,
                getWorkspace(variant, m, buffers.workspace, map->buffer), m,
                reinterpret_cast<TensorMap *>(params[i])),
            what + ": making a tensor map");
    } else if (auto *integer = std::get_if<IntegerParam>(&param)) {
      put(integer->value); // little-endian: the low 32 bits come first
    } else {
      put(static_cast<int32_t>(m));
    }
  }

  int64_t ctas = launch.getCtas(m, found.module.multiprocessors);
  if (ctas > INT32_MAX)
    throw Failure(ZQ_ERROR_UNSUPPORTED,
                  what + " wants " + std::to_string(ctas) + " CTAs for M = " +
                      std::to_string(m) + ", more than a grid can have");
  LaunchAttribute *attributes = prepared.attributes;
  LaunchConfig &config = prepared.config;
  config = {{static_cast<unsigned>(ctas), 1, 1},
            {static_cast<unsigned>(launch.block), 1, 1},
            static_cast<unsigned>(launch.shared),
            stream,
            attributes,
            0};
  if (launch.cluster > 1) {
    LaunchAttribute &attribute = attributes[config.numAttributes++];
    attribute.id = LaunchAttribute::ClusterDimension;
    attribute.value.cluster[0] = static_cast<unsigned>(launch.cluster);
    attribute.value.cluster[1] = attribute.value.cluster[2] = 1;
  }
  if (launch.programmatic) {
    LaunchAttribute &attribute = attributes[config.numAttributes++];
    attribute.id = LaunchAttribute::ProgrammaticSerialization;
    attribute.value.programmaticAllowed = 1;
  }
}
