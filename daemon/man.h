/* assay.yaml(5), from the tables that the configuration and evals are read by. */
#ifndef DAEMON_MAN_H
#define DAEMON_MAN_H

#include <stdio.h>

/* Without the annotated files, which scripts/docs puts behind it. */
void man_write_config(FILE *stream);

#endif
