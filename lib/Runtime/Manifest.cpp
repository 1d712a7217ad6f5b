//===- Manifest.cpp - a module's description as JSON ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Runtime/ModuleDescription.h"

#include <nlohmann/json.hpp>

using namespace zq;
using namespace zq::runtime;
using nlohmann::json;

//===----------------------------------------------------------------------===//
// To JSON
//===----------------------------------------------------------------------===//

static constexpr const char *kBufferKinds[] = {"user", "workspace", "blob"};

static json toJson(const Param &param) {
  if (auto *buffer = std::get_if<BufferParam>(&param))
    return {{kBufferKinds[static_cast<size_t>(buffer->kind)], buffer->name}};
  if (auto *map = std::get_if<TensorMapParam>(&param))
    return {{"tensor_map",
             {{"workspace", map->buffer},
              {"columns", map->columns},
              {"box_rows", map->boxRows},
              {"box_columns", map->boxColumns}}}};
  if (auto *integer = std::get_if<IntegerParam>(&param))
    return {{integer->bits == 32 ? "i32" : "i64", integer->value}};
  return "tokens";
}

static json toJson(const Launch &launch) {
  json params = json::array();
  for (const Param &param : launch.params)
    params.push_back(toJson(param));
  return {{"cubin", launch.cubin},
          {"kernel", launch.kernel},
          {"grid",
           {{"tokens", launch.grid.tokens},
            {"ctas", launch.grid.ctas},
            {"per_sm", launch.grid.perSm}}},
          {"block", launch.block},
          {"cluster", launch.cluster},
          {"shared", launch.shared},
          {"programmatic", launch.programmatic},
          {"params", std::move(params)}};
}

static json toJson(const Variant &variant) {
  json workspaces = json::array();
  for (const Workspace &workspace : variant.workspaces)
    workspaces.push_back({{"name", workspace.name},
                          {"bytes_per_token", workspace.bytesPerToken},
                          {"bytes", workspace.bytes}});
  json launches = json::array();
  for (const Launch &launch : variant.launches)
    launches.push_back(toJson(launch));
  return {{"first", variant.first},
          {"last", variant.last},
          {"schedule", variant.schedule},
          {"workspaces", std::move(workspaces)},
          {"launches", std::move(launches)}};
}

static json toJson(const BlobRef &ref) {
  return {{"blob", ref.blob},
          {"type", std::string(getElementTypeName(ref.type))}};
}

static json toJson(const Linear &linear) {
  json variants = json::array();
  for (const Variant &variant : linear.variants)
    variants.push_back(toJson(variant));
  json value = {
      {"name", linear.name},
      {"n", linear.n},
      {"k", linear.k},
      {"group", linear.group},
      {"weight_format", std::string(getFormatName(linear.weightFormat))},
      {"max_shift", linear.maxShift},
      {"multipliers", linear.multipliers},
      {"activation_format",
       std::string(getFormatName(linear.activationFormat))},
      {"input_type", std::string(getElementTypeName(linear.inputType))},
      {"output_type", std::string(getElementTypeName(linear.outputType))},
      {"weights", linear.weights},
      {"row_scale", linear.rowScale},
      {"rank", linear.rank},
      {"residual", linear.residual},
      {"variants", std::move(variants)}};
  if (linear.down)
    value["down"] = toJson(*linear.down);
  if (linear.up)
    value["up"] = toJson(*linear.up);
  if (linear.bias)
    value["bias"] = toJson(*linear.bias);
  return value;
}

json runtime::toJson(const ModuleDescription &module) {
  json linears = json::array(), cubins = json::array(), blobs = json::array();
  for (const Linear &linear : module.linears)
    linears.push_back(::toJson(linear));
  for (const Cubin &cubin : module.cubins)
    cubins.push_back(
        {{"name", cubin.name}, {"target", cubin.target}, {"blob", cubin.blob}});
  for (const BlobRange &blob : module.blobs)
    blobs.push_back({{"offset", blob.offset}, {"size", blob.size}});
  return {{"producer", module.producer},
          {"linears", std::move(linears)},
          {"cubins", std::move(cubins)},
          {"blobs", std::move(blobs)}};
}

//===----------------------------------------------------------------------===//
// From JSON
//===----------------------------------------------------------------------===//

namespace {
/// Reads the fields of one JSON object; keeps the first error, with the place
/// in the manifest, such as "linears[3].variants[0].first".
class Fields {
public:
  Fields(const json &object, std::string place, std::string &problem)
      : object(object), place(std::move(place)), problem(problem) {
    if (!object.is_object())
      fail("", "an object", object);
  }

  bool has(const char *key) const {
    return object.is_object() && object.contains(key);
  }

  void get(const char *key, std::string &value) {
    if (const json *field = find(key, "a string", &json::is_string))
      value = field->get<std::string>();
  }
  void get(const char *key, bool &value) {
    if (const json *field = find(key, "true or false", &json::is_boolean))
      value = field->get<bool>();
  }
  /// A field of `since` and later, whose absence is false. Older runtimes
  /// would not see that it is true.
  void getSince(uint32_t since, uint32_t version, const char *key,
                bool &value) {
    if (!has(key))
      return;
    get(key, value);
    if (value && version < since && problem.empty())
      problem = getPlace(key) + ": found true in format version " +
                std::to_string(version) + ", wanted version " +
                std::to_string(since) + " or later";
  }
  void get(const char *key, int64_t &value) {
    if (const json *field = find(key, "an integer", &json::is_number_integer)) {
      if (field->is_number_unsigned() &&
          field->get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
        return fail(key, "an integer below 2^63", *field);
      value = field->get<int64_t>();
    }
  }
  void get(const char *key, uint64_t &value) {
    if (const json *field =
            find(key, "an integer from 0", &json::is_number_unsigned))
      value = field->get<uint64_t>();
  }
  void get(const char *key, Format &value) {
    getNamed(key, value, parseFormat, "a number format");
  }
  void get(const char *key, ElementType &value) {
    getNamed(key, value, parseElementType, "bf16, f16 or f32");
  }
  void get(const char *key, std::optional<BlobRef> &value) {
    if (!has(key))
      return;
    value = BlobRef{};
    Fields fields = getObject(key);
    uint64_t blob = 0;
    fields.get("blob", blob);
    fields.get("type", value->type);
    value->blob = blob;
  }

  Fields getObject(const char *key) {
    static const json none = json::object();
    const json *field = find(key, "an object", &json::is_object);
    return {field ? *field : none, getPlace(key), problem};
  }
  /// Calls `read` with the fields of each object in a list.
  template <typename T, typename Read>
  void getList(const char *key, std::vector<T> &values, Read read) {
    const json *list = find(key, "a list", &json::is_array);
    for (size_t i = 0; list && problem.empty() && i != list->size(); ++i) {
      std::string element = getPlace(key) + '[' + std::to_string(i) + ']';
      values.push_back(read((*list)[i], std::move(element)));
    }
  }

  void fail(const char *key, const char *wanted, const json &found) {
    if (problem.empty())
      problem = getPlace(key) + ": found " +
                found.dump(-1, ' ', true, json::error_handler_t::replace)
                    .substr(0, 64) +
                ", wanted " + wanted;
  }

private:
  std::string getPlace(const char *key) const {
    return place.empty() || !*key ? place + key : place + '.' + key;
  }
  const json *find(const char *key, const char *wanted,
                   bool (json::*isType)() const noexcept) {
    if (!problem.empty())
      return nullptr;
    auto it = object.find(key);
    if (it == object.end()) {
      problem = getPlace(key) + ": missing";
      return nullptr;
    }
    if (!((*it).*isType)()) {
      fail(key, wanted, *it);
      return nullptr;
    }
    return &*it;
  }
  template <typename T, typename Parse>
  void getNamed(const char *key, T &value, Parse parse, const char *wanted) {
    if (const json *field = find(key, wanted, &json::is_string)) {
      if (auto parsed = parse(field->get_ref<const std::string &>()))
        value = *parsed;
      else
        fail(key, wanted, *field);
    }
  }

  const json &object;
  std::string place;
  std::string &problem;
};
} // namespace

static Param readParam(const json &value, std::string place,
                       std::string &problem) {
  if (value == "tokens")
    return TokensParam{};
  Fields fields(value, std::move(place), problem);
  for (size_t kind = 0; kind != std::size(kBufferKinds); ++kind)
    if (fields.has(kBufferKinds[kind])) {
      BufferParam buffer{static_cast<BufferKind>(kind), {}};
      fields.get(kBufferKinds[kind], buffer.name);
      return buffer;
    }
  if (fields.has("tensor_map")) {
    TensorMapParam map{};
    Fields inner = fields.getObject("tensor_map");
    inner.get("workspace", map.buffer);
    inner.get("columns", map.columns);
    inner.get("box_rows", map.boxRows);
    inner.get("box_columns", map.boxColumns);
    return map;
  }
  IntegerParam integer{0, fields.has("i64") ? 64u : 32u};
  fields.get(integer.bits == 64 ? "i64" : "i32", integer.value);
  return integer;
}

static Launch readLaunch(const json &value, std::string place,
                         std::string &problem) {
  Launch launch{};
  Fields fields(value, std::move(place), problem);
  fields.get("cubin", launch.cubin);
  fields.get("kernel", launch.kernel);
  Fields grid = fields.getObject("grid");
  grid.get("tokens", launch.grid.tokens);
  grid.get("ctas", launch.grid.ctas);
  grid.get("per_sm", launch.grid.perSm);
  fields.get("block", launch.block);
  fields.get("cluster", launch.cluster);
  fields.get("shared", launch.shared);
  fields.get("programmatic", launch.programmatic);
  fields.getList("params", launch.params, [&](const json &v, std::string p) {
    return readParam(v, std::move(p), problem);
  });
  return launch;
}

static Variant readVariant(const json &value, std::string place,
                           std::string &problem) {
  Variant variant{};
  Fields fields(value, std::move(place), problem);
  fields.get("first", variant.first);
  fields.get("last", variant.last);
  fields.get("schedule", variant.schedule);
  fields.getList("workspaces", variant.workspaces,
                 [&](const json &v, std::string p) {
                   Workspace workspace{};
                   Fields inner(v, std::move(p), problem);
                   inner.get("name", workspace.name);
                   inner.get("bytes_per_token", workspace.bytesPerToken);
                   inner.get("bytes", workspace.bytes);
                   return workspace;
                 });
  fields.getList("launches", variant.launches,
                 [&](const json &v, std::string p) {
                   return readLaunch(v, std::move(p), problem);
                 });
  return variant;
}

static Linear readLinear(const json &value, uint32_t version, std::string place,
                         std::string &problem) {
  Linear linear{};
  Fields fields(value, std::move(place), problem);
  fields.get("name", linear.name);
  fields.get("n", linear.n);
  fields.get("k", linear.k);
  fields.get("group", linear.group);
  fields.get("weight_format", linear.weightFormat);
  fields.get("max_shift", linear.maxShift);
  fields.getSince(2, version, "multipliers", linear.multipliers);
  fields.get("activation_format", linear.activationFormat);
  fields.get("input_type", linear.inputType);
  fields.get("output_type", linear.outputType);
  uint64_t weights = 0, rowScale = 0;
  fields.get("weights", weights);
  fields.get("row_scale", rowScale);
  linear.weights = weights;
  linear.rowScale = rowScale;
  fields.get("rank", linear.rank);
  fields.get("down", linear.down);
  fields.get("up", linear.up);
  fields.get("bias", linear.bias);
  fields.getSince(3, version, "residual", linear.residual);
  fields.getList("variants", linear.variants,
                 [&](const json &v, std::string p) {
                   return readVariant(v, std::move(p), problem);
                 });
  return linear;
}

Result<ModuleDescription> runtime::fromJson(const json &manifest,
                                            uint32_t version) {
  ModuleDescription module;
  std::string problem;
  Fields fields(manifest, "", problem);
  fields.get("producer", module.producer);
  fields.getList("linears", module.linears, [&](const json &v, std::string p) {
    return readLinear(v, version, std::move(p), problem);
  });
  fields.getList("cubins", module.cubins, [&](const json &v, std::string p) {
    Cubin cubin{};
    Fields inner(v, std::move(p), problem);
    inner.get("name", cubin.name);
    inner.get("target", cubin.target);
    uint64_t blob = 0;
    inner.get("blob", blob);
    cubin.blob = blob;
    return cubin;
  });
  fields.getList("blobs", module.blobs, [&](const json &v, std::string p) {
    BlobRange range{};
    Fields inner(v, std::move(p), problem);
    inner.get("offset", range.offset);
    inner.get("size", range.size);
    return range;
  });
  if (!problem.empty())
    return Error{problem};
  return module;
}
