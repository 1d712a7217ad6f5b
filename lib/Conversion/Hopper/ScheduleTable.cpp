//===- ScheduleTable.cpp - schedules that were measured -------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScheduleTable.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <limits>

using namespace mlir;
using namespace zq::hopper;
using namespace zq::zqgpu;
namespace json = llvm::json;

namespace {

constexpr int64_t unbounded = std::numeric_limits<int32_t>::max();

/// Reads one file. What is wrong is reported with its place in the file, such
/// as `linears[3].choices[1].schedule`.
class Reader {
public:
  Reader(MLIRContext *context, StringRef path)
      : context(context), loc(FileLineColLoc::get(context, path, 0, 0)) {}

  LogicalResult parse(StringRef text);

  std::map<ScheduleTable::Key, ArrayAttr> linears;

private:
  LogicalResult readLinear(const json::Value &value, const std::string &place);
  FailureOr<ChoiceAttr> readChoice(const json::Value &value, int64_t first,
                                   bool isLast, Accumulation accumulation,
                                   const std::string &place);
  ScheduleAttr parseSchedule(StringRef text, std::string &problem);
  FailureOr<int64_t> readNumber(const json::Object &object, StringRef key,
                                int64_t least, const std::string &place,
                                int64_t most = unbounded);
  FailureOr<std::string> readText(const json::Object &object, StringRef key,
                                  const std::string &place);
  LogicalResult checkKeys(const json::Object &object, ArrayRef<StringRef> known,
                          const std::string &place);

  MLIRContext *context;
  Location loc;
};

LogicalResult Reader::checkKeys(const json::Object &object,
                                ArrayRef<StringRef> known,
                                const std::string &place) {
  for (const auto &member : object)
    if (!llvm::is_contained(known, StringRef(member.first)))
      return emitError(loc)
             << place << ": unknown key \"" << StringRef(member.first) << "\"";
  return success();
}

FailureOr<int64_t> Reader::readNumber(const json::Object &object, StringRef key,
                                      int64_t least, const std::string &place,
                                      int64_t most) {
  std::optional<int64_t> number = object.getInteger(key);
  if (number && *number >= least && *number <= most)
    return *number;
  InFlightDiagnostic error = emitError(loc) << place << '.' << key << ": ";
  if (number)
    error << "found " << *number << ", ";
  return error << "want an integer from " << least << " to " << most;
}

FailureOr<std::string> Reader::readText(const json::Object &object,
                                        StringRef key,
                                        const std::string &place) {
  if (std::optional<StringRef> text = object.getString(key))
    return text->str();
  return emitError(loc) << place << '.' << key << ": want a string";
}

FailureOr<ChoiceAttr> Reader::readChoice(const json::Value &value,
                                         int64_t first, bool isLast,
                                         Accumulation accumulation,
                                         const std::string &place) {
  const json::Object *object = value.getAsObject();
  if (!object)
    return emitError(loc) << place << ": want an object";
  if (failed(checkKeys(*object, {"last", "schedule", "us"}, place)))
    return failure();
  int64_t last = unbounded;
  if (isLast == (object->get("last") != nullptr))
    return emitError(loc) << place << ": want \"last\" for all choices but "
                          << "the last, which is for all M beyond";
  if (!isLast) {
    // Some M is left to the choice that follows.
    FailureOr<int64_t> number =
        readNumber(*object, "last", first, place, unbounded - 1);
    if (failed(number))
      return failure();
    last = *number;
  }
  FailureOr<std::string> text = readText(*object, "schedule", place);
  if (failed(text))
    return failure();
  std::string problem;
  ScheduleAttr schedule = parseSchedule(*text, problem);
  if (schedule && schedule.getAccumulation() != accumulation)
    problem = "accumulates otherwise than its linear";
  if (!problem.empty())
    return emitError(loc) << place << ".schedule: " << problem;
  auto choice =
      ChoiceAttr::getChecked([&] { return emitError(loc) << place << ": "; },
                             context, first, last, schedule);
  if (!choice)
    return failure();
  return choice;
}

/// Null where the text is no schedule; `problem` is what the parser says.
ScheduleAttr Reader::parseSchedule(StringRef text, std::string &problem) {
  // The parser takes a type or a comment behind an attribute.
  if (auto [inside, rest] = text.split('>'); !rest.empty()) {
    problem = ("found '" + rest + "' after '>', want nothing").str();
    return {};
  }
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    problem = diagnostic.str();
    return success();
  });
  auto schedule = dyn_cast_or_null<ScheduleAttr>(
      parseAttribute(("#zqgpu.schedule" + text).str(), context));
  if (!schedule && problem.empty())
    problem = "want a schedule";
  return schedule;
}

LogicalResult Reader::readLinear(const json::Value &value,
                                 const std::string &place) {
  const json::Object *object = value.getAsObject();
  if (!object)
    return emitError(loc) << place << ": want an object";
  if (failed(checkKeys(*object,
                       {"n", "k", "group", "rank", "accumulation", "choices"},
                       place)))
    return failure();
  FailureOr<int64_t> n = readNumber(*object, "n", 1, place);
  FailureOr<int64_t> k = readNumber(*object, "k", 1, place);
  FailureOr<int64_t> group = readNumber(*object, "group", 1, place);
  FailureOr<int64_t> rank = readNumber(*object, "rank", 0, place);
  FailureOr<std::string> mode = readText(*object, "accumulation", place);
  if (failed(n) || failed(k) || failed(group) || failed(rank) || failed(mode))
    return failure();
  std::optional<Accumulation> accumulation = symbolizeAccumulation(*mode);
  if (!accumulation)
    return emitError(loc) << place << ".accumulation: found \"" << *mode
                          << "\", want \"fast\" or \"promoted\"";
  const json::Array *choices = object->getArray("choices");
  if (!choices || choices->empty())
    return emitError(loc) << place << ".choices: want an array of at least one";
  SmallVector<Attribute> read;
  for (size_t i = 0; i < choices->size(); ++i) {
    int64_t first =
        read.empty() ? 1 : cast<ChoiceAttr>(read.back()).getLast() + 1;
    FailureOr<ChoiceAttr> choice = readChoice(
        (*choices)[i], first, i + 1 == choices->size(), *accumulation,
        place + ".choices[" + std::to_string(i) + "]");
    if (failed(choice))
      return failure();
    read.push_back(*choice);
  }
  if (!linears
           .try_emplace({*n, *k, *group, *rank, *accumulation},
                        ArrayAttr::get(context, read))
           .second)
    return emitError(loc) << place << ": the same linear as one before";
  return success();
}

LogicalResult Reader::parse(StringRef text) {
  llvm::Expected<json::Value> value = json::parse(text);
  if (!value)
    return emitError(loc) << llvm::toString(value.takeError());
  const json::Object *table = value->getAsObject();
  if (!table)
    return emitError(loc) << "want an object";
  if (failed(checkKeys(*table, {"version", "device", "commit", "linears"},
                       "table")))
    return failure();
  if (table->getInteger("version") != 1)
    return emitError(loc) << "version: want 1";
  const json::Array *entries = table->getArray("linears");
  if (!entries)
    return emitError(loc) << "linears: want an array";
  for (size_t i = 0; i < entries->size(); ++i)
    if (failed(readLinear((*entries)[i], "linears[" + std::to_string(i) + "]")))
      return failure();
  return success();
}

} // namespace

LogicalResult ScheduleTable::read(MLIRContext *context, StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return emitError(FileLineColLoc::get(context, path, 0, 0))
           << "cannot read the table of schedules: "
           << buffer.getError().message();
  Reader reader(context, path);
  if (failed(reader.parse((*buffer)->getBuffer())))
    return failure();
  linears = std::move(reader.linears);
  return success();
}

ArrayAttr ScheduleTable::find(const Key &key) const {
  auto found = linears.find(key);
  return found == linears.end() ? ArrayAttr() : found->second;
}
