# Debian packages that the rooms link; also read by the installed package, so that a
# consumer of the static libraries finds the same ones.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
pkg_check_modules(libav REQUIRED IMPORTED_TARGET GLOBAL
  libavformat libavcodec libavfilter libavutil libswscale)
pkg_check_modules(fftw REQUIRED IMPORTED_TARGET GLOBAL fftw3f)
pkg_check_modules(icu REQUIRED IMPORTED_TARGET GLOBAL icu-uc)
pkg_check_modules(turbojpeg REQUIRED IMPORTED_TARGET GLOBAL libturbojpeg)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET GLOBAL libzip)
# oneDNN is linked by its plain name, dnnl: its CMake package asks for OpenCL's headers,
# which only its GPU engine needs.
