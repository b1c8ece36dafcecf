/* The command line of assay-sim. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "lib/err.h"
#include "sim/handler.h"

#include <stdbool.h>
#include <stdint.h>

struct options {
    uint16_t port;          /* 0: the system picks one */
    const char *port_file;  /* the port is written here when it is bound; NULL: nowhere */
    const char *stats_file; /* the counters are written here in the end; NULL: nowhere */
    uint32_t keepalive_ms;  /* 0: idle connections stay open */
    const char *tls_cert;   /* PEM files; NULL: plain HTTP */
    const char *tls_key;
    bool wants_help, wants_version;
    struct handler_options handler;
};

/* AS_EUSAGE and a sentence for wrong arguments. The strings borrow from argv. */
int options_parse(int argc, char **argv, struct options *ret_options,
                  struct as_err *err) AS_MUST_USE;
void options_print_help(void); /* on stdout */

#endif
