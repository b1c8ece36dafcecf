/* The words of a verdict: numbers as people read them, the sentence, and the advice.
 *
 * For the checks' sentences and for the verdict's own; gate_points for those of daemon/report too.
 * All write a NUL-terminated text, cut at the size of the buffer between characters; an undefined
 * number is written "n/a". */
#ifndef DAEMON_GATE_SENTENCE_H
#define DAEMON_GATE_SENTENCE_H

#include "daemon/gate/gate.h"
#include "lib/buf.h"

#define GATE_NUMBER_MAX 40
#define GATE_SHOWN_BYTES 48

struct gate_number {
    char text[GATE_NUMBER_MAX];
};

/* A share of 1 in points: one decimal, and up to three while a value that is not 0 would read as
 * 0. */
struct gate_number gate_points(double share);
/* The name of a tag or of a stratum as sentences have it: of a long one the beginning and "...". */
struct gate_shown {
    char text[GATE_SHOWN_BYTES + sizeof("...")];
};
struct gate_shown gate_shown(const char *name);
/* How sure the comparison's interval is, in percent: "95"; more at a planned look. */
struct gate_number gate_level(const struct stats_paired *compare);

struct gate_number gate_p(double p); /* "p=0.043", "p<0.001" */

/* What a comparison shows. */
void gate_write_finding(struct as_buf *out, const struct stats_paired *compare);
/* The same of the verdict's; then the critical cases, when there are any. */
void gate_write_sentence(const struct gate_verdict *verdict, enum gate_critical critical,
                         char *ret_text, size_t size);
/* How many more cases would decide an undecided verdict. */
void gate_write_advice(const struct gate_verdict *verdict, char *ret_text, size_t size);

#endif
