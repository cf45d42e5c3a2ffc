# cmake --install, and find_package(videogen) for the installed tree.
include(CMakePackageConfigHelpers)

set(rooms base database media net pool embed motion scenes coherence emulator generate serve)
add_library(videogen_all INTERFACE)
set_target_properties(videogen_all PROPERTIES EXPORT_NAME videogen)
foreach(room IN LISTS rooms)
  target_link_libraries(videogen_all INTERFACE videogen_${room})
  # Private headers are kept in the source tree: a header is public unless it says otherwise
  # by its name, *_internal.h.
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/${room}
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/videogen
          FILES_MATCHING PATTERN "*.h" PATTERN "*_internal.h" EXCLUDE)
  install(TARGETS videogen_${room} EXPORT videogenTargets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endforeach()
install(TARGETS videogen_all EXPORT videogenTargets)
install(TARGETS videogen RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/videogen)
install(EXPORT videogenTargets NAMESPACE videogen:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/videogenConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/videogenConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/videogenConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/videogenConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/videogenConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/VideogenDependencies.cmake
        DESTINATION ${package_dir})
