# Run by cpack when everything is installed below /usr, and before it is packed: what a Debian system expects to lie elsewhere is moved.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
set(doc ${root}/usr/share/doc/assay)

# The configuration; plugins are named by their place, for they do not lie beside it.
file(RENAME ${root}/usr/etc ${root}/etc)
file(READ ${root}/etc/assay/assay.yaml text)
string(REGEX REPLACE "- \\.\\./\\.\\./share/assay/([a-z]+)[^\n]*" "- /usr/share/assay/\\1" text "${text}")
file(WRITE ${root}/etc/assay/assay.yaml "${text}")

# Examples are not in force.
file(MAKE_DIRECTORY ${doc}/examples)
foreach(example ci evals quickstart)
    file(RENAME ${root}/etc/assay/${example} ${doc}/examples/${example})
endforeach()
file(MAKE_DIRECTORY ${root}/etc/assay/evals)
file(RENAME ${doc}/LICENSE ${doc}/copyright)

file(GLOB pages ${root}/usr/share/man/*/*)
execute_process(COMMAND gzip -9n ${pages} COMMAND_ERROR_IS_FATAL ANY)

# Files that belong to whoever runs the machine: an upgrade asks before it changes one that was edited.
file(GLOB_RECURSE files RELATIVE ${root} ${root}/etc/*)
list(SORT files)
list(TRANSFORM files PREPEND "/")
list(JOIN files "\n" text)
file(WRITE ${CPACK_ASSAY_CONFFILES} "${text}\n")
file(CHMOD ${CPACK_ASSAY_CONFFILES} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
