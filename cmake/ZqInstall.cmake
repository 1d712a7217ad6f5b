# The installed package: libraries and tools (each target installs itself),
# headers (what tablegen wrote among them), and find_package(Zq).
include(CMakePackageConfigHelpers)

set(ZQ_INSTALL_CMAKEDIR ${CMAKE_INSTALL_LIBDIR}/cmake/Zq)
string(REGEX MATCH "^[0-9]+\\.[0-9]+" MLIR_VERSION_SHORT ${LLVM_PACKAGE_VERSION})

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/zq ${PROJECT_BINARY_DIR}/include/zq
        DESTINATION ${ZQ_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "*.inc" PATTERN "*.td"
        PATTERN CMakeFiles EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/dialects ${PROJECT_BINARY_DIR}/dialects
        DESTINATION ${ZQ_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "*.inc" PATTERN "*.td"
        PATTERN CMakeFiles EXCLUDE)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(EXPORT ZqTargets NAMESPACE Zq:: DESTINATION ${ZQ_INSTALL_CMAKEDIR})
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/ZqConfig.cmake.in ${PROJECT_BINARY_DIR}/ZqConfig.cmake
  INSTALL_DESTINATION ${ZQ_INSTALL_CMAKEDIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ZqConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ZqConfig.cmake ${PROJECT_BINARY_DIR}/ZqConfigVersion.cmake
        DESTINATION ${ZQ_INSTALL_CMAKEDIR})
