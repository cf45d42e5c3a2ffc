# Flags that every target of this project gets, through videogen_flags.
add_library(videogen_flags INTERFACE)
target_compile_options(videogen_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  -Wnon-virtual-dtor -Wold-style-cast
  # Every machine and every SIMD clone gives the same bits.
  -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # At -O3 GCC 12 takes "text" + string for a copy onto itself (its bug 105651).
  target_compile_options(videogen_flags INTERFACE $<$<CONFIG:Release>:-Wno-restrict>)
endif()
if(VIDEOGEN_WERROR)
  target_compile_options(videogen_flags INTERFACE -Werror)
endif()
if(VIDEOGEN_SANITIZE)
  target_compile_options(videogen_flags INTERFACE
    -fsanitize=${VIDEOGEN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(videogen_flags INTERFACE -fsanitize=${VIDEOGEN_SANITIZE})
endif()
if(VIDEOGEN_COVERAGE)
  target_compile_options(videogen_flags INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(videogen_flags INTERFACE --coverage)
endif()
if(VIDEOGEN_FUZZ)
  target_compile_options(videogen_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
