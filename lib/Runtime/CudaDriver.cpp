//===- CudaDriver.cpp - the CUDA driver, found at run time ----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Runtime/CudaDriver.h"

#include <dlfcn.h>

using namespace zq;
using namespace zq::cuda;

std::string Driver::getErrorText(Status status) const {
  const char *name = nullptr, *text = nullptr;
  getErrorName(status, &name);
  getErrorString(status, &text);
  if (!name)
    return "CUDA error " + std::to_string(status);
  return std::string(name) + (text ? std::string(" (") + text + ")" : "");
}

static Result<Driver> loadDriver() {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return Error{std::string("no CUDA driver: ") + dlerror()};
  Driver driver;
#define ZQ_CUDA_LOAD(member, name, params)                                     \
  driver.member =                                                              \
      reinterpret_cast<decltype(driver.member)>(dlsym(library, name));         \
  if (!driver.member)                                                          \
    return Error{"the CUDA driver has no " name                                \
                 ": found an older one, wanted CUDA 12.0 or later"};
  ZQ_CUDA_FUNCTIONS(ZQ_CUDA_LOAD)
#undef ZQ_CUDA_LOAD
  if (Status status = driver.init(0))
    return Error{"the CUDA driver does not start: " +
                 driver.getErrorText(status)};
  return driver;
}

Result<const Driver *> cuda::getDriver() {
  // The library stays open for the life of the process, as its threads do.
  static Result<Driver> driver = loadDriver();
  if (!driver)
    return Error{driver.message()};
  return &*driver;
}
