# `cmake --install` and the Debian package (`cpack` in the build folder, deploy/package.sh). With the
# prefix /usr:
#
#   /usr/bin                          the programs
#   /etc/atomstream                   atomstreamd.textproto, with the paths of an installed daemon
#   /usr/lib/systemd/system, /usr/lib/sysusers.d, /usr/lib/tmpfiles.d
#   /usr/share/atomstream             models, contract (proto), Prometheus and Grafana files, Python
#   /usr/share/doc/atomstream         the manual
# The configuration is in /etc/atomstream with /usr/local, too, and below any other prefix. What the
# daemon writes is in /var/lib/atomstream.

include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # tests need not be built to install the rest
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(data ${CMAKE_INSTALL_DATADIR}/atomstream)
set(doc ${CMAKE_INSTALL_DATADIR}/doc/atomstream)

install(TARGETS atomstreamd atomstream atomstream-sim atomstream-agent
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET atomstream-train)
  install(TARGETS atomstream-train RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# What holds paths is written when they are known: when it is installed.
set(ATOMSTREAM_BIN_SUBDIR ${CMAKE_INSTALL_BINDIR})
set(ATOMSTREAM_DATA_SUBDIR ${data})
set(ATOMSTREAM_DOC_SUBDIR ${doc})
configure_file(${CMAKE_CURRENT_LIST_DIR}/InstallConfigured.cmake.in
  ${PROJECT_BINARY_DIR}/InstallConfigured.cmake @ONLY)
install(SCRIPT ${PROJECT_BINARY_DIR}/InstallConfigured.cmake)

install(FILES ${PROJECT_SOURCE_DIR}/deploy/systemd/sysusers.conf DESTINATION lib/sysusers.d
  RENAME atomstream.conf)
install(FILES ${PROJECT_SOURCE_DIR}/deploy/systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d
  RENAME atomstream.conf)
install(FILES ${PROJECT_SOURCE_DIR}/deploy/systemd/gpu.conf DESTINATION ${data}/systemd)
install(PROGRAMS ${PROJECT_SOURCE_DIR}/deploy/make_certs.sh DESTINATION ${data})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/config/models DESTINATION ${data})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/deploy/prometheus ${PROJECT_SOURCE_DIR}/deploy/grafana
  DESTINATION ${data})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/client/python/atomstream DESTINATION ${data}/python
  FILES_MATCHING PATTERN "*.py" PATTERN __pycache__ EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/proto/ DESTINATION ${data}/proto
  FILES_MATCHING PATTERN "*.proto")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${doc}
  FILES_MATCHING PATTERN "*.md" PATTERN "*.svg" PATTERN "*.png")
install(FILES ${PROJECT_SOURCE_DIR}/SECURITY.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md
  DESTINATION ${doc})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${doc} RENAME copyright)

set(debian ${PROJECT_SOURCE_DIR}/deploy/debian)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME atomstream)
set(CPACK_PACKAGE_VENDOR "atomstream")
set(CPACK_PACKAGE_CONTACT "root <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "finds atoms in live STEM frames")
set(CPACK_PACKAGE_DESCRIPTION "A daemon that finds the atoms in the frames of a scanning transmission
electron microscope while they come, and streams the results to any number of
subscribers; with its command line client and a simulated microscope.")
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/package)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "openssl")  # make_certs.sh
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "systemd")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, python3-torch, python3-numpy")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${debian}/conffiles ${debian}/postinst ${debian}/prerm ${debian}/postrm)
include(CPack)
