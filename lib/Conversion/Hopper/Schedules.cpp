//===- Schedules.cpp - which kernels a linear gets ------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedules.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Remarks.h"

#include <limits>

using namespace mlir;
using zq::TileLayout;
using namespace zq::hopper;
using namespace zq::zqgpu;

static constexpr int64_t maxSharedBytes = 227 * 1024, maxStages = 16;
/// Of two CTAs on a multiprocessor there is room for one that quantizes beside
/// them.
static int64_t getMostSharedBytes(int64_t perSm) {
  constexpr int64_t half = 112 * 1024;
  return perSm == 1 ? maxSharedBytes : half;
}
/// The least that K is split for: the sums of a tile take room of the ring's.
static constexpr int64_t minStages = 4;
static constexpr int64_t unbounded = std::numeric_limits<int32_t>::max();
/// Ranges of M are made larger as long as they are this close to the best.
static constexpr double tolerance = 1.02;

/// Where ranges may end; the last is for all M beyond.
static constexpr int64_t rangeEnds[] = {
    16,   32,   48,   64,   80,   96,   128,  160,  192,   256,  320,  384,
    448,  512,  576,  640,  768,  896,  1024, 1152, 1280,  1536, 1792, 2048,
    2304, 2560, 3072, 3584, 4096, 5120, 6144, 8192, 12288, 16384};
/// Tiles that are not shared can have any size: the best one fills the last
/// round of the machine.
static constexpr int64_t tileTokens[] = {16,  32,  48,  64,  80,  88,
                                         96,  112, 128, 144, 160, 176,
                                         192, 208, 224, 232, 248, 256};
/// Promoted ones of up to 184 have registers to read codes ahead.
static constexpr int64_t promotedTileTokens[] = {
    16, 32, 48, 64, 80, 96, 112, 128, 160, 176, 184, 192};
static constexpr int64_t splits[] = {2, 3, 4, 8};

TileLayout zq::hopper::getLayout(LinearOp op) {
  return {static_cast<int64_t>(op.getN()), static_cast<int64_t>(op.getK()),
          static_cast<int64_t>(op.getGroup())};
}

Work zq::hopper::getWork(LinearOp op) {
  TileLayout layout = getLayout(op);
  return {layout.n,
          layout.k,
          op.getRank(),
          layout.getTileRows(),
          layout.getTileColumns(),
          layout.getBytes()};
}

GemmKernel zq::hopper::getGemmKernel(LinearOp op, ScheduleAttr schedule) {
  auto getElementType = [](std::optional<ElementsAttr> data) {
    return data ? data->getElementType() : Type();
  };
  return {op.getWeightFormat(),       static_cast<int64_t>(op.getMaxShift()),
          op.getMultipliers(),        getLayout(op).getShiftsPerRow(),
          op.getActivationFormat(),   op.getOutputType(),
          getElementType(op.getUp()), getElementType(op.getBias()),
          op.getResidual(),           schedule};
}

LogicalResult zq::hopper::checkLinear(LinearOp op) {
  TileLayout layout = getLayout(op);
  if (!layout.isSupported())
    return op.emitOpError() << "group is " << layout.group
                            << ", but kernels for sm_90a need a multiple of "
                               "32, or one group for "
                               "all of K; quantize with another group size";
  constexpr int64_t limit = unbounded - 256;
  if (layout.n > limit || layout.k > limit)
    return op.emitOpError()
           << "shape is " << layout.n << " x " << layout.k
           << ", but kernels count rows and columns in 32 bits";
  return success();
}

static int64_t getMostTokens(Accumulation accumulation) {
  int64_t most = 0;
  for (const Family &family : getFamilies())
    if (family.accumulation == accumulation)
      most = std::max(most, family.mostTokens);
  return most;
}

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

FailureOr<ScheduleChooser>
ScheduleChooser::get(ModuleOp module, const ScheduleOptions &options) {
  ScheduleChooser chooser;
  chooser.options = options;
  if (failed(chooser.checkOptions(module)) ||
      failed(chooser.findTargets(module)))
    return failure();
  if (!options.table.empty() &&
      failed(chooser.table.read(module.getContext(), options.table)))
    return failure();
  return chooser;
}

LogicalResult ScheduleChooser::checkOptions(ModuleOp module) {
  Location loc = module.getLoc();
  int64_t previous = 0;
  for (int64_t count : options.tokens) {
    if (count < 8 || count > 256 || count % 8 != 0 || count <= previous)
      return emitError(loc) << "option tokens holds " << count
                            << ", want ascending multiples of 8 from 8 to 256";
    previous = count;
  }
  if (options.stages < 0 || options.stages > maxStages)
    return emitError(loc) << "option stages is " << options.stages
                          << ", want 0 to " << maxStages;
  if (options.split < 0 || options.split > 8)
    return emitError(loc) << "option split is " << options.split
                          << ", want 0 to 8";
  std::optional<Accumulation> parsed =
      symbolizeAccumulation(options.accumulation);
  if (!parsed)
    return emitError(loc) << "option accumulation is \"" << options.accumulation
                          << "\", want \"fast\" or \"promoted\"";
  accumulation = *parsed;
  if (accumulation == Accumulation::Fast)
    options.interval = 0;
  else if (options.interval < 128 || options.interval % 128 != 0)
    return emitError(loc) << "option interval is " << options.interval
                          << ", want a positive multiple of 128";
  // Consumers wait for a tile of K before they release the one before it.
  if (options.stages == 1 && options.interval != 128)
    return emitError(loc)
           << "option stages is 1, want 2 to 16, or promoted accumulation with "
              "interval 128: tiles of K overlap in twos";
  // Partial and promoted sums share the registers of a consumer.
  if (previous > getMostTokens(accumulation))
    return emitError(loc) << "option tokens holds " << previous << ", but "
                          << stringifyAccumulation(accumulation)
                          << " accumulation has registers for "
                          << getMostTokens(accumulation) << " at most";
  return success();
}

LogicalResult ScheduleChooser::findTargets(ModuleOp module) {
  MLIRContext *context = module.getContext();
  // Copies of a gigabyte, read and written; the chips are the same.
  auto h100 = TargetAttr::get(context, 132, 3010, 1450);
  auto h200 = TargetAttr::get(context, 132, 4200, 1450);
  if (options.target.empty()) {
    Attribute attr = module->getAttr("zqgpu.target");
    auto own = dyn_cast_or_null<TargetAttr>(attr);
    if (attr && !own)
      return module.emitError()
             << "zqgpu.target is " << attr << ", want #zqgpu.target";
    targets = own ? SmallVector<TargetAttr>{own}
                  : SmallVector<TargetAttr>{h100, h200};
  } else if (options.target == "hopper") {
    targets = {h100, h200};
  } else if (options.target == "h100") {
    targets = {h100};
  } else if (options.target == "h200") {
    targets = {h200};
  } else {
    return emitError(module.getLoc())
           << "option target is \"" << options.target
           << "\", want \"hopper\", \"h100\" or \"h200\"";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// What there is to choose from
//===----------------------------------------------------------------------===//

/// As many stages as fit: they hide the latency of memory.
ScheduleAttr ScheduleChooser::getSchedule(LinearOp op, const Family &family,
                                          int64_t tokens, int64_t split) const {
  int64_t stages = options.stages == 0 ? maxStages : options.stages;
  while (true) {
    auto schedule = ScheduleAttr::get(
        op.getContext(), tokens, stages, accumulation, options.interval, split,
        family.sharing == Sharing::StreamK, family.rows, family.perSm);
    if (stages == 1 || getGemmKernel(op, schedule).getSharedBytes() <=
                           getMostSharedBytes(family.perSm))
      return schedule;
    --stages;
  }
}

/// What ptxas allocates registers badly for; test/Target/Hopper/sweep-*.test
/// finds it.
static bool isSpilled(LinearOp op, const Family &family, int64_t tokens) {
  if (family.sharing == Sharing::StreamK &&
      (op.getUp() || (op.getResidual() && op.getOutputType().isF32())))
    return tokens > 128;
  // Numbers of y take twice the room in the epilogue.
  if (op.getOutputType().isF32() &&
      tokens >= (family.accumulation == Accumulation::Fast ? 256 : 184))
    return true;
  // Two blocks of rows have twice the sums.
  bool addsTwice = op.getUp() && op.getResidual();
  if (family.rows == 256 && addsTwice)
    return tokens > 112;
  return family.accumulation == Accumulation::Promoted &&
         (tokens == 144 || (tokens == 184 && addsTwice));
}

SmallVector<ScheduleAttr> ScheduleChooser::getCandidates(LinearOp op) const {
  int64_t kTiles = getLayout(op).getTileColumns();
  SmallVector<ScheduleAttr> candidates;
  auto add = [&](const Family &family, int64_t tokens, int64_t split) {
    ScheduleAttr schedule = getSchedule(op, family, tokens, split);
    // Two tiles for each part of K, or it is not worth the sum.
    bool isWorthIt = split == 1 ||
                     (kTiles >= 2 * split && schedule.getStages() >= minStages);
    if (options.split != 0 || isWorthIt)
      candidates.push_back(schedule);
  };
  auto addSplits = [&](const Family &family, int64_t tokens) {
    if (tokens > family.mostTokens)
      return;
    bool isCluster = family.sharing == Sharing::Cluster;
    if (options.split != 0) {
      int64_t split = std::min(options.split, kTiles); // no part is empty
      if (isCluster == (split != 1) && family.sharing != Sharing::StreamK)
        add(family, tokens, split);
      return;
    }
    if (!isCluster)
      return add(family, tokens, 1);
    for (int64_t split : splits)
      add(family, tokens, split);
  };
  for (const Family &family : getFamilies()) {
    if (family.accumulation != accumulation || !family.isOffered)
      continue;
    ArrayRef<int64_t> sizes = options.tokens;
    if (sizes.empty())
      sizes = family.sharing != Sharing::Whole ? ArrayRef(blockTokens)
              : accumulation == Accumulation::Promoted
                  ? ArrayRef(promotedTileTokens)
                  : ArrayRef(tileTokens);
    // Tiles that were asked for are tried, with 128 rows at least.
    bool isAsked = !options.tokens.empty() && family.rows == TileLayout::rows;
    for (int64_t tokens : sizes)
      if (isAsked || !isSpilled(op, family, tokens))
        addSplits(family, tokens);
  }
  return candidates;
}

LogicalResult
zq::hopper::checkSchedule(LinearOp op, ScheduleAttr schedule,
                          function_ref<InFlightDiagnostic()> emitError) {
  const Family *family = findFamily(schedule);
  if (!family)
    return emitError() << "is not one that there are kernels for: "
                       << "its rows, per_sm and stream_k do not go together";
  if (schedule.getTokens() > family->mostTokens)
    return emitError() << "has " << schedule.getTokens()
                       << " tokens in a tile, but its kernels have registers "
                          "for "
                       << family->mostTokens << " at most";
  int64_t kTiles = getLayout(op).getTileColumns();
  if (schedule.getSplit() > kTiles)
    return emitError() << "splits K " << schedule.getSplit()
                       << " ways, but it has " << kTiles << " tiles of 128";
  int64_t bytes = getGemmKernel(op, schedule).getSharedBytes();
  int64_t limit = getMostSharedBytes(schedule.getPerSm());
  if (bytes > limit)
    return emitError() << "takes " << bytes << " bytes of shared memory, but a "
                       << "CTA has " << limit << " at most; use fewer stages";
  return success();
}

//===----------------------------------------------------------------------===//
// The choice
//===----------------------------------------------------------------------===//

namespace {

/// What each candidate loses, on the worst of the targets, against the best
/// candidate there: 1 is the best on all of them.
class Losses {
public:
  Losses(ArrayRef<TargetAttr> targets, const Work &work,
         ArrayRef<ScheduleAttr> candidates)
      : targets(targets), work(work), candidates(candidates) {}

  SmallVector<double> get(int64_t m) const {
    SmallVector<double> losses(candidates.size(), 0.0);
    for (TargetAttr target : targets) {
      SmallVector<double> times;
      for (ScheduleAttr schedule : candidates)
        times.push_back(predictTime(target, work, m, schedule));
      double best = *llvm::min_element(times);
      for (size_t i = 0; i < times.size(); ++i)
        losses[i] = std::max(losses[i], times[i] / best);
    }
    return losses;
  }

private:
  ArrayRef<TargetAttr> targets;
  const Work &work;
  ArrayRef<ScheduleAttr> candidates;
};

} // namespace

/// The ends of ranges: those of the table, or the tiles that the user wants
/// and their multiples.
static SmallVector<int64_t> getRangeEnds(ArrayRef<int64_t> tokens) {
  SmallVector<int64_t> ends(tokens);
  for (int64_t end : rangeEnds)
    if (tokens.empty() || end > tokens.back())
      ends.push_back(end);
  return ends;
}

/// Fewest ranges such that each M at which one may end is close to its best.
ArrayAttr ScheduleChooser::chooseByModel(LinearOp op) const {
  Work work = getWork(op);
  SmallVector<ScheduleAttr> candidates = getCandidates(op);
  Losses losses(targets, work, candidates);
  // Where the user names tiles, M takes the smallest that holds it.
  auto isFor = [&](size_t candidate, int64_t m) {
    if (options.tokens.empty())
      return true;
    auto tile = llvm::find_if(options.tokens,
                              [&](int64_t tokens) { return tokens >= m; });
    return candidates[candidate].getTokens() ==
           (tile == options.tokens.end() ? options.tokens.back() : *tile);
  };

  SmallVector<SmallVector<double>> table;
  SmallVector<int64_t> ends = getRangeEnds(options.tokens);
  for (int64_t m : ends) {
    table.push_back(losses.get(m));
    SmallVector<double> &row = table.back();
    double best = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < row.size(); ++i)
      if (isFor(i, m))
        best = std::min(best, row[i]);
    for (size_t i = 0; i < row.size(); ++i)
      row[i] =
          isFor(i, m) ? row[i] / best : std::numeric_limits<double>::infinity();
  }

  SmallVector<Attribute> choices;
  int64_t first = 1;
  for (size_t at = 0; at < ends.size();) {
    // The candidate that is good for the longest, the best of those.
    size_t chosen = 0, longest = 0;
    double least = 0;
    for (size_t i = 0; i < candidates.size(); ++i) {
      size_t to = at;
      double sum = 0;
      for (; to < ends.size() && table[to][i] <= tolerance; ++to)
        sum += table[to][i] - 1;
      size_t length = to - at;
      if (length > longest || (length == longest && length && sum < least)) {
        chosen = i;
        longest = length;
        least = sum;
      }
    }
    at += longest;
    int64_t last = at == ends.size() ? unbounded : ends[at - 1];
    choices.push_back(
        ChoiceAttr::get(op.getContext(), first, last, candidates[chosen]));
    first = last + 1;
  }
  return ArrayAttr::get(op.getContext(), choices);
}

/// The table's schedule with the interval that is asked for: it is a matter of
/// accuracy, which times hardly depend on.
FailureOr<ScheduleAttr> ScheduleChooser::adapt(LinearOp op,
                                               ScheduleAttr schedule) const {
  auto report = [&] {
    return op.emitOpError() << "the table's schedule " << schedule << ' ';
  };
  if (failed(checkSchedule(op, schedule, report)))
    return failure();
  if (schedule.getInterval() == options.interval)
    return schedule;
  auto adapted = ScheduleAttr::getChecked(
      [&] {
        return report() << "cannot have interval " << options.interval << ": ";
      },
      op.getContext(), schedule.getTokens(), schedule.getStages(),
      schedule.getAccumulation(), options.interval, schedule.getSplit(),
      schedule.getStreamK(), schedule.getRows(), schedule.getPerSm());
  if (!adapted)
    return failure();
  return adapted;
}

/// What of `choices` is for M in the range.
static void appendRange(SmallVectorImpl<Attribute> &to, ArrayAttr choices,
                        int64_t first, int64_t last) {
  for (auto choice : choices.getAsRange<ChoiceAttr>())
    if (choice.getFirst() <= last && choice.getLast() >= first)
      to.push_back(ChoiceAttr::get(
          choice.getContext(), std::max(first, choice.getFirst()),
          std::min(last, choice.getLast()), choice.getSchedule()));
}

FailureOr<ArrayAttr> ScheduleChooser::choose(LinearOp op) const {
  if (failed(checkLinear(op)))
    return failure();
  ArrayAttr measured = table.find(
      {static_cast<int64_t>(op.getN()), static_cast<int64_t>(op.getK()),
       static_cast<int64_t>(op.getGroup()), op.getRank(), accumulation});
  if (!measured)
    return chooseByModel(op);
  SmallVector<Attribute> choices;
  for (auto choice : measured.getAsRange<ChoiceAttr>()) {
    FailureOr<ScheduleAttr> schedule = adapt(op, choice.getSchedule());
    if (failed(schedule))
      return failure();
    int64_t first = choice.getFirst(), last = choice.getLast();
    // The table's linear may have been one without a residual.
    if (isSpilled(op, *findFamily(*schedule), schedule->getTokens())) {
      remark::missed(op.getLoc(), remark::RemarkOpts::name("schedule-table")
                                      .category("zq")
                                      .function(op.getSymName()))
          << remark::reason("for M of {0} to {1} the table has {2} tokens in a "
                            "tile, for which this linear's kernel has too few "
                            "registers: schedules are the model's",
                            first, last, schedule->getTokens());
      appendRange(choices, chooseByModel(op), first, last);
    } else {
      choices.push_back(
          ChoiceAttr::get(op.getContext(), first, last, *schedule));
    }
  }
  return ArrayAttr::get(op.getContext(), choices);
}
