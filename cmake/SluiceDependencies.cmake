# Every outside part the house uses, as packaged by Debian 12 (tools/packages.txt lists them).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(GTest REQUIRED)
find_package(pugixml REQUIRED)
include(GoogleTest)
pkg_check_modules(DPDK REQUIRED IMPORTED_TARGET libdpdk)
pkg_check_modules(YANG REQUIRED IMPORTED_TARGET libyang)
pkg_check_modules(NL REQUIRED IMPORTED_TARGET libnl-3.0 libnl-route-3.0)
pkg_check_modules(XDP REQUIRED IMPORTED_TARGET libxdp libbpf)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(PCAP REQUIRED IMPORTED_TARGET libpcap)

# libdpdk.pc asks for the machine DPDK was packaged for; our own -march decides.
get_target_property(dpdk_options PkgConfig::DPDK INTERFACE_COMPILE_OPTIONS)
if(dpdk_options)
  list(FILTER dpdk_options EXCLUDE REGEX "^-march=")
  set_target_properties(PkgConfig::DPDK PROPERTIES INTERFACE_COMPILE_OPTIONS "${dpdk_options}")
endif()
get_target_property(dpdk_includes PkgConfig::DPDK INTERFACE_INCLUDE_DIRECTORIES)
if(dpdk_includes)
  set_target_properties(PkgConfig::DPDK PROPERTIES
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${dpdk_includes}")
endif()
# DPDK's rings order memory by barriers on x86; ThreadSanitizer understands atomics only.
if(CMAKE_CXX_FLAGS_DEBUG MATCHES "-fsanitize=thread")
  set_property(TARGET PkgConfig::DPDK APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS RTE_USE_C11_MEM_MODEL)
endif()
