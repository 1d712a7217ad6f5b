//===- ModuleFileTest.cpp - round trips and damage ------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../../lib/Runtime/ModuleFormat.h"
#include "../Support/TemporaryFolder.h"
#include "TestModule.h"

#include <functional>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace zq;
using namespace zq::runtime;
using nlohmann::json;

/// A module with one of everything.
static TestLinear makeFullLinear() {
  Linear linear = getShape("layer.0", 200, 300, 128, 4);
  Launch quantize{"kernels0", "quantize", {1, 1, 0}, 256, 1, 0, false, {}};
  quantize.params = {BufferParam{BufferKind::User, "x"},
                     BufferParam{BufferKind::Workspace, "xq"}, TokensParam{},
                     IntegerParam{-3, 32}, IntegerParam{int64_t(1) << 40, 64}};
  Launch gemm{"kernels0", "gemm", {16, 2, 1}, 384, 2, 67712, true, {}};
  gemm.params = {TensorMapParam{"xq", 384, 16, 128},
                 BufferParam{BufferKind::Blob, "weights"},
                 BufferParam{BufferKind::Blob, "bias"},
                 BufferParam{BufferKind::User, "y"}};
  linear.variants = {
      {1, 16, "small", {{"xq", 384, 0}}, {quantize, gemm}},
      {17, 4096, "large", {{"xq", 384, 128}, {"s", 4, 0}}, {quantize, gemm}}};
  return makeLinear(linear, true, 1);
}

namespace {
class ModuleFileTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_TRUE(writeModule(path, {makeFullLinear()}, {{1, 2, 3}}));
    bytes = readFile(path);
    std::memcpy(&header, bytes.data(), sizeof(header));
    manifest = json::parse(bytes.substr(sizeof(header), header.manifestSize));
    data = bytes.substr(alignBlob(sizeof(header) + header.manifestSize));
  }

  ModuleError expectRefused(const std::string &contents,
                            const std::string &part) {
    putFile(path, contents);
    ModuleError kind = ModuleError::Io;
    Result<ModuleFile> file = ModuleFile::open(path, &kind);
    EXPECT_FALSE(file) << "accepted, wanted: " << part;
    if (!file) {
      EXPECT_EQ(file.message().rfind(path + ": ", 0), 0u) << file.message();
      EXPECT_NE(file.message().find(part), std::string::npos)
          << file.message() << "\nwanted: " << part;
    }
    return kind;
  }

  /// A file whose header is right for a manifest that need not be.
  std::string rebuild(const std::string &text) {
    FileHeader changed = header;
    changed.manifestSize = text.size();
    uint64_t dataOffset = alignBlob(sizeof(header) + text.size());
    changed.fileSize = dataOffset + data.size();
    changed.checksum = changed.computeChecksum(text);
    std::string result(reinterpret_cast<const char *>(&changed),
                       sizeof(changed));
    result += text;
    result.resize(dataOffset);
    return result + data;
  }
  void expectManifestRefused(const std::function<void(json &)> &change,
                             const std::string &part) {
    json changed = manifest;
    change(changed);
    EXPECT_EQ(expectRefused(rebuild(changed.dump()), part),
              ModuleError::Corrupt);
  }

  TemporaryFolder folder;
  std::string path = folder / "m.zqm";
  std::string bytes, data;
  FileHeader header;
  json manifest;
};
} // namespace

TEST_F(ModuleFileTest, RoundTrip) {
  TestLinear test = makeFullLinear();
  Result<ModuleFile> file = ModuleFile::open(path);
  ASSERT_TRUE(file) << file.message();
  const ModuleDescription &module = file->getDescription();
  ASSERT_EQ(module.linears.size(), 1u);
  const Linear &linear = module.linears[0];
  EXPECT_EQ(linear.name, "layer.0");
  EXPECT_EQ(linear.n, 200);
  EXPECT_EQ(linear.k, 300);
  EXPECT_EQ(linear.group, 128);
  EXPECT_EQ(linear.weightFormat, Format::E2M1);
  EXPECT_EQ(linear.maxShift, 11);
  EXPECT_EQ(linear.rank, 4);
  EXPECT_EQ(linear.down->type, ElementType::BF16);
  EXPECT_EQ(linear.up->type, ElementType::F32);
  ASSERT_EQ(linear.variants.size(), 2u);
  EXPECT_EQ(linear.getVariant(0), nullptr);
  EXPECT_EQ(linear.getVariant(16), &linear.variants[0]);
  EXPECT_EQ(linear.getVariant(17), &linear.variants[1]);
  EXPECT_EQ(linear.getVariant(4097), nullptr);
  const Variant &large = linear.variants[1];
  EXPECT_EQ(large.schedule, "large");
  EXPECT_EQ(large.workspaces[0].bytes, 128);
  const Launch &quantize = large.launches[0], &gemm = large.launches[1];
  EXPECT_EQ(std::get<BufferParam>(quantize.params[1]).name, "xq");
  EXPECT_EQ(std::get<IntegerParam>(quantize.params[3]).value, -3);
  EXPECT_EQ(std::get<IntegerParam>(quantize.params[4]).bits, 64u);
  EXPECT_EQ(std::get<TensorMapParam>(gemm.params[0]).boxRows, 16);
  EXPECT_TRUE(gemm.programmatic);
  EXPECT_EQ(gemm.cluster, 2);
  EXPECT_EQ(gemm.grid.getSize(33, 132), 6);
  EXPECT_EQ(gemm.grid.getSize(33, 4), 4);
  EXPECT_EQ(gemm.getCtas(33, 4), 4);
  // Whole clusters, and of larger ones no more than find room.
  EXPECT_EQ(gemm.getCtas(33, 5), 4);
  Launch persistent = gemm;
  persistent.grid = {8, 7, 1};
  persistent.cluster = 7;
  EXPECT_EQ(persistent.getCtas(8, 132), 7);
  EXPECT_EQ(persistent.getCtas(4096, 132), 112);
  persistent.grid.perSm = 0;
  EXPECT_EQ(persistent.getCtas(4096, 132), 3584);
  for (size_t i = 0; i != test.blobs.size(); ++i) {
    ASSERT_EQ(file->getBlobSize(i), test.blobs[i].size());
    EXPECT_EQ(std::memcmp(file->getBlobData(i), test.blobs[i].data(),
                          test.blobs[i].size()),
              0);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(file->getBlobData(i)) % 128, 0u);
  }
  // What was read writes the same file again.
  EXPECT_EQ(toJson(module), manifest);
}

TEST_F(ModuleFileTest, RefusesForeignFiles) {
  EXPECT_EQ(expectRefused("", "not a compiled zq module"),
            ModuleError::Foreign);
  EXPECT_EQ(
      expectRefused("\x7f" + std::string(200, 'E'), "not a compiled zq module"),
      ModuleError::Foreign);
  // A transfer as text changes line ends.
  std::string text = bytes;
  text.erase(4, 1);
  EXPECT_EQ(expectRefused(text, "not a compiled zq module"),
            ModuleError::Foreign);
}

TEST_F(ModuleFileTest, RefusesTruncatedFiles) {
  for (size_t size : {size_t(8), size_t(63)})
    EXPECT_EQ(expectRefused(bytes.substr(0, size), "truncated"),
              ModuleError::Corrupt);
  for (size_t size = 64; size < bytes.size(); size += 997)
    EXPECT_EQ(expectRefused(bytes.substr(0, size),
                            "truncated: found " + std::to_string(size) +
                                " bytes, wanted " +
                                std::to_string(bytes.size())),
              ModuleError::Corrupt);
  expectRefused(bytes + "x", "bytes, wanted " + std::to_string(bytes.size()));
}

TEST_F(ModuleFileTest, RefusesNewerFiles) {
  bytes[8] = 4;
  EXPECT_EQ(expectRefused(bytes, "the module is of format version 4, this "
                                 "runtime reads up to 3"),
            ModuleError::Newer);
  bytes[8] = 0;
  EXPECT_EQ(expectRefused(bytes, "found format version 0"),
            ModuleError::Corrupt);
}

TEST_F(ModuleFileTest, RefusesEveryFlippedBitOfTheManifest) {
  for (size_t i = sizeof(header); i < sizeof(header) + header.manifestSize;
       i += 37) {
    std::string changed = bytes;
    changed[i] ^= 1 << (i % 8);
    expectRefused(changed, "damaged: the checksum");
  }
}

TEST_F(ModuleFileTest, RefusesALyingManifestSize) {
  FileHeader changed = header;
  changed.manifestSize = bytes.size();
  std::memcpy(bytes.data(), &changed, sizeof(changed));
  expectRefused(bytes, "more than the file has");
}

TEST_F(ModuleFileTest, RefusesBadManifests) {
  expectRefused(rebuild("{"), "bad manifest: [json.exception");
  expectRefused(rebuild("{\"producer\": \"a\", \"producer\": \"b\"}"),
                "bad manifest: the key 'producer' occurs twice");
  expectRefused(rebuild("[]"), "bad manifest: : found [], wanted an object");
  expectManifestRefused([](json &m) { m["linears"][0].erase("k"); },
                        "bad manifest: linears[0].k: missing");
  expectManifestRefused([](json &m) { m["linears"][0]["k"] = "300"; },
                        "linears[0].k: found \"300\", wanted an integer");
  expectManifestRefused(
      [](json &m) { m["linears"][0]["weight_format"] = "e9m9"; },
      "linears[0].weight_format: found \"e9m9\", wanted a number format");
  expectManifestRefused(
      [](json &m) {
        m["linears"][0]["variants"][1]["launches"][0]["params"][2] = "sms";
      },
      "linears[0].variants[1].launches[0].params[2]: found \"sms\"");
}

/// Version 1 knew of no multipliers, nor version 2 of residuals: there they may
/// be left out or false, and a true that such a runtime would not see is
/// refused.
TEST_F(ModuleFileTest, FieldsOfLaterVersions) {
  for (auto [key, since] :
       {std::pair("multipliers", 2u), std::pair("residual", 3u)}) {
    json changed = manifest;
    json &field = changed["linears"][0][key];
    EXPECT_EQ(field, false) << key;
    EXPECT_TRUE(fromJson(changed, 1)) << key;
    field = true;
    for (uint32_t version = 1; version <= ModuleFile::kVersion; ++version) {
      Result<ModuleDescription> read = fromJson(changed, version);
      ASSERT_EQ(bool(read), version >= since) << key << ' ' << version;
      if (!read) {
        EXPECT_EQ(read.message(), std::string("linears[0].") + key +
                                      ": found true in format version " +
                                      std::to_string(version) +
                                      ", wanted version " +
                                      std::to_string(since) + " or later");
        continue;
      }
      EXPECT_EQ(read->linears[0].multipliers, since == 2) << version;
      EXPECT_EQ(read->linears[0].residual, since == 3) << version;
    }
    changed["linears"][0].erase(key);
    Result<ModuleDescription> read = fromJson(changed, ModuleFile::kVersion);
    ASSERT_TRUE(read) << read.message();
    EXPECT_FALSE(read->linears[0].multipliers);
    EXPECT_FALSE(read->linears[0].residual);
  }
}

/// In the file as well, where the header says the version.
TEST_F(ModuleFileTest, RefusesAResidualInVersion2) {
  header.version = 2;
  expectManifestRefused(
      [](json &m) { m["linears"][0]["residual"] = true; },
      "bad manifest: linears[0].residual: found true in format version 2");
}

/// Older runtimes run what they can.
TEST_F(ModuleFileTest, WritesTheLowestVersion) {
  EXPECT_EQ(header.version, 1u);
  auto getVersion = [&](bool multipliers, bool residual) {
    Linear linear = getShape("a", 64, 64, 32);
    linear.multipliers = multipliers;
    linear.maxShift = 7;
    linear.residual = residual;
    // The last of two: one linear is enough.
    std::vector<TestLinear> linears{
        makeLinear(getShape("b", 64, 64, 32), false, 1)};
    linears.push_back(makeLinear(linear, false, 2, linears[0].blobs.size()));
    Result<void> written = writeModule(path, linears);
    EXPECT_TRUE(written) << written.message();
    EXPECT_TRUE(ModuleFile::open(path));
    uint32_t version = 0;
    std::memcpy(&version, readFile(path).data() + 8, sizeof(version));
    return version;
  };
  EXPECT_EQ(getVersion(false, false), 1u);
  EXPECT_EQ(getVersion(true, false), 2u);
  EXPECT_EQ(getVersion(false, true), 3u);
  EXPECT_EQ(getVersion(true, true), 3u);
}

/// Kernels that take no residual would leave it out without a word.
TEST_F(ModuleFileTest, EachVariantTakesTheResidual) {
  header.version = 3;
  auto add = [](json &m, int variant) {
    m["linears"][0]["residual"] = true;
    m["linears"][0]["variants"][variant]["launches"][1]["params"].push_back(
        {{"user", "residual"}});
  };
  for (int variant : {0, 1})
    expectManifestRefused([&](json &m) { add(m, variant); },
                          std::string("variant for M from ") +
                              (variant == 0 ? "17" : "1") +
                              ": residual: found true, and no launch that "
                              "takes it");
  json both = manifest;
  add(both, 0);
  add(both, 1);
  putFile(path, rebuild(both.dump()));
  Result<ModuleFile> file = ModuleFile::open(path);
  EXPECT_TRUE(file) << file.message();
}

TEST_F(ModuleFileTest, RefusesPartsThatDoNotFit) {
  header.version = ModuleFile::kVersion;
  auto inLinear = [&](const char *key, json value, const char *part) {
    expectManifestRefused([&](json &m) { m["linears"][0][key] = value; },
                          std::string("linear 'layer.0': ") + part);
  };
  for (std::string name : {std::string(), std::string("a\0b", 3)})
    expectManifestRefused([&](json &m) { m["linears"][0]["name"] = name; },
                          "the name of linear 0 is empty or holds a zero");
  inLinear("n", 0, "n: found 0, wanted 1 to");
  inLinear("n", 300, "weights: found 49920 bytes, wanted 74880");
  inLinear("group", 48, "group: found 48, wanted a multiple of 32");
  inLinear("weight_format", "e4m3",
           "weight_format: found e4m3, wanted a 4-bit format");
  inLinear("activation_format", "int8",
           "activation_format: found int8, wanted e4m3 or e5m2");
  inLinear("max_shift", 15, "max_shift: found 15, wanted 0 to 14");
  expectManifestRefused(
      [](json &m) {
        m["linears"][0]["weight_format"] = "int4";
        m["linears"][0]["multipliers"] = true;
      },
      "linear 'layer.0': multipliers: found true, wanted false for "
      "weight_format int4");
  inLinear("weights", 99, "weights: there is no blob 99");
  inLinear("rank", 0, "rank 0 wants neither down nor up");
  inLinear("rank", 5, "down: found 2400 bytes, wanted 3000");
  expectManifestRefused([](json &m) { m["linears"][0].erase("up"); },
                        "rank 4 wants both down and up");
  expectManifestRefused([](json &m) { m["linears"][0].erase("bias"); },
                        "launch of 'gemm': there is no buffer 'bias'");
  expectManifestRefused(
      [](json &m) { m["linears"].push_back(m["linears"][0]); },
      "linear 'layer.0' occurs twice");
  expectManifestRefused([](json &m) { m["cubins"] = json::array(); },
                        "there is no cubin 'kernels0'");
  expectManifestRefused([](json &m) { m["blobs"][1]["offset"] = 64; },
                        "blob 1 begins at 64, wanted");
  expectManifestRefused([](json &m) { m["blobs"][5]["size"] = 1 << 20; },
                        "blob 5 has 1048576 bytes at");
  expectManifestRefused([](json &m) { m["blobs"].erase(5); },
                        "bytes, but the blobs end at");
}

TEST_F(ModuleFileTest, RefusesLaunchesThatCannotBe) {
  auto inLaunch = [&](const char *key, json value, const char *part) {
    expectManifestRefused(
        [&](json &m) {
          m["linears"][0]["variants"][0]["launches"][1][key] = value;
        },
        std::string("variant for M from 1: launch of 'gemm': ") + part);
  };
  inLaunch("block", 1025, "block: found 1025, wanted 1 to 1024");
  inLaunch("cluster", 0, "cluster: found 0");
  inLaunch("shared", 232449, "shared: found 232449, wanted 0 to 232448");
  inLaunch("params", {{{"workspace", "none"}}}, "there is no buffer 'none'");
  inLaunch("params", {{{"user", "z"}}}, "there is no buffer 'z'");
  inLaunch("params", json(std::vector<std::string>(33, "tokens")),
           "params: found 33");
  auto inVariant = [&](const char *key, json value, const char *part) {
    expectManifestRefused(
        [&](json &m) { m["linears"][0]["variants"][1][key] = value; }, part);
  };
  inVariant("first", 18, "found M from 18 to 4096, wanted from 17");
  inVariant("last", 16, "found M from 17 to 16");
  inVariant("last", int64_t(1) << 31, "last: found 2147483648");
  inVariant("launches", json::array(), "it has no launches");
}

TEST_F(ModuleFileTest, WriterRefusesWhatTheReaderWould) {
  TestLinear test = makeFullLinear();
  std::string other = folder / "other.zqm";
  Result<void> written = writeModule(other, {test}); // no cubin
  ASSERT_FALSE(written);
  EXPECT_NE(written.message().find("there is no cubin"), std::string::npos);

  ModuleDescription module;
  module.blobs = {{0, 4}};
  {
    Result<ModuleWriter> writer = ModuleWriter::create(other, module);
    ASSERT_TRUE(writer) << writer.message();
    EXPECT_EQ(writer->writeBlob(0, "abc", 3).message(),
              other + ": blob 0: got 3 bytes, wanted 4");
    EXPECT_EQ(writer->writeBlob(1, "abc", 3).message(),
              other + ": blob 1: there is none");
    EXPECT_EQ(writer->finish().message(),
              other + ": blob 0: its bytes were never written");
  }
  EXPECT_EQ(folder.countFiles(), 1u);
}
