# Precompiled headers (clang only). CMake's own live in the build folder and name it inside, so that ccache would never
# find in one checkout what another has compiled; these live in the cache folder, one for each set of flags.
include_guard(GLOBAL)

# Makes the targets actors_precompiled_library and actors_precompiled_tests. Called once, at the top.
function(actors_define_precompiled)
  if(NOT ACTORS_PCH OR NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    return()
  endif()
  execute_process(COMMAND "${CMAKE_CXX_COMPILER}" --version OUTPUT_VARIABLE version COMMAND_ERROR_IS_FATAL ANY)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" upper)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${upper}}")
  get_directory_property(options COMPILE_OPTIONS)
  list(APPEND flags -std=c++20 ${options} ${ACTORS_COMPILE_OPTIONS})

  foreach(kind IN ITEMS library tests)
    set(targets CAF::core Boost::headers)
    if(kind STREQUAL tests)
      if(NOT ACTORS_BUILD_TESTS)
        continue()
      endif()
      set(targets CAF::core GTest::gtest)
    endif()
    set(command "${CMAKE_CXX_COMPILER}" ${flags})
    foreach(target IN LISTS targets)
      actors_find_dependency(${target})
      get_target_property(options ${target} INTERFACE_COMPILE_OPTIONS)
      if(options)
        list(APPEND command ${options})
      endif()
      get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
      list(REMOVE_ITEM folders ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
      foreach(folder IN LISTS folders)
        list(APPEND command -isystem "${folder}")
      endforeach()
    endforeach()

    set(header "${ACTORS_SOURCE_DIR}/cmake/precompile_${kind}.hpp")
    file(SHA256 "${header}" key)
    string(SHA256 key "${version} ${command} ${key}")
    string(SUBSTRING ${key} 0 16 key)
    set(output "${ACTORS_CACHE_DIR}/precompiled/${key}/${kind}.pch")
    # The build knows a stamp only: cleaning it must not take away what others use.
    set(stamp "${CMAKE_CURRENT_BINARY_DIR}/precompiled/${key}-${kind}")
    if(NOT EXISTS "${output}")
      file(REMOVE "${stamp}")
    endif()
    add_custom_command(OUTPUT "${stamp}"
      COMMAND "${ACTORS_SOURCE_DIR}/scripts/lib/precompile" "${header}" "${output}" "${stamp}" "${stamp}.d" ${command}
      DEPENDS "${header}" "${ACTORS_SOURCE_DIR}/scripts/lib/precompile" DEPFILE "${stamp}.d"
      COMMENT "Precompiling the headers of ${kind}" VERBATIM)
    add_custom_target(actors_precompiled_${kind} DEPENDS "${stamp}")
    set_target_properties(actors_precompiled_${kind} PROPERTIES actors_output "${output}" actors_stamp "${stamp}")
  endforeach()
endfunction()

# Lets a target use the precompiled header of a kind, `library` or `tests`.
function(actors_precompile target kind)
  if(TARGET actors_precompiled_${kind})
    get_target_property(output actors_precompiled_${kind} actors_output)
    add_dependencies(${target} actors_precompiled_${kind})
    # clang forgets the pragmas of precompiled system headers when it instantiates their templates, and then complains of
    # what libstdc++ calls deprecated itself. The build with g++ still tells what our own code uses.
    target_compile_options(${target} PRIVATE "SHELL:-include-pch ${output}" -Wno-deprecated-declarations)
    get_target_property(sources ${target} SOURCES)
    get_target_property(stamp actors_precompiled_${kind} actors_stamp)
    set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS "${stamp}")
  endif()
endfunction()
