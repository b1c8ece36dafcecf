# Compiler habits, the libraries we use, and the two functions that turn a folder into a library or a program.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(JSONC REQUIRED IMPORTED_TARGET json-c)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(SMARTCOLS REQUIRED IMPORTED_TARGET smartcols)
find_library(HTTP_PARSER_LIBRARY http_parser REQUIRED)
add_library(HttpParser::http_parser UNKNOWN IMPORTED)
set_target_properties(HttpParser::http_parser PROPERTIES IMPORTED_LOCATION ${HTTP_PARSER_LIBRARY})

add_library(assay_flags INTERFACE)
target_include_directories(assay_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(assay_flags INTERFACE _GNU_SOURCE ASSAY_VERSION="${PROJECT_VERSION}")
target_compile_options(assay_flags INTERFACE
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wswitch-enum -Werror
    $<$<CONFIG:Release>:-fstack-protector-strong -D_FORTIFY_SOURCE=2>)
if(ASSAY_SANITIZE)
    target_compile_options(assay_flags INTERFACE -fsanitize=${ASSAY_SANITIZE} -fno-omit-frame-pointer
                                                 -fno-sanitize-recover=all)
    target_link_options(assay_flags INTERFACE -fsanitize=${ASSAY_SANITIZE})
    if(ASSAY_FUZZ)
        target_compile_options(assay_flags INTERFACE -fsanitize=fuzzer-no-link)
    endif()
else()
    target_link_options(assay_flags INTERFACE $<$<CONFIG:Release>:-Wl,-z,relro,-z,now>)
endif()

# assay_embed(TARGET FILE...): the files' bytes for TARGET: daemon/report/report.css is included as daemon/report/report_css.h and
# is the array report_css.
function(assay_embed target)
    foreach(path ${ARGN})
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
        file(RELATIVE_PATH from_root ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${path})
        get_filename_component(folder ${from_root} DIRECTORY)
        get_filename_component(file ${from_root} NAME)
        string(MAKE_C_IDENTIFIER ${file} name)
        file(READ ${path} hex HEX)
        string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
        file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/embedded/${folder}/${name}.h
             CONTENT "static const char ${name}[] = {${bytes}};\n")
    endforeach()
    target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/embedded)
endfunction()

# assay_module(FOLDER LINKS ...): every .c of the folder in one static library; daemon/store becomes daemon_store.
function(assay_module folder)
    cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
    string(REPLACE "/" "_" name ${folder})
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC assay_flags ${ARG_LINKS} Threads::Threads)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME assay_${name} PREFIX "lib")
endfunction()

# assay_program(NAME DIR folder LINKS ...): the .c files that lie in the folder itself; installed into bin.
function(assay_program name)
    cmake_parse_arguments(ARG "" "DIR" "LINKS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${ARG_DIR}/*.c)
    add_executable(${name} ${sources})
    target_link_libraries(${name} PRIVATE assay_flags ${ARG_LINKS} Threads::Threads)
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
