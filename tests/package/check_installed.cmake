# Fails when PREFIX, where libactors was installed, lacks a header or has one that is private.
cmake_minimum_required(VERSION 3.25)

file(GLOB_RECURSE headers RELATIVE "${PREFIX}" "${PREFIX}/include/*")
if(NOT "include/actors/core/runtime.hpp" IN_LIST headers)
  message(FATAL_ERROR "the headers of core are not installed")
endif()
foreach(header IN LISTS headers)
  if(header MATCHES "/internal/" OR NOT header MATCHES "\\.hpp$")
    message(SEND_ERROR "${header} is installed, but private")
  endif()
endforeach()
