// Schedules are chosen for a machine: the module's, or the option's, or for both that
// there are.
//
// RUN: zq-opt %s --zqgpu-choose-schedules="accumulation=fast target=h200" | FileCheck %s --check-prefix=H200
// RUN: zq-opt %s --zqgpu-choose-schedules=accumulation=fast | FileCheck %s --check-prefix=OWN
// RUN: not zq-opt %s --zqgpu-choose-schedules=target=a100 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: zq-opt %s --zqgpu-choose-schedules="accumulation=fast target=hopper tokens=64" --remarks-filter-analyse=zq -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// REMARK: Function=l | Bandwidth=3010, M=64, Microseconds={{[0-9]+.[0-9]}}, Schedule="#zqgpu.schedule<tokens = 64
// REMARK: Function=l | Bandwidth=4200, M=64, Microseconds={{[0-9]+.[0-9]}}, Schedule=

// With 132 multiprocessors for 32 row tiles K is shared out; with 8 no cluster is.
// H200: m = 1 to {{[0-9]+}}, schedule = <{{.*}}, {{split = [2-8]|stream_k}}
// OWN-NOT: split
// OWN: m = 1 to {{[0-9]+}}, schedule = <tokens = {{[0-9]+}}, stages = {{[0-9]+}}, accumulation = fast{{(, stream_k)?(, rows = 256)?}}>

// UNKNOWN: error: option target is "a100", want "hopper", "h100" or "h200"

module attributes {zqgpu.target = #zqgpu.target<sms = 8, bandwidth = 4200, fp8_rate = 1450>} {
  zqgpu.linear @l 4096 x 4096
    weight f4E2M1FN group = 128 max_shift = 11
    activation f8E4M3FN input bf16 output bf16
    codes(dense<1> : tensor<4096x2048xi8>) shifts(dense<0> : tensor<4096x32xi8>)
    row_scale(dense<1.0> : tensor<4096xf32>)
}
