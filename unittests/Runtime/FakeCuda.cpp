//===- FakeCuda.cpp - a CUDA driver that records calls --------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Stands in for libcuda.so.1: device memory is host memory, and a launch is
// written down. So what the runtime asks of the driver is tested where there is
// no GPU.
//
//===----------------------------------------------------------------------===//

#include "FakeCuda.h"

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>

using namespace zq::cuda;

static FakeCuda state;
static std::mutex mutex;
static thread_local Context current = reinterpret_cast<Context>(0x1000);

#define API extern "C" __attribute__((visibility("default")))

API FakeCuda *fakeCudaGetState() { return &state; }

API Status cuInit(unsigned) { return 0; }
API Status cuGetErrorName(Status, const char **name) {
  *name = "CUDA_ERROR_FAKE";
  return 0;
}
API Status cuGetErrorString(Status, const char **text) {
  *text = "made up";
  return 0;
}
API Status cuDeviceGetCount(int *count) { return *count = 1, 0; }
API Status cuDeviceGet(Device *device, int) { return *device = 0, 0; }
API Status cuDeviceGetName(char *name, int length, Device) {
  std::strncpy(name, "Fake", length);
  return 0;
}
API Status cuDeviceGetAttribute(int *value, int which, Device) {
  *value = which == kMultiprocessorCount      ? 132
           : which == kComputeCapabilityMajor ? state.major
                                              : 0;
  return 0;
}
API Status cuDevicePrimaryCtxRetain(Context *context, Device) {
  *context = reinterpret_cast<Context>(0x1000);
  return 0;
}
API Status cuDevicePrimaryCtxRelease_v2(Device) { return 0; }
API Status cuCtxGetCurrent(Context *context) { return *context = current, 0; }
API Status cuCtxSetCurrent(Context context) { return current = context, 0; }
API Status cuCtxPushCurrent_v2(Context) { return 0; }
API Status cuCtxPopCurrent_v2(Context *context) {
  return *context = current, 0;
}
API Status cuCtxGetDevice(Device *device) { return *device = 0, 0; }
API Status cuModuleLoadData(Module *module, const void *image) {
  std::lock_guard<std::mutex> lock(mutex);
  ++state.loadedModules;
  *module = reinterpret_cast<Module>(const_cast<void *>(image));
  return 0;
}
API Status cuModuleUnload(Module) {
  std::lock_guard<std::mutex> lock(mutex);
  --state.loadedModules;
  return 0;
}
API Status cuModuleGetFunction(Function *function, Module, const char *name) {
  if (std::strcmp(name, "absent") == 0)
    return 500;
  std::lock_guard<std::mutex> lock(mutex);
  // One handle for a kernel, however often it is asked for.
  static std::set<std::string> names;
  *function = reinterpret_cast<Function>(
      const_cast<char *>(names.insert(name).first->c_str()));
  return 0;
}
API Status cuFuncSetAttribute(Function function, int attribute, int value) {
  std::lock_guard<std::mutex> lock(mutex);
  if (attribute == kMaxDynamicSharedBytes)
    state.sharedLimits[function] = value;
  return 0;
}
API Status cuMemAlloc_v2(DevicePtr *address, size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  if (bytes > state.memoryLimit)
    return kErrorOutOfMemory;
  ++state.allocations;
  *address = reinterpret_cast<DevicePtr>(
      std::aligned_alloc(256, (bytes + 255) / 256 * 256));
  return 0;
}
API Status cuMemFree_v2(DevicePtr address) {
  std::lock_guard<std::mutex> lock(mutex);
  --state.allocations;
  ++state.frees;
  std::free(reinterpret_cast<void *>(address));
  return 0;
}
API Status cuMemcpyHtoD_v2(DevicePtr to, const void *from, size_t bytes) {
  std::memcpy(reinterpret_cast<void *>(to), from, bytes);
  return 0;
}
API Status cuMemcpyDtoH_v2(void *to, DevicePtr from, size_t bytes) {
  std::memcpy(to, reinterpret_cast<void *>(from), bytes);
  return 0;
}
API Status cuMemsetD8_v2(DevicePtr address, unsigned char value, size_t bytes) {
  // Kernels compute nothing here: what was poisoned stays so, unless it is
  // asked for results that are all alike.
  if (std::getenv("FAKE_CUDA_ZEROS"))
    value = 0;
  std::memset(reinterpret_cast<void *>(address), value, bytes);
  return 0;
}
API Status cuStreamCreate(Stream *, unsigned) { return 0; }
API Status cuStreamDestroy_v2(Stream) { return 0; }
API Status cuStreamSynchronize(Stream) { return state.synchronizeStatus; }
API Status cuEventCreate(Event *, unsigned) { return 0; }
API Status cuEventDestroy_v2(Event) { return 0; }
API Status cuEventRecord(Event, Stream) { return 0; }
API Status cuEventSynchronize(Event) { return 0; }
API Status cuEventElapsedTime(float *milliseconds, Event, Event) {
  *milliseconds = 1;
  return 0;
}
API Status cuStreamBeginCapture_v2(Stream, int) { return 0; }
API Status cuStreamEndCapture(Stream, Graph *) { return 0; }
API Status cuGraphInstantiateWithFlags(GraphExec *, Graph, unsigned long long) {
  return 0;
}
API Status cuGraphLaunch(GraphExec, Stream) { return 0; }
API Status cuGraphExecDestroy(GraphExec) { return 0; }
API Status cuGraphDestroy(Graph) { return 0; }

API Status cuTensorMapEncodeTiled(TensorMap *map, int dataType, uint32_t rank,
                                  void *address, const uint64_t *dims,
                                  const uint64_t *strides, const uint32_t *box,
                                  const uint32_t *elementStrides,
                                  int interleave, int swizzle, int l2Promotion,
                                  int fill) {
  const uint64_t fields[16] = {reinterpret_cast<uint64_t>(address),
                               dims[0],
                               dims[1],
                               strides[0],
                               box[0],
                               box[1],
                               elementStrides[0],
                               elementStrides[1],
                               uint64_t(dataType),
                               rank,
                               uint64_t(interleave),
                               uint64_t(swizzle),
                               uint64_t(l2Promotion),
                               uint64_t(fill)};
  std::memcpy(map->opaque, fields, sizeof(fields));
  return reinterpret_cast<uintptr_t>(map) % 64 == 0 ? state.tensorMapStatus : 1;
}

API Status cuLaunchKernelEx(const LaunchConfig *config, Function function,
                            void **params, void **) {
  std::lock_guard<std::mutex> lock(mutex);
  if (config->sharedBytes > state.sharedLimits[function])
    return 1;
  FakeLaunch launch;
  launch.kernel = reinterpret_cast<const char *>(function);
  launch.config = *config;
  launch.attributes.assign(config->attributes,
                           config->attributes + config->numAttributes);
  // The kernel's signature: four pointers or so; copies the most that any
  // parameter can have.
  for (size_t i = 0; i != state.paramCount; ++i) {
    TensorMap value;
    std::memcpy(&value, params[i], sizeof(value));
    launch.params.push_back(value);
  }
  state.launches.push_back(launch);
  return 0;
}
