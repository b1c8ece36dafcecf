/* What is to be done about a file that is no JSON Lines at all. */
#ifndef DAEMON_DATASET_REMEDY_H
#define DAEMON_DATASET_REMEDY_H

#include "lib/buf.h"

/* A sentence about the file whose first line this is, after that line was refused. NULL: it looks
 * like JSON Lines, and what is wrong is the line's own matter. */
const char *remedy_of_file(struct as_str first_line);

#endif
