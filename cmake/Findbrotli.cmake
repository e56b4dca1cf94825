# Brotli as brotli::dec and brotli::enc.
find_path(brotli_INCLUDE_DIR brotli/decode.h)
foreach(part common dec enc)
  find_library(brotli_${part}_LIBRARY NAMES brotli${part})
  mark_as_advanced(brotli_${part}_LIBRARY)
endforeach()
mark_as_advanced(brotli_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(brotli
  REQUIRED_VARS brotli_common_LIBRARY brotli_dec_LIBRARY brotli_enc_LIBRARY brotli_INCLUDE_DIR)

if(brotli_FOUND)
  foreach(part common dec enc)
    if(NOT TARGET brotli::${part})
      add_library(brotli::${part} UNKNOWN IMPORTED)
      set_target_properties(brotli::${part} PROPERTIES
        IMPORTED_LOCATION "${brotli_${part}_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${brotli_INCLUDE_DIR}")
    endif()
  endforeach()
  set_property(TARGET brotli::dec PROPERTY INTERFACE_LINK_LIBRARIES brotli::common)
  set_property(TARGET brotli::enc PROPERTY INTERFACE_LINK_LIBRARIES brotli::common)
endif()
