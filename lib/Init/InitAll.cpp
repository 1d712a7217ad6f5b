//===- InitAll.cpp - registers all of zq ----------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/InitAll.h"

#include "dialects/Zq/Zq.h"
#include "dialects/ZqGPU/ZqGPU.h"
#include "zq/Conversion/Hopper/Passes.h"
#include "zq/Conversion/Passes.h"
#include "zq/Conversion/ZqToZqGPU/Passes.h"
#include "zq/Pipelines/Compile.h"
#include "zq/Pipelines/Pipelines.h"
#include "zq/Pipelines/ToCPU.h"
#include "zq/Target/Hopper/Passes.h"
#include "zq/Target/Module/Passes.h"
#include "zq/Transforms/Calibrate/Passes.h"
#include "zq/Transforms/Decide/Passes.h"
#include "zq/Transforms/Import/Passes.h"
#include "zq/Transforms/Materialize/Passes.h"
#include "zq/Transforms/Optimize/Passes.h"

void zq::registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<ZqDialect, zqgpu::ZqGPUDialect>();
  hopper::registerInterfaces(registry);
}

void zq::registerAllPasses() {
  registerZqImportPasses();
  registerZqCalibratePasses();
  registerZqDecidePasses();
  registerZqMaterializePasses();
  registerZqOptimizePasses();
  registerZqPipelines();
  registerZqConversionPasses();
  registerZqToZqGPUPasses();
  registerZqTargetModulePasses();
  hopper::registerZqHopperConversionPasses();
  hopper::registerZqHopperTargetPasses();
  hopper::registerToCubinPipeline();
  registerToCPUPipeline();
  registerCompilePipelines();
}
