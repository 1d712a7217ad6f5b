//===- Device.cpp - where a linear is run ---------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Device.h"

#include "zq/Runtime/CudaDriver.h"

#include <algorithm>
#include <chrono>

using namespace zq;
using namespace zq::run;

static Error getLastError(ZqStatus status) {
  return {std::string(zqGetStatusName(status)) + ": " + zqGetLastErrorText()};
}

static double getMedian(std::vector<double> &values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2,
                   values.end());
  return values[values.size() / 2];
}

//===----------------------------------------------------------------------===//
// CPU
//===----------------------------------------------------------------------===//

namespace {
class Cpu : public Device {
public:
  std::string getName() const override { return "cpu"; }

  Result<void> run(ZqModule *module, size_t index, int64_t m,
                   const std::vector<uint8_t> &x,
                   const std::vector<uint8_t> *residual,
                   std::vector<uint8_t> &y, Timing timing,
                   double &microseconds) override {
    std::fill(y.begin(), y.end(), 0xFF);
    ZqLinearBuffers buffers = {sizeof(buffers), x.data(),
                               residual ? residual->data() : nullptr, y.data()};
    auto runOnce = [&] {
      return zqLinearRunBuffersCpu(module, index, m, &buffers);
    };
    if (ZqStatus status = runOnce())
      return getLastError(status);
    if (timing.repeat == 0)
      return {};
    for (int64_t i = 0; i != timing.warmup; ++i)
      runOnce();
    std::vector<double> times;
    for (int64_t i = 0; i != timing.repeat; ++i) {
      auto begin = std::chrono::steady_clock::now();
      runOnce();
      std::chrono::duration<double, std::micro> time =
          std::chrono::steady_clock::now() - begin;
      times.push_back(time.count());
    }
    microseconds = getMedian(times);
    return {};
  }
};
} // namespace

std::unique_ptr<Device> run::createCpu() { return std::make_unique<Cpu>(); }

//===----------------------------------------------------------------------===//
// CUDA
//===----------------------------------------------------------------------===//

namespace {
/// A buffer on the device between two guards.
class DeviceBuffer {
public:
  static constexpr size_t kGuard = 4096;

  DeviceBuffer(const cuda::Driver &driver, size_t bytes)
      : driver(driver), bytes(bytes) {}
  DeviceBuffer(const DeviceBuffer &) = delete;
  DeviceBuffer &operator=(const DeviceBuffer &) = delete;
  ~DeviceBuffer() {
    if (base)
      driver.memFree(base);
  }

  /// `guard` and `fill` are what the bytes of guards and of the buffer are set
  /// to.
  cuda::Status allocate(unsigned char guard, unsigned char fill) {
    pattern = guard;
    if (cuda::Status status = driver.memAlloc(&base, bytes + 2 * kGuard))
      return status;
    if (cuda::Status status = driver.memset(base, guard, bytes + 2 * kGuard))
      return status;
    return bytes == 0 ? 0 : driver.memset(get(), fill, bytes);
  }
  cuda::DevicePtr get() const { return base + kGuard; }
  void *getPointer() const { return reinterpret_cast<void *>(get()); }

  Result<void> checkGuards(const char *name) const {
    std::vector<uint8_t> guard(kGuard);
    for (auto [side, address] :
         {std::pair("before", base), std::pair("after", get() + bytes)}) {
      if (driver.copyToHost(guard.data(), address, kGuard))
        return Error{std::string("cannot read the guard of ") + name};
      auto changed = std::find_if(guard.begin(), guard.end(),
                                  [&](uint8_t b) { return b != pattern; });
      if (changed != guard.end())
        return Error{std::string("memory ") + side + " " + name +
                     " was written, at byte " +
                     std::to_string(changed - guard.begin()) + " of the guard"};
    }
    return {};
  }

private:
  const cuda::Driver &driver;
  size_t bytes;
  cuda::DevicePtr base = 0;
  unsigned char pattern = 0;
};

class Cuda : public Device {
public:
  Cuda(const cuda::Driver &driver, cuda::Context context, std::string name)
      : driver(driver), context(context), name(std::move(name)) {}

  std::string getName() const override { return name; }

  Result<void> run(ZqModule *module, size_t index, int64_t m,
                   const std::vector<uint8_t> &x,
                   const std::vector<uint8_t> *residual,
                   std::vector<uint8_t> &y, Timing timing,
                   double &microseconds) override {
    // The calling thread may be a new one.
    if (cuda::Status status = driver.contextSetCurrent(context))
      return error("using the CUDA context", status);
    size_t workspaceBytes = 0;
    if (ZqStatus status =
            zqLinearGetWorkspaceSize(module, index, m, &workspaceBytes))
      return getLastError(status);
    // What is read outside of x and of the residual, and what is read of y and
    // of the workspace before it is written, is NaN.
    DeviceBuffer input(driver, x.size()), output(driver, y.size()),
        addend(driver, residual ? residual->size() : 0),
        workspace(driver, workspaceBytes);
    if (cuda::Status status = input.allocate(0xFF, 0xFF))
      return error("allocating x", status);
    if (cuda::Status status = addend.allocate(0xFF, 0xFF))
      return error("allocating the residual", status);
    if (cuda::Status status = output.allocate(0xA5, 0xFF))
      return error("allocating y", status);
    if (cuda::Status status = workspace.allocate(0xA5, 0xFF))
      return error("allocating the workspace", status);
    if (!x.empty())
      if (cuda::Status status =
              driver.copyToDevice(input.get(), x.data(), x.size()))
        return error("copying x", status);
    if (residual && !residual->empty())
      if (cuda::Status status = driver.copyToDevice(
              addend.get(), residual->data(), residual->size()))
        return error("copying the residual", status);
    if (cuda::Status status = driver.streamSynchronize(nullptr))
      return error("before the run", status);

    // A stream that waits for no other, not even for the default stream.
    cuda::Stream stream = nullptr;
    constexpr unsigned kNonBlocking = 1;
    if (cuda::Status status = driver.streamCreate(&stream, kNonBlocking))
      return error("creating a stream", status);
    std::unique_ptr<cuda::StreamTag, cuda::Status (*)(cuda::Stream)> owner(
        stream, driver.streamDestroy);
    ZqLinearBuffers buffers = {sizeof(buffers), input.getPointer(),
                               residual ? addend.getPointer() : nullptr,
                               output.getPointer()};
    auto runOnce = [&] {
      return zqLinearRunBuffersCuda(module, index, m, &buffers,
                                    workspace.getPointer(), workspaceBytes,
                                    stream);
    };
    if (ZqStatus status = runOnce())
      return getLastError(status);
    if (cuda::Status status = driver.streamSynchronize(stream))
      return error("running the kernels", status);
    if (!y.empty())
      if (cuda::Status status =
              driver.copyToHost(y.data(), output.get(), y.size()))
        return error("copying y", status);
    for (auto [what, buffer] : {std::pair("x", &input), std::pair("y", &output),
                                std::pair("the residual", &addend),
                                std::pair("the workspace", &workspace)})
      if (Result<void> intact = buffer->checkGuards(what); !intact)
        return intact;
    return timing.repeat == 0 ? Result<void>()
                              : time(runOnce, timing, stream, microseconds);
  }

private:
  Error error(const char *what, cuda::Status status) {
    return {std::string(what) + ": " + driver.getErrorText(status)};
  }

  /// Each sample is the mean of ten runs back to back, so that the host keeps
  /// ahead of the device.
  template <typename RunOnce>
  Result<void> time(RunOnce runOnce, Timing timing, cuda::Stream stream,
                    double &microseconds) {
    constexpr int64_t kRuns = 10;
    cuda::Event begin, end;
    if (driver.eventCreate(&begin, 0) || driver.eventCreate(&end, 0))
      return Error{"cannot create CUDA events"};
    for (int64_t i = 0; i != timing.warmup; ++i)
      if (ZqStatus status = runOnce())
        return getLastError(status);
    std::vector<double> times;
    for (int64_t i = 0; i != timing.repeat; ++i) {
      float milliseconds = 0;
      driver.eventRecord(begin, stream);
      for (int64_t j = 0; j != kRuns; ++j)
        if (ZqStatus status = runOnce())
          return getLastError(status);
      driver.eventRecord(end, stream);
      if (cuda::Status status = driver.eventSynchronize(end))
        return error("timing", status);
      if (cuda::Status status =
              driver.eventElapsedTime(&milliseconds, begin, end))
        return error("timing", status);
      times.push_back(1000.0 * milliseconds / kRuns);
    }
    driver.eventDestroy(begin);
    driver.eventDestroy(end);
    microseconds = getMedian(times);
    return {};
  }

  const cuda::Driver &driver;
  cuda::Context context;
  std::string name;
};
} // namespace

Result<std::unique_ptr<Device>> run::createCuda() {
  Result<const cuda::Driver *> found = cuda::getDriver();
  if (!found)
    return found.takeError();
  const cuda::Driver &driver = **found;
  cuda::Device device = 0;
  cuda::Context context = nullptr;
  char name[128] = "";
  for (auto [what, status] :
       {std::pair("no CUDA device", driver.deviceGet(&device, 0)),
        std::pair("reading its name",
                  driver.deviceGetName(name, sizeof(name), device)),
        std::pair("making a CUDA context",
                  driver.primaryContextRetain(&context, device)),
        std::pair("using the CUDA context", driver.contextSetCurrent(context))})
    if (status)
      return Error{std::string(what) + ": " + driver.getErrorText(status)};
  return std::unique_ptr<Device>(std::make_unique<Cuda>(driver, context, name));
}
