# Every dependency, from Debian 12 packages; nothing is downloaded at build time.

find_package(Threads REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(OpenCVCore REQUIRED)
find_package(Eigen3 CONFIG REQUIRED)
find_package(pagmo CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libtiff REQUIRED IMPORTED_TARGET libtiff-4)

if(ATOMSTREAM_BUILD_GRPC)
  # Debian ships no protobuf-config.cmake: the module mode of FindProtobuf it is.
  find_package(Protobuf REQUIRED)
  find_package(gRPC CONFIG REQUIRED)
  find_package(prometheus-cpp CONFIG REQUIRED)
  pkg_check_modules(glog REQUIRED IMPORTED_TARGET libglog)
  pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo cairo-pdf cairo-svg)
  find_package(HDF5 REQUIRED COMPONENTS C HL)
endif()

if(ATOMSTREAM_BUILD_TESTS)
  find_package(GTest CONFIG REQUIRED)
endif()

# The U-Net. Debian's libtorch runs on the CPU; a CUDA libtorch is found through CMAKE_PREFIX_PATH.
find_package(nlohmann_json 3.11 REQUIRED)
find_package(OpenSSL REQUIRED)
if(ATOMSTREAM_BUILD_TORCH)
  find_package(Torch REQUIRED)
endif()
