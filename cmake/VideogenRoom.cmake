# A room is a folder of src/ with one static library (videogen_ROOM, exported as
# videogen::ROOM) and one test program (ROOM_test) from its *_test.cc.
#
# Which rooms it links is written in layers.txt and nowhere else.

file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/layers.txt VIDEOGEN_LAYERS REGEX "^[a-z]+:")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${CMAKE_CURRENT_SOURCE_DIR}/layers.txt)

function(videogen_rooms_below room out)
  set(${out} "" PARENT_SCOPE)
  foreach(line IN LISTS VIDEOGEN_LAYERS)
    if(line MATCHES "^${room}: *(.*)$")
      string(REGEX MATCHALL "[a-z]+" below "${CMAKE_MATCH_1}")
      set(${out} ${below} PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# videogen_room(NAME [PUBLIC targets…] [PRIVATE targets…] [TEST targets…])
function(videogen_room room)
  cmake_parse_arguments(ROOM "" "" "PUBLIC;PRIVATE;TEST" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS
    ${CMAKE_CURRENT_SOURCE_DIR}/*.cc ${CMAKE_CURRENT_SOURCE_DIR}/*/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$|/main\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  add_library(videogen_${room} STATIC ${sources})
  add_library(videogen::${room} ALIAS videogen_${room})
  set_target_properties(videogen_${room} PROPERTIES EXPORT_NAME ${room})
  target_compile_features(videogen_${room} PUBLIC cxx_std_20)
  target_include_directories(videogen_${room} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR};${CMAKE_INSTALL_INCLUDEDIR}/videogen>")
  videogen_rooms_below(${room} below)
  list(TRANSFORM below PREPEND videogen_)
  target_link_libraries(videogen_${room}
    PUBLIC ${below} ${ROOM_PUBLIC}
    PRIVATE $<BUILD_INTERFACE:videogen_flags> fmt::fmt Threads::Threads ${ROOM_PRIVATE})

  if(VIDEOGEN_TESTS AND tests)
    add_executable(${room}_test ${tests})
    target_compile_definitions(${room}_test PRIVATE
      VIDEOGEN_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    target_link_libraries(${room}_test PRIVATE
      videogen_${room} videogen_flags fmt::fmt GTest::gmock GTest::gtest GTest::gtest_main
      ${ROOM_PRIVATE} ${ROOM_TEST})
    gtest_discover_tests(${room}_test
      DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${room} TIMEOUT 300)
  endif()
endfunction()
