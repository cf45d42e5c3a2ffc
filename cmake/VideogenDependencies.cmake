# Debian packages that the rooms link; also read by the installed package, so that a
# consumer of the static libraries finds the same ones.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)
pkg_check_modules(libav REQUIRED IMPORTED_TARGET GLOBAL
  libavformat libavcodec libavfilter libavutil libswscale)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET GLOBAL libcurl)
pkg_check_modules(isal REQUIRED IMPORTED_TARGET GLOBAL libisal)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET GLOBAL sqlite3)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET GLOBAL zlib)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET GLOBAL prometheus-cpp-core)
pkg_check_modules(fftw REQUIRED IMPORTED_TARGET GLOBAL fftw3f)
pkg_check_modules(icu REQUIRED IMPORTED_TARGET GLOBAL icu-uc)
pkg_check_modules(turbojpeg REQUIRED IMPORTED_TARGET GLOBAL libturbojpeg)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET GLOBAL libzip)
# oneDNN is linked by its plain name, dnnl: its CMake package asks for OpenCL's headers,
# which only its GPU engine needs.
# OpenCV by the names of its libraries, too: Debian keeps its CMake package in libopencv-dev,
# which depends on all of OpenCV and on GUI toolkits.
find_path(VIDEOGEN_OPENCV_INCLUDE opencv2/video/tracking.hpp PATH_SUFFIXES opencv4 REQUIRED)
if(NOT TARGET videogen_opencv)
  add_library(videogen_opencv INTERFACE IMPORTED GLOBAL)
  target_include_directories(videogen_opencv INTERFACE ${VIDEOGEN_OPENCV_INCLUDE})
  target_link_libraries(videogen_opencv INTERFACE opencv_video opencv_imgproc opencv_core)
endif()
