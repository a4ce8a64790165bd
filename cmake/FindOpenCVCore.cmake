# Finds the two OpenCV modules that are used, from libopencv-core-dev and libopencv-imgproc-dev.
# Debian ships OpenCVConfig.cmake only in libopencv-dev, which pulls in every module (VTK, GTK, …).
#
# Targets: opencv_core, opencv_imgproc.
find_path(OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
find_library(OPENCV_CORE_LIBRARY opencv_core)
find_library(OPENCV_IMGPROC_LIBRARY opencv_imgproc)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVCore
  REQUIRED_VARS OPENCV_CORE_LIBRARY OPENCV_IMGPROC_LIBRARY OPENCV_INCLUDE_DIR)

if(OpenCVCore_FOUND AND NOT TARGET opencv_core)
  add_library(opencv_core SHARED IMPORTED)
  set_target_properties(opencv_core PROPERTIES
    IMPORTED_LOCATION ${OPENCV_CORE_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${OPENCV_INCLUDE_DIR})
  add_library(opencv_imgproc SHARED IMPORTED)
  set_target_properties(opencv_imgproc PROPERTIES
    IMPORTED_LOCATION ${OPENCV_IMGPROC_LIBRARY}
    INTERFACE_LINK_LIBRARIES opencv_core)
endif()
mark_as_advanced(OPENCV_INCLUDE_DIR OPENCV_CORE_LIBRARY OPENCV_IMGPROC_LIBRARY)
