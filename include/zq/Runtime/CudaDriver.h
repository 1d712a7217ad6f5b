//===- CudaDriver.h - the CUDA driver, found at run time --------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The part of CUDA's driver interface that zq uses, with declarations of its
// own, so that everything builds and starts on a machine without CUDA.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_RUNTIME_CUDADRIVER_H
#define ZQ_RUNTIME_CUDADRIVER_H

#include "zq/Support/Result.h"

#include <cstddef>
#include <cstdint>

namespace zq::cuda {

using Status = int; // CUresult; 0 is success
using Device = int;
using DevicePtr = unsigned long long;
using Context = struct ContextTag *;
using Module = struct ModuleTag *;
using Function = struct FunctionTag *;
using Stream = struct StreamTag *;
using Event = struct EventTag *;
using Graph = struct GraphTag *;
using GraphExec = struct GraphExecTag *;

/// CUtensorMap: how the hardware walks over a tensor in memory.
struct alignas(64) TensorMap {
  uint64_t opaque[16];
};

/// CUlaunchAttribute.
struct LaunchAttribute {
  enum Id : unsigned { ClusterDimension = 4, ProgrammaticSerialization = 6 };
  Id id;
  unsigned padding;
  union {
    char bytes[64];
    unsigned cluster[3];
    int programmaticAllowed;
  } value;
};

/// CUlaunchConfig.
struct LaunchConfig {
  unsigned grid[3];
  unsigned block[3];
  unsigned sharedBytes;
  Stream stream;
  LaunchAttribute *attributes;
  unsigned numAttributes;
};

// Values of the driver's enumerations.
constexpr int kMultiprocessorCount = 16;
constexpr int kComputeCapabilityMajor = 75;
constexpr int kComputeCapabilityMinor = 76;
constexpr int kMaxDynamicSharedBytes = 8;
constexpr int kSharedMemoryCarveout = 9;
constexpr Status kErrorOutOfMemory = 2;

/// Name of the member, name in the library, parameters.
#define ZQ_CUDA_FUNCTIONS(X)                                                   \
  X(init, "cuInit", (unsigned flags))                                          \
  X(getErrorName, "cuGetErrorName", (Status, const char **))                   \
  X(getErrorString, "cuGetErrorString", (Status, const char **))               \
  X(deviceGetCount, "cuDeviceGetCount", (int *))                               \
  X(deviceGet, "cuDeviceGet", (Device *, int ordinal))                         \
  X(deviceGetName, "cuDeviceGetName", (char *, int length, Device))            \
  X(deviceGetAttribute, "cuDeviceGetAttribute", (int *, int which, Device))    \
  X(primaryContextRetain, "cuDevicePrimaryCtxRetain", (Context *, Device))     \
  X(primaryContextRelease, "cuDevicePrimaryCtxRelease_v2", (Device))           \
  X(contextGetCurrent, "cuCtxGetCurrent", (Context *))                         \
  X(contextSetCurrent, "cuCtxSetCurrent", (Context))                           \
  X(contextPush, "cuCtxPushCurrent_v2", (Context))                             \
  X(contextPop, "cuCtxPopCurrent_v2", (Context *))                             \
  X(contextGetDevice, "cuCtxGetDevice", (Device *))                            \
  X(moduleLoadData, "cuModuleLoadData", (Module *, const void *image))         \
  X(moduleUnload, "cuModuleUnload", (Module))                                  \
  X(moduleGetFunction, "cuModuleGetFunction",                                  \
    (Function *, Module, const char *name))                                    \
  X(functionSetAttribute, "cuFuncSetAttribute",                                \
    (Function, int which, int value))                                          \
  X(memAlloc, "cuMemAlloc_v2", (DevicePtr *, size_t))                          \
  X(memFree, "cuMemFree_v2", (DevicePtr))                                      \
  X(copyToDevice, "cuMemcpyHtoD_v2", (DevicePtr, const void *, size_t))        \
  X(copyToHost, "cuMemcpyDtoH_v2", (void *, DevicePtr, size_t))                \
  X(memset, "cuMemsetD8_v2", (DevicePtr, unsigned char, size_t))               \
  X(streamCreate, "cuStreamCreate", (Stream *, unsigned flags))                \
  X(streamDestroy, "cuStreamDestroy_v2", (Stream))                             \
  X(streamSynchronize, "cuStreamSynchronize", (Stream))                        \
  X(eventCreate, "cuEventCreate", (Event *, unsigned flags))                   \
  X(eventDestroy, "cuEventDestroy_v2", (Event))                                \
  X(eventRecord, "cuEventRecord", (Event, Stream))                             \
  X(eventSynchronize, "cuEventSynchronize", (Event))                           \
  X(eventElapsedTime, "cuEventElapsedTime", (float *ms, Event, Event))         \
  X(streamBeginCapture, "cuStreamBeginCapture_v2", (Stream, int mode))         \
  X(streamEndCapture, "cuStreamEndCapture", (Stream, Graph *))                 \
  X(graphInstantiate, "cuGraphInstantiateWithFlags",                           \
    (GraphExec *, Graph, unsigned long long flags))                            \
  X(graphLaunch, "cuGraphLaunch", (GraphExec, Stream))                         \
  X(graphExecDestroy, "cuGraphExecDestroy", (GraphExec))                       \
  X(graphDestroy, "cuGraphDestroy", (Graph))                                   \
  X(launchKernel, "cuLaunchKernelEx",                                          \
    (const LaunchConfig *, Function, void **params, void **extra))             \
  X(tensorMapEncodeTiled, "cuTensorMapEncodeTiled",                            \
    (TensorMap *, int dataType, uint32_t rank, void *address,                  \
     const uint64_t *dims, const uint64_t *strides, const uint32_t *box,       \
     const uint32_t *elementStrides, int interleave, int swizzle,              \
     int l2Promotion, int outOfBoundsFill))

/// The driver's functions, each under the name given above.
struct Driver {
#define ZQ_CUDA_MEMBER(member, name, params) Status(*member) params = nullptr;
  ZQ_CUDA_FUNCTIONS(ZQ_CUDA_MEMBER)
#undef ZQ_CUDA_MEMBER

  /// "CUDA_ERROR_INVALID_VALUE (invalid argument)".
  std::string getErrorText(Status status) const;
};

/// Opens libcuda.so.1 and initializes it, once; the error says which of these
/// failed.
Result<const Driver *> getDriver();

} // namespace zq::cuda

#endif // ZQ_RUNTIME_CUDADRIVER_H
