# What a firewall consists of: `programs` builds it without tests and benchmarks, `cmake --install` puts it in place.
# Programs find their YANG modules in share/sluice/yang beside their own folder, wherever the prefix is moved to.
include(GNUInstallDirs)

add_custom_target(programs)
add_dependencies(programs sluice sluice-flowd sluice-mgd sluice-netconf sluice-authorized-keys sluice-replay)

install(TARGETS sluice sluice-netconf sluice-authorized-keys sluice-replay RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS sluice-flowd sluice-mgd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(DIRECTORY yang/ DESTINATION ${CMAKE_INSTALL_DATADIR}/sluice/yang FILES_MATCHING PATTERN "*.yang")
install(FILES README.md ARCHITECTURE.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs FILES_MATCHING PATTERN "*.md")

# Units name the programs by their whole path, and the prefix may be chosen as late as `cmake --install --prefix`.
install(CODE "
  set(SBINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SBINDIR}\")
  foreach(unit sluice-flowd sluice-mgd)
    set(file \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/systemd/system/\${unit}.service\")
    message(STATUS \"Installing: \${file}\")
    configure_file(\"${PROJECT_SOURCE_DIR}/packaging/systemd/\${unit}.service.in\" \"\${file}\" @ONLY)
  endforeach()")
