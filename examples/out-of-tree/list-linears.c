/*===- list-linears.c - the runtime inside another program ----------------===*\
|*                                                                            *|
|* Opens a compiled module and lists its linears: C, without MLIR or CUDA.    *|
|*                                                                            *|
|* Part of zq, under the Apache License v2.0 with LLVM Exceptions.            *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#include "zq/Runtime/zq.h"

#include <stdio.h>

int main(int argc, char **argv) {
  ZqModule *module;
  size_t count = 0;
  if (argc != 2) {
    fprintf(stderr, "usage: list-linears model.zqm\n");
    return 1;
  }
  if (zqModuleOpen(argv[1], &module) != ZQ_SUCCESS) {
    fprintf(stderr, "error: %s\n", zqGetLastErrorText());
    return 1;
  }
  zqModuleGetLinearCount(module, &count);
  for (size_t i = 0; i != count; ++i) {
    ZqLinearInfo info = {.structSize = sizeof(info)};
    if (zqModuleGetLinear(module, i, &info) == ZQ_SUCCESS)
      printf("%s: %lld x %lld\n", info.name, (long long)info.n,
             (long long)info.k);
  }
  zqModuleClose(module);
  return 0;
}
