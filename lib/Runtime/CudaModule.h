//===- CudaModule.h - run linears on CUDA devices ---------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_RUNTIME_CUDAMODULE_H
#define ZQ_LIB_RUNTIME_CUDAMODULE_H

#include "zq/Runtime/CudaDriver.h"
#include "zq/Runtime/ModuleFile.h"

#include <map>
#include <memory>
#include <mutex>

namespace zq::runtime {

/// Device bytes that a run of `m` tokens needs beside x and y.
uint64_t getWorkspaceBytes(const Variant &variant, int64_t m);

/// A compiled module in the CUDA contexts in which it was used. Members throw
/// Failure.
class CudaModule {
public:
  explicit CudaModule(const ModuleFile &file) : file(file) {}
  ~CudaModule();

  struct Buffers {
    cuda::DevicePtr x, residual, y, workspace;
  };

  /// Loads a linear into the current context, if it is not there yet.
  void prepare(size_t linear);
  /// Launches `variant` of a linear, which serves `m`.
  void run(size_t linear, const Variant &variant, int64_t m,
           const Buffers &buffers, cuda::Stream stream);

private:
  /// A linear in one context.
  struct LoadedLinear {
    cuda::DevicePtr memory = 0; ///< 0 where another linear has the same blobs
    /// Addresses by the names of launches' parameters.
    std::map<std::string, cuda::DevicePtr> blobs;
    /// For each launch of each variant, in their order.
    std::vector<cuda::Function> functions;
  };
  /// The module in one context.
  struct LoadedModule {
    int multiprocessors = 0;
    std::map<std::string, cuda::Module> cubins;
    /// The most dynamic shared memory that a launch of each kernel asks for.
    std::map<cuda::Function, int64_t> sharedBytes;
    std::map<size_t, LoadedLinear> linears;
  };
  struct Found {
    const LoadedModule &module;
    const LoadedLinear &linear;
  };

  const cuda::Driver &getDriver();
  void check(cuda::Status status, const std::string &what);
  Found find(size_t linear);
  LoadedModule createModule(cuda::Context context);
  LoadedLinear loadLinear(LoadedModule &module, const Linear &linear);
  cuda::Function loadFunction(LoadedModule &module, const Launch &launch);
  void upload(const Linear &linear, LoadedLinear &loaded);
  struct PreparedLaunch;
  void prepareLaunch(const Found &found, const Variant &variant,
                     const Launch &launch, int64_t m, const Buffers &buffers,
                     cuda::Stream stream, PreparedLaunch &prepared);

  const ModuleFile &file;
  /// Guards all below; elements once made neither move nor change.
  std::mutex mutex;
  const cuda::Driver *driver = nullptr;
  std::map<cuda::Context, LoadedModule> contexts;
};

} // namespace zq::runtime

#endif // ZQ_LIB_RUNTIME_CUDAMODULE_H
