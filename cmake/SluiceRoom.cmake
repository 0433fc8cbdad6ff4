add_library(sluice_options INTERFACE)
target_include_directories(sluice_options INTERFACE "${PROJECT_SOURCE_DIR}/src")
target_compile_options(sluice_options INTERFACE
  -march=${SLUICE_MARCH} -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wnull-dereference -Werror)
target_link_libraries(sluice_options INTERFACE fmt::fmt Threads::Threads)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these from inlined library code that is correct. With link-time optimization it inlines
  # again when it links, and then goes by the options of the link.
  set(sluice_false_alarms -Wno-null-dereference -Wno-maybe-uninitialized -Wno-stringop-overflow
    -Wno-array-bounds -Wno-restrict)
  target_compile_options(sluice_options INTERFACE ${sluice_false_alarms})
  target_link_options(sluice_options INTERFACE ${sluice_false_alarms} -Wno-stringop-overread)
endif()

# Presets that are built once and not edited in compile several files as one (CMAKE_UNITY_BUILD), which saves
# time. There what is private to a file is so to several, for which g++ warns of members with such types.
# Rooms in which files cannot stand together say UNITY_BUILD OFF.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(sluice_options INTERFACE -Wno-subobject-linkage)
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

# Compiler options of test programs, on top of all others: optimizing a test costs as much as compiling all that
# it tests.
set(SLUICE_TEST_FLAGS "" CACHE STRING "Compiler options of test programs")
separate_arguments(SLUICE_TEST_OPTIONS UNIX_COMMAND "${SLUICE_TEST_FLAGS}")
option(SLUICE_TEST_BY_PROGRAM "ctest knows test programs only, not their cases" OFF)

# A program that only tests run: soon built, not fast.
function(sluice_test_program target)
  target_compile_options(${target} PRIVATE ${SLUICE_TEST_OPTIONS})
  set_target_properties(${target} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
  target_link_options(${target} PRIVATE -fno-lto)
endfunction()

# A test that is a whole program, PREFIXprogram; it leaves its cases' results in cases/PREFIXprogram.xml.
function(sluice_program_test target prefix label)
  set(test ${prefix}${target})
  add_test(NAME ${test} COMMAND ${target} --gtest_brief=1)
  set_tests_properties(${test} PROPERTIES TIMEOUT 600 LABELS ${label}
    ENVIRONMENT "GTEST_OUTPUT=xml:${PROJECT_BINARY_DIR}/cases/${test}.xml")
endfunction()

# Registers a GoogleTest program with ctest: its cases under a prefix, which can be run one by one, each in a
# process of its own. Programs that need no gRPC, which takes longer to compile than all the rest, nor
# privileges are labelled `core` and can be run whole, too (a thousand starts of DPDK take longer than the tests):
# their cases are labelled `core_case`.
function(sluice_discover target prefix)
  sluice_test_program(${target})
  file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  set(label other)
  if(folder STREQUAL "test/live")
    set(label live)
  elseif(NOT folder MATCHES
      "^(src/flowd(/service)?|src/mgd(/(link|commit|rpc))?|src/replay|test/mgmt|test/replay|test/stress)$")
    set(label core)
  endif()
  set_property(GLOBAL APPEND PROPERTY SLUICE_PROGRAMS_${label} ${target})
  set(cases ${label})
  if(SLUICE_TEST_BY_PROGRAM OR label STREQUAL "core")
    sluice_program_test(${target} ${prefix} ${label})
    set(cases core_case)
  endif()
  if(NOT SLUICE_TEST_BY_PROGRAM)
    gtest_discover_tests(${target} TEST_PREFIX ${prefix} DISCOVERY_MODE PRE_TEST
      DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 300 LABELS ${cases} ${ARGN})
  endif()
endfunction()

# The target core_tests: all programs of that label.
function(sluice_core_tests)
  get_property(core GLOBAL PROPERTY SLUICE_PROGRAMS_core)
  add_custom_target(core_tests)
  foreach(program IN LISTS core)
    add_dependencies(core_tests ${program})
  endforeach()
endfunction()
