/* What is printed from the program's own tables: documentation and completions, `--dump WHAT`. */
#ifndef CTL_DUMP_H
#define CTL_DUMP_H

#include "lib/err.h"

#include <stdio.h>

/* AS_EUSAGE: there is no such thing; err lists what there is. */
int dump_write(const char *what, FILE *stream, struct as_err *err) AS_MUST_USE;

#endif
