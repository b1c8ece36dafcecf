# A Debian package of what `cmake --install` installs: `cpack -G DEB` in any build folder, or scripts/package for a release.
#
# The prefix is /usr; cmake/package_layout.cmake puts the configuration into /etc and the examples aside. Dependencies are those of the programs'
# libraries (dpkg-shlibdeps). What happens on the target is in cmake/debian.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME assay)
set(CPACK_PACKAGE_VENDOR "assay")
set(CPACK_PACKAGE_CONTACT "assay maintainers <maintainers@assay.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "evidence for moving a workload to another model")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package_layout.cmake)
set(ASSAY_PACKAGE_CONFFILES ${PROJECT_BINARY_DIR}/packaging/conffiles)
set(CPACK_ASSAY_CONFFILES ${ASSAY_PACKAGE_CONFFILES})
set(CPACK_ASSAY_SOURCE_DIR ${PROJECT_SOURCE_DIR})

set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, tzdata")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "assayd runs evals: it sends the same cases to every model, scores the
outputs, and says whether a candidate may replace the baseline. assayctl
is its client, assay-worker the jail of its plugins, assay-sim a model API
for trying things out.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/cmake/debian/postinst ${PROJECT_SOURCE_DIR}/cmake/debian/prerm
    ${PROJECT_SOURCE_DIR}/cmake/debian/postrm ${ASSAY_PACKAGE_CONFFILES})
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

include(CPack)
