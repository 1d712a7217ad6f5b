"""The gtest executables of build/unittests, each test a test of lit."""
import os

import lit.formats

config.name = "zq-unit"
config.test_exec_root = os.path.join(config.zq_obj_root, "unittests")
config.test_source_root = config.test_exec_root
config.test_format = lit.formats.GoogleTest(".", "Tests")
