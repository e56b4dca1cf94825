# Helpers with which every folder declares its targets: actors_add_library, actors_add_service, actors_add_tests,
# actors_add_program, actors_add_benchmark, actors_add_example.
include_guard(GLOBAL)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
include(precompile)

# Imported targets found by one folder are linked, through static libraries, by others.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)

set(ACTORS_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/actors")
set(ACTORS_SOURCE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")

set(ACTORS_COMPILE_OPTIONS -fPIC -pthread -Wall -Wextra -Wpedantic)
if(ACTORS_WERROR)
  list(APPEND ACTORS_COMPILE_OPTIONS -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # Says of "text" + std::to_string(n) that it copies onto itself: GCC PR 105651.
  list(APPEND ACTORS_COMPILE_OPTIONS -Wno-restrict)
endif()

# Components that a user may do without. AUTO leaves one out when its library is missing, ON makes that an error.
set(ACTORS_OPTIONAL_COMPONENTS sql redis amqp mongo http cluster web)
foreach(component IN LISTS ACTORS_OPTIONAL_COMPONENTS)
  string(TOUPPER ${component} upper)
  set(ACTORS_WITH_${upper} AUTO CACHE STRING "build the component ${component}: AUTO, ON or OFF")
  set_property(CACHE ACTORS_WITH_${upper} PROPERTY STRINGS AUTO ON OFF)
endforeach()

# ---- folders ---------------------------------------------------------------------------------------------------------

# Adds those of the given folders that have a CMakeLists.txt.
function(actors_add_folders)
  foreach(folder IN LISTS ARGN)
    if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt")
      add_subdirectory(${folder})
    endif()
  endforeach()
endfunction()

# The same for the components under `base`, without those that are switched off.
function(actors_add_components base)
  foreach(component IN LISTS ARGN)
    string(TOUPPER ${component} upper)
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${base}/${component}/CMakeLists.txt")
      continue()
    elseif(DEFINED ACTORS_WITH_${upper} AND NOT ACTORS_WITH_${upper})
      set_property(GLOBAL APPEND PROPERTY actors_left_out "${component} (switched off)")
    else()
      add_subdirectory(${base}/${component})
    endif()
  endforeach()
endfunction()

# ---- what a target needs ---------------------------------------------------------------------------------------------

# Finds the targets in ARGN; sets `missing` to those that there are none of.
function(actors_find_targets missing)
  set(result "")
  foreach(library IN LISTS ARGN)
    if(library MATCHES "::")
      actors_find_dependency(${library})
      if(NOT TARGET ${library})
        list(APPEND result ${library})
      endif()
    endif()
  endforeach()
  set(${missing} "${result}" PARENT_SCOPE)
endfunction()

# Notes that `name` is left out because targets are missing, or fails when it must not be. What stands on a component that
# was left out is left out too.
function(actors_leave_out name mode)
  list(JOIN ARGN ", " list)
  set(third_party ${ARGN})
  list(FILTER third_party EXCLUDE REGEX "^actors::")
  if(ACTORS_STRICT OR mode STREQUAL ON OR (mode STREQUAL REQUIRED AND third_party))
    message(FATAL_ERROR "${name} cannot be built without ${list}; scripts/setup installs what libactors needs")
  endif()
  set_property(GLOBAL APPEND PROPERTY actors_left_out "${name} (without ${list})")
endfunction()

# What all code of this project is compiled with. One set of flags for libraries and programs, so that they share
# precompiled headers.
function(actors_compile target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE ${ACTORS_COMPILE_OPTIONS} "-ffile-prefix-map=${ACTORS_SOURCE_DIR}/=")
endfunction()

# ---- libraries -------------------------------------------------------------------------------------------------------

# actors_add_library(http SOURCES a.cpp b.cpp PUBLIC actors::net PRIVATE llhttp::llhttp ZLIB::ZLIB)
#
# Makes the component actors::http of the headers and sources in this folder; without SOURCES it has headers only.
function(actors_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC;PRIVATE")
  string(TOUPPER ${name} upper)
  set(mode REQUIRED)
  if(DEFINED ACTORS_WITH_${upper})
    set(mode ${ACTORS_WITH_${upper}})
  endif()
  actors_find_targets(missing ${arg_PUBLIC} ${arg_PRIVATE})
  if(missing)
    actors_leave_out(${name} ${mode} ${missing})
    return()
  endif()

  set(target actors_${name})
  if(arg_SOURCES)
    # Always static: CAF's table of message types must exist once in a process.
    add_library(${target} STATIC ${arg_SOURCES})
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
    set(scope PUBLIC)
    actors_compile(${target})
    actors_precompile(${target} library)
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_PUBLIC})
    target_compile_features(${target} INTERFACE cxx_std_20)
    set(scope INTERFACE)
  endif()
  add_library(actors::${name} ALIAS ${target})
  target_include_directories(${target} ${scope}
    "$<BUILD_INTERFACE:${ACTORS_SOURCE_DIR}/libactors>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})

  set_property(GLOBAL APPEND PROPERTY actors_components ${name})
  set_property(GLOBAL PROPERTY actors_needs_${name} ${arg_PUBLIC} ${arg_PRIVATE})
  if(ACTORS_INSTALL)
    install(TARGETS ${target} EXPORT actors-${name} ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    install(EXPORT actors-${name} FILE actors-${name}-targets.cmake NAMESPACE actors::
      DESTINATION "${ACTORS_PACKAGE_DIR}")
    install(DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/actors/${name}"
      FILES_MATCHING PATTERN "*.hpp" PATTERN "internal" EXCLUDE)
  endif()
endfunction()

# actors_add_service(scraper SOURCES ... PUBLIC ... PRIVATE ...)
#
# Makes the library actors::scraper of services/scraper, whose headers are included as <services/scraper/...>.
function(actors_add_service name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC;PRIVATE")
  actors_find_targets(missing ${arg_PUBLIC} ${arg_PRIVATE})
  if(missing)
    actors_leave_out("service ${name}" AUTO ${missing})
    return()
  endif()
  set(target actors_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(actors::${name} ALIAS ${target})
  target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  target_include_directories(${target} PUBLIC "${ACTORS_SOURCE_DIR}")
  actors_compile(${target})
  actors_precompile(${target} library)
endfunction()

# ---- programs --------------------------------------------------------------------------------------------------------

# actors_add_program(actors SOURCES main.cpp LINK actors::app CLI11::CLI11): a program, which lands in bin/.
function(actors_add_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "INSTALL" "PRECOMPILE" "SOURCES;LINK")
  actors_find_targets(missing ${arg_LINK})
  if(missing)
    actors_leave_out("program ${name}" AUTO ${missing})
    return()
  endif()
  if(NOT arg_PRECOMPILE)
    set(arg_PRECOMPILE library)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK})
  if(ACTORS_SANITIZE MATCHES thread)
    target_sources(${name} PRIVATE "${ACTORS_SOURCE_DIR}/cmake/sanitizers/exception_ptr.cpp")
    set_source_files_properties("${ACTORS_SOURCE_DIR}/cmake/sanitizers/exception_ptr.cpp" PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  endif()
  actors_compile(${name})
  actors_precompile(${name} ${arg_PRECOMPILE})
  if(arg_INSTALL AND ACTORS_INSTALL)
    install(TARGETS ${name} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  endif()
endfunction()

# actors_add_tests(http SOURCES a_test.cpp ... LINK actors::http [TIMEOUT seconds] [DEPENDS program...])
#
# Makes one program, http_tests, and a ctest test of every TEST in it, named http.suite.test and labelled http. A test
# finds in the environment: ACTORS_TEST_BIN, the folder of built programs, and ACTORS_TEST_DATA, the `data` folder beside
# the tests. DEPENDS names programs that the tests start.
function(actors_add_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LINK;DEPENDS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  set(program ${name}_tests)
  # Tests of all folders use the deterministic runs, those of the folders below `testing` too.
  set(testing "")
  if(TARGET actors::testing)
    set(testing actors::testing)
  endif()
  actors_add_program(${program} PRECOMPILE tests SOURCES ${arg_SOURCES}
    LINK ${arg_LINK} ${testing} GTest::gtest GTest::gmock GTest::gtest_main)
  if(NOT TARGET ${program})
    return()
  endif()
  target_include_directories(${program} PRIVATE "${ACTORS_SOURCE_DIR}")
  foreach(depend IN LISTS arg_DEPENDS)
    if(TARGET ${depend})
      add_dependencies(${program} ${depend})
    endif()
  endforeach()
  include(GoogleTest)
  gtest_discover_tests(${program} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS ${name}
    ENVIRONMENT "ACTORS_TEST_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
    ENVIRONMENT_MODIFICATION "ACTORS_TEST_DATA=set:${CMAKE_CURRENT_SOURCE_DIR}/data")
endfunction()

# actors_add_benchmark(core SOURCES ... LINK ...): the Google Benchmark program bin/core_bench.
function(actors_add_benchmark name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  actors_add_program(${name}_bench SOURCES ${arg_SOURCES} LINK ${arg_LINK} benchmark::benchmark benchmark::benchmark_main)
  if(TARGET ${name}_bench)
    target_include_directories(${name}_bench PRIVATE "${ACTORS_SOURCE_DIR}")
  endif()
endfunction()

# actors_add_example(gather EXPECT gather.expected LINK actors::core)
#
# Builds gather.cpp and tests that it exits with 0 and prints what the file says. In that file {{...}} stands for a
# regular expression, for what differs from run to run.
function(actors_add_example name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "EXPECT" "LINK;SOURCES")
  set(program example_${name})
  if(NOT arg_SOURCES)
    set(arg_SOURCES ${name}.cpp)
  endif()
  actors_add_program(${program} SOURCES ${arg_SOURCES} LINK ${arg_LINK})
  if(TARGET ${program} AND ACTORS_BUILD_TESTS AND arg_EXPECT)
    find_package(Python3 COMPONENTS Interpreter REQUIRED)
    add_test(NAME example.${name} COMMAND Python3::Interpreter "${ACTORS_SOURCE_DIR}/scripts/lib/expect-output"
      "${CMAKE_CURRENT_SOURCE_DIR}/${arg_EXPECT}" $<TARGET_FILE:${program}>)
    set_tests_properties(example.${name} PROPERTIES TIMEOUT 60 LABELS examples)
  endif()
endfunction()

# ---- tools of our own builds -----------------------------------------------------------------------------------------

# ccache and lld where they are found; a program that embeds libactors chooses its own.
function(actors_build_tools)
  if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(ACTORS_CCACHE ccache)
    if(ACTORS_CCACHE)
      # Paths in the checkout count as relative, so that one checkout finds what another has compiled.
      set(CMAKE_CXX_COMPILER_LAUNCHER env "CCACHE_BASEDIR=${ACTORS_SOURCE_DIR}" CCACHE_NOHASHDIR=1
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${ACTORS_CCACHE}" PARENT_SCOPE)
    endif()
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    include(CheckLinkerFlag)
    check_linker_flag(CXX -fuse-ld=lld ACTORS_HAVE_LLD)
    if(ACTORS_HAVE_LLD)
      add_link_options(-fuse-ld=lld)
    endif()
  endif()
endfunction()

macro(actors_sanitize)
  if(ACTORS_SANITIZE)
    add_compile_options(-fsanitize=${ACTORS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    # The check of virtual function tables opens descriptors when it sees a type for the first time, and takes their
    # lack for a broken table; some tests are about that lack.
    add_compile_options(-fno-sanitize=vptr)
    add_link_options(-fsanitize=${ACTORS_SANITIZE})
  endif()
endmacro()

# ---- install and report ----------------------------------------------------------------------------------------------

function(actors_install_package)
  get_property(components GLOBAL PROPERTY actors_components)
  set(needs "")
  foreach(component IN LISTS components)
    get_property(list GLOBAL PROPERTY actors_needs_${component})
    list(JOIN list " " list)
    string(APPEND needs "set(actors_needs_${component} ${list})\n")
  endforeach()
  list(JOIN components " " components)
  configure_package_config_file("${ACTORS_SOURCE_DIR}/cmake/actors-config.cmake.in"
    "${CMAKE_CURRENT_BINARY_DIR}/actors-config.cmake" INSTALL_DESTINATION "${ACTORS_PACKAGE_DIR}")
  # Before 1.0 every minor version may change the interface.
  write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/actors-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/actors-config.cmake"
    "${CMAKE_CURRENT_BINARY_DIR}/actors-config-version.cmake" cmake/dependencies.cmake cmake/Findllhttp.cmake
    cmake/Findbrotli.cmake cmake/Findre2.cmake cmake/Findwslay.cmake DESTINATION "${ACTORS_PACKAGE_DIR}")
  install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
endfunction()

function(actors_report)
  get_property(components GLOBAL PROPERTY actors_components)
  get_property(left_out GLOBAL PROPERTY actors_left_out)
  list(JOIN components ", " components)
  message(STATUS "libactors components: ${components}")
  foreach(what IN LISTS left_out)
    message(STATUS "libactors left out: ${what}")
  endforeach()
endfunction()
