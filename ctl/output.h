/* What assayctl writes for people: text that is safe on a terminal, styles, and numbers as words.
 *
 * Everything goes through out_print, which replaces control characters and bad UTF-8 whatever the
 * arguments hold: no string of the daemon, a model or a dataset can move the cursor or set a title.
 * The fmt_* functions give a struct that holds its text, for use in one call: fmt_score(x,
 * "mean").s. */
#ifndef CTL_OUTPUT_H
#define CTL_OUTPUT_H

#include "lib/buf.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stdio.h>

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_WARN, STYLE_BAD };

struct output {
    FILE *stream;
    bool is_terminal;
    bool use_color;
    bool is_utf8; /* a terminal that shows what is beyond ASCII */
    int width;    /* columns of the terminal; 0 when it is none */
};

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Auto: on a terminal that is not "dumb", unless $NO_COLOR is set. */
void out_init(struct output *out, FILE *stream, enum color_mode mode);
void out_print(const struct output *out, const char *fmt, ...) AS_PRINTF(2, 3);
void out_styled(const struct output *out, enum style style, const char *fmt, ...) AS_PRINTF(3, 4);
/* "  label     value" */
void out_field(const struct output *out, const char *label, const char *fmt, ...) AS_PRINTF(3, 4);
/* The start and end of a style as bytes of their own; "" without colours. */
const char *out_style_on(const struct output *out, enum style style);
const char *out_style_off(const struct output *out, enum style style);
/* The value whole, its control characters as \\u escapes: nothing is lost, and nothing is unsafe.
 */
void out_add_json(struct as_buf *text, const struct as_json *value, bool is_pretty);
/* Pretty on a terminal, else one line. */
void out_json(const struct output *out, const struct as_json *value);

/* The style that goes with a state, status or outcome word of the daemon. */
enum style style_of_word(const char *word);

struct text {
    char s[96];
};
/* Of an object's member. A null, absent or NaN one is "n/a" everywhere, a price "unpriced". */
struct text fmt_score(const struct as_json *object, const char *key);    /* 0.912 */
struct text fmt_diff(const struct as_json *object, const char *key);     /* +0.012 */
struct text fmt_percent(const struct as_json *object, const char *key);  /* 91.2 %, of a share */
struct text fmt_interval(const struct as_json *object, const char *key); /* [0.880, 0.940] */
struct text fmt_p(const struct as_json *object, const char *key);        /* 0.034, <0.001 */
struct text fmt_count(const struct as_json *object, const char *key);    /* 12345 */
struct text fmt_usd(const struct as_json *object, const char *key);      /* $0.0123 */
struct text fmt_latency(const struct as_json *object, const char *key);  /* as fmt_duration */
struct text fmt_time(const struct as_json *object, const char *key);     /* 2026-01-31 15:04:05 */
struct text fmt_hash(const struct as_json *object, const char *key);     /* sha256:ab12cd34ef56 */
struct text fmt_bytes(const struct as_json *object, const char *key);    /* 12.3 MB */
struct text fmt_duration(double ms); /* 812 ms, 12.3 s, 4 min 10 s, 2 h 5 min; negative: n/a */

/* How sure the interval of a comparison is: "95 %", and more where looks were planned; and as a
 * column's title: "95 % INTERVAL". */
struct text fmt_level(const struct as_json *pair);
struct text fmt_interval_title(const struct as_json *pair);

/* "1 case", "3 cases": of the member, with the noun that it counts. */
struct text fmt_counted(const struct as_json *object, const char *key, const char *noun);

/* A member's string, or the other text when it is absent or null. */
const char *str_or(const struct as_json *object, const char *key, const char *otherwise);

#endif
