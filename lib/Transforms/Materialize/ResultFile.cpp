//===- ResultFile.cpp - results in a safetensors file ---------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ResultFile.h"
#include "ResultSummary.h"

#include "zq/Numerics/Formats.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

using namespace zq;
using llvm::ArrayRef;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// A result as tensors
//===----------------------------------------------------------------------===//

std::string zq::getTensorName(const WeightJob &job, StringRef part) {
  return job.name + "." + part.str();
}

std::string zq::getFactorName(const WeightJob &job, StringRef part,
                              size_t index) {
  std::string name = getTensorName(job, part);
  return index == 0 ? name : name + "." + std::to_string(index);
}

static DType getDType(FloatType type) {
  return type == FloatType::F32   ? DType::F32
         : type == FloatType::F16 ? DType::F16
                                  : DType::BF16;
}

/// What the job's result consists of, which is known before it is computed.
static void addTensors(const WeightJob &job, std::vector<TensorInfo> &tensors) {
  int64_t n = job.source.getType().getDimSize(0);
  int64_t k = job.source.getType().getDimSize(1);
  int64_t group = std::min(job.options.group, k);
  int64_t groups = (k + group - 1) / group;
  auto add = [&](std::string name, DType type, std::vector<int64_t> shape) {
    tensors.push_back({std::move(name), type, std::move(shape)});
  };
  add(getTensorName(job, "codes"), DType::U8,
      {n, isFourBit(job.options.format) ? (k + 1) / 2 : k});
  if (job.options.constraint == ScaleConstraint::Free) {
    add(getTensorName(job, "scales"), DType::F32, {n, groups});
  } else {
    add(getTensorName(job, "anchors"), DType::F32, {n});
    add(getTensorName(job, "shifts"), DType::U8, {n, groups});
  }
  for (size_t i = 0; i < job.factorRequests.size(); ++i) {
    const FactorRequest &request = job.factorRequests[i];
    DType type = getDType(request.type);
    add(getFactorName(job, "down", i), type, {request.rank, k});
    add(getFactorName(job, "up", i), type, {n, request.rank});
  }
}

/// The bytes of the result's tensors, in the order of `addTensors`. What needs
/// to be encoded for that is kept in `encoded`.
static std::vector<ArrayRef<uint8_t>>
getBytes(const WeightJob &job, std::vector<std::vector<uint8_t>> &encoded) {
  const QuantizedMatrix &matrix = job.matrix;
  auto fromFloats = [](const std::vector<float> &values) {
    return ArrayRef(reinterpret_cast<const uint8_t *>(values.data()),
                    values.size() * sizeof(float));
  };
  std::vector<ArrayRef<uint8_t>> bytes = {matrix.codes};
  if (matrix.constraint == ScaleConstraint::Free) {
    bytes.push_back(fromFloats(matrix.scales));
  } else {
    bytes.push_back(fromFloats(matrix.anchors));
    bytes.push_back(matrix.shifts);
  }
  encoded.reserve(2 * job.factors.size());
  for (auto [request, factors] :
       llvm::zip_equal(job.factorRequests, job.factors))
    for (const std::vector<float> *values : {&factors.down, &factors.up})
      bytes.push_back(
          encoded.emplace_back(encodeFloats(request.type, *values)));
  return bytes;
}

//===----------------------------------------------------------------------===//
// ResultFile
//===----------------------------------------------------------------------===//

static constexpr StringRef kName = "weight", kKey = "key",
                           kChecksum = "checksum", kSummary = "summary";

Result<std::unique_ptr<ResultFile>> ResultFile::open(const std::string &path,
                                                     ArrayRef<WeightJob> jobs) {
  std::vector<TensorInfo> tensors;
  llvm::StringMap<size_t> firstTensors;
  std::map<std::string, std::string> metadata = {
      {"format", "zq.quantized_weights"}, {"version", "1"}};
  for (const WeightJob &job : jobs) {
    firstTensors[job.name] = tensors.size();
    addTensors(job, tensors);
    // Codes can be read without the IR that they were made for.
    metadata[getTensorName(job, "type")] = job.typeText;
  }
  Result<SafetensorsWriter> writer =
      SafetensorsWriter::resume(path, std::move(tensors), metadata);
  if (!writer)
    return writer.takeError();
  Result<Journal> journal =
      Journal::open(path + ".partial.journal", writer->isResumed());
  if (!journal) {
    if (!writer->isResumed()) // nothing is in it
      writer->discard();
    return journal.takeError();
  }
  std::unique_ptr<ResultFile> file(
      new ResultFile(path, std::move(*writer), std::move(*journal)));
  file->firstTensors = std::move(firstTensors);
  for (const std::string &line : file->journal.getLines()) {
    llvm::Expected<llvm::json::Value> value = llvm::json::parse(line);
    if (!value) {
      llvm::consumeError(value.takeError());
      continue;
    }
    llvm::json::Object *entry = value->getAsObject();
    std::optional<StringRef> name =
        entry ? entry->getString(kName) : std::nullopt;
    if (name) // the last line of a weight counts
      file->known[*name] = std::move(*entry);
  }
  return file;
}

static std::string getChecksum(ArrayRef<ArrayRef<uint8_t>> tensors) {
  std::string text;
  for (ArrayRef<uint8_t> bytes : tensors)
    text += llvm::utohexstr(llvm::xxh3_64bits(bytes), true, 16);
  return text;
}

static ArrayRef<uint8_t> asBytes(const std::vector<uint8_t> &bytes) {
  return bytes;
}

Result<bool> ResultFile::restore(WeightJob &job, StringRef key) {
  auto found = known.find(job.name);
  if (found == known.end() || found->second.getString(kKey) != key)
    return false;
  size_t first = firstTensors.lookup(job.name);
  size_t count = (job.options.constraint == ScaleConstraint::Free ? 2 : 3) +
                 2 * job.factorRequests.size();
  std::vector<std::vector<uint8_t>> tensors(count);
  for (size_t i = 0; i < count; ++i) {
    tensors[i].resize(writer.getSize(first + i));
    if (Result<void> done = writer.read(first + i, tensors[i].data()); !done)
      return done.takeError();
  }
  // The journal may have reached the disk, and the bytes not.
  std::vector<ArrayRef<uint8_t>> bytes;
  llvm::transform(tensors, std::back_inserter(bytes), asBytes);
  if (found->second.getString(kChecksum) != getChecksum(bytes))
    return false;
  const llvm::json::Object *summary = found->second.getObject(kSummary);
  if (!summary || !readSummary(*summary, job))
    return false;
  for (size_t i = 0; i < count; ++i)
    writer.markWritten(first + i);
  if (job.options.constraint != ScaleConstraint::Free) {
    job.matrix.anchors.resize(tensors[1].size() / sizeof(float));
    std::memcpy(job.matrix.anchors.data(), tensors[1].data(),
                tensors[1].size());
  }
  job.restored = true;
  return true;
}

Result<void> ResultFile::write(WeightJob &job, StringRef key) {
  std::vector<std::vector<uint8_t>> encoded;
  std::vector<ArrayRef<uint8_t>> bytes = getBytes(job, encoded);
  size_t first = firstTensors.lookup(job.name);
  {
    // A file system takes one write to a file at a time; others would spin.
    std::lock_guard<std::mutex> lock(mutex);
    for (auto [i, tensor] : llvm::enumerate(bytes))
      if (Result<void> done =
              writer.write(first + i, tensor.data(), tensor.size());
          !done)
        return done;
  }
  llvm::json::Object entry{{kName, job.name},
                           {kKey, key},
                           {kChecksum, getChecksum(bytes)},
                           {kSummary, getSummary(job)}};
  std::string line;
  llvm::raw_string_ostream(line) << llvm::json::Value(std::move(entry));
  if (Result<void> done = journal.append(std::move(line)); !done)
    return done;
  // Anchors are few, and wanted in the IR.
  job.matrix.codes = std::vector<uint8_t>();
  job.matrix.scales = std::vector<float>();
  job.matrix.shifts = std::vector<uint8_t>();
  job.factors.clear();
  return {};
}

Result<void> ResultFile::finish(bool keepJournal) {
  if (Result<void> done = writer.finish(); !done)
    return done;
  if (!keepJournal)
    journal.remove();
  return {};
}

void ResultFile::discard() {
  writer.discard();
  journal.remove();
}
