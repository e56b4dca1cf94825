# llhttp 9 as llhttp::llhttp, its static library where there is one: programs then need nothing of it at run time.
find_path(llhttp_INCLUDE_DIR llhttp.h)
find_library(llhttp_LIBRARY NAMES libllhttp.a llhttp)
mark_as_advanced(llhttp_INCLUDE_DIR llhttp_LIBRARY)

if(llhttp_INCLUDE_DIR)
  file(STRINGS "${llhttp_INCLUDE_DIR}/llhttp.h" llhttp_defines REGEX "#define LLHTTP_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE "[^0-9;]" "" llhttp_numbers "${llhttp_defines}")
  string(REPLACE ";" "." llhttp_VERSION "${llhttp_numbers}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(llhttp
  REQUIRED_VARS llhttp_LIBRARY llhttp_INCLUDE_DIR VERSION_VAR llhttp_VERSION)

if(llhttp_FOUND AND llhttp_VERSION VERSION_LESS 9)
  set(llhttp_FOUND FALSE)
  message(STATUS "llhttp ${llhttp_VERSION} is too old: libactors needs 9 or later")
endif()
if(llhttp_FOUND AND NOT TARGET llhttp::llhttp)
  add_library(llhttp::llhttp UNKNOWN IMPORTED)
  set_target_properties(llhttp::llhttp PROPERTIES
    IMPORTED_LOCATION "${llhttp_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${llhttp_INCLUDE_DIR}")
endif()
