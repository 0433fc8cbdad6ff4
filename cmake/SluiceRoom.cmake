add_library(sluice_options INTERFACE)
target_include_directories(sluice_options INTERFACE "${PROJECT_SOURCE_DIR}/src")
target_compile_options(sluice_options INTERFACE
  -march=${SLUICE_MARCH} -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wnull-dereference -Werror)
target_link_libraries(sluice_options INTERFACE fmt::fmt Threads::Threads)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these from inlined library code that is correct.
  target_compile_options(sluice_options INTERFACE -Wno-null-dereference -Wno-maybe-uninitialized
    -Wno-stringop-overflow -Wno-array-bounds -Wno-restrict)
endif()

# sluice_room(NAME [DEPENDS target...] [PRIVATE target...] [TEST_DEPENDS target...])
#
# Builds the current folder as library sluice_NAME: every *.cc but *_test.cc and main.cc. The
# *_test.cc files become one GoogleTest program NAME_test, its cases named unit.NAME.Suite.case.
function(sluice_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;PRIVATE;TEST_DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "*.cc")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(sources)
    add_library(sluice_${name} STATIC ${sources})
    target_link_libraries(sluice_${name} PUBLIC sluice_options ${ROOM_DEPENDS} PRIVATE ${ROOM_PRIVATE})
  else()
    add_library(sluice_${name} INTERFACE)
    target_link_libraries(sluice_${name} INTERFACE sluice_options ${ROOM_DEPENDS})
  endif()
  if(tests AND NOT SLUICE_BUILD_FUZZ)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE sluice_${name} ${ROOM_PRIVATE} ${ROOM_TEST_DEPENDS}
      GTest::gmock GTest::gtest_main)
    sluice_discover(${name}_test unit.${name}.)
  endif()
endfunction()

# Registers the cases of a GoogleTest program with ctest under a prefix.
function(sluice_discover target prefix)
  gtest_discover_tests(${target} TEST_PREFIX ${prefix} DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 300 ${ARGN})
  set_property(GLOBAL APPEND PROPERTY SLUICE_TEST_PROGRAMS ${target})
endfunction()

# The target core_tests: test programs that need no gRPC, which takes longer to compile than all the
# rest. What tools/run-tests builds where it builds often. Live tests are left out too.
function(sluice_core_tests)
  add_custom_target(core_tests)
  get_property(programs GLOBAL PROPERTY SLUICE_TEST_PROGRAMS)
  foreach(program IN LISTS programs)
    get_target_property(folder ${program} SOURCE_DIR)
    file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}" "${folder}")
    if(NOT folder MATCHES "^(src/flowd(/service)?|src/mgd(/(link|commit|rpc))?|src/replay|test/live|test/mgmt|test/replay)$")
      add_dependencies(core_tests ${program})
    endif()
  endforeach()
endfunction()
