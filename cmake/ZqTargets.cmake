# The three kinds of library in this tree. All are static; libMLIR.so and
# libLLVM.so are the only upstream libraries that anything links, because the
# static MLIR targets beside them would register every dialect twice.

# zq_add_library(name sources... [LINK libs...])
# A library without MLIR: Numerics, Quantization, Weights, Runtime.
function(zq_add_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${ZQ_INSTALL_INCLUDEDIR}>)
  install(TARGETS ${name} EXPORT ZqTargets)
endfunction()

# zq_add_mlir_library(name sources... [LINK libs...])
# A library on MLIR: dialects, passes, conversions.
function(zq_add_mlir_library name)
  zq_add_library(${name} ${ARGN})
  target_link_libraries(${name} PUBLIC MLIR LLVM)
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>)
  llvm_update_compile_flags(${name}) # Debian's MLIR has no exceptions
  add_dependencies(${name} zq-headers)
endfunction()

# zq_add_tool(name sources... [LINK libs...])
function(zq_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  llvm_update_compile_flags(${name})
  add_dependencies(${name} zq-headers)
  install(TARGETS ${name} EXPORT ZqTargets
          RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# zq_tablegen(target td-file [gen-flag output]...)
# Writes each output from the file in the current folder, and makes
# zq-headers wait for it.
function(zq_tablegen target td)
  set(LLVM_TARGET_DEFINITIONS ${td})
  set(pairs ${ARGN})
  while(pairs)
    list(POP_FRONT pairs output flags)
    separate_arguments(flags)
    mlir_tablegen(${output} ${flags})
  endwhile()
  add_public_tablegen_target(${target})
  add_dependencies(zq-headers ${target})
endfunction()

# zq_add_unittest(name sources... [LINK libs...] [MLIR])
# A gtest executable in build/unittests, which lit finds by its name
# (test/Unit). With MLIR, it is compiled and linked as MLIR code is.
function(zq_add_unittest name)
  cmake_parse_arguments(ARG "MLIR" "" "LINK" ${ARGN})
  if(NOT name MATCHES "Tests$")
    message(FATAL_ERROR "unit test ${name}: want a name that ends in Tests")
  endif()
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest_main)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/unittests)
  # gtest's macros end in an if; g++ warns of every `if (...) EXPECT_EQ(...)`.
  target_compile_options(${name} PRIVATE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-dangling-else>)
  target_link_libraries(${name} PRIVATE LLVM) # APFloat is the judge of formats
  if(ARG_MLIR)
    target_link_libraries(${name} PRIVATE MLIR)
    llvm_update_compile_flags(${name})
    add_dependencies(${name} zq-headers)
  endif()
  add_dependencies(zq-unittests ${name})
endfunction()
