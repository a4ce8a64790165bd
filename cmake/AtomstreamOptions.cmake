# Compiler settings shared by every target, and the function that declares a library of a layer.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O3 -g1")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(atomstream_options INTERFACE)
target_include_directories(atomstream_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(atomstream_options INTERFACE -Wall -Wextra)
if(ATOMSTREAM_SANITIZER)
  add_compile_options(-fsanitize=${ATOMSTREAM_SANITIZER} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ATOMSTREAM_SANITIZER})
  if(ATOMSTREAM_SANITIZER MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

# atomstream_library(NAME SOURCES a.cc … DEPS x …): a static library `atomstream_NAME` with the
# alias `atomstream::NAME`. What may be in DEPS is the layering rule: core <- detectors <- server,
# proto <- client <- server. tests/layering checks the #includes.
function(atomstream_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(atomstream_${name} STATIC ${ARG_SOURCES})
  add_library(atomstream::${name} ALIAS atomstream_${name})
  target_link_libraries(atomstream_${name} PUBLIC atomstream_options ${ARG_DEPS})
endfunction()

# atomstream_program(NAME SOURCES a.cc … DEPS x …): an executable in ${CMAKE_BINARY_DIR}/bin.
function(atomstream_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE atomstream_options ${ARG_DEPS})
endfunction()

# atomstream_test(NAME SOURCES a.cc … DEPS x …): one gtest binary, one ctest entry.
function(atomstream_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE atomstream_options ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 900)  # most take seconds: only a test that hangs, on however slow a machine
  endif()
  if(ATOMSTREAM_SANITIZER)
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 4")  # ThreadSanitizer makes numerical code ten times slower
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()
