/* What is to be done about a file that is no JSON Lines at all. */
#ifndef DAEMON_DATASET_REMEDY_H
#define DAEMON_DATASET_REMEDY_H

#include "lib/buf.h"

struct remedy {
    const char *sentence; /* NULL: it looks like JSON Lines, the line alone is wrong */
    bool is_foreign; /* nothing in the file is a line to import, even where one looks like it */
};

/* Of a file whose first line this is, after that line was refused. */
struct remedy remedy_of_file(struct as_str first_line);

#endif
