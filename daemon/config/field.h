/* A decoder for YAML maps that is driven by a table: for each key its type, whether it must be
 * there, its default, its range and where it goes. Unknown keys, missing keys, nearest names, types
 * and ranges fall out of the same table.
 *
 * Used by config.c, roles.c and eval_file.c. Strings are copied into the arena of the context, so
 * the tree may go afterwards. Decoding never stops at a problem: it is noted, the destination keeps
 * what it had, and the next key is looked at. */
#ifndef DAEMON_CONFIG_FIELD_H
#define DAEMON_CONFIG_FIELD_H

#include "daemon/config/names.h"
#include "daemon/config/yaml_doc.h"

#include <stddef.h>

enum field_type {
    /* const char *; the scalar as written, so 1.10 and no stay what they look like */
    FIELD_STRING,
    FIELD_PATH,    /* const char *; relative to the folder of the file */
    FIELD_PATHS,   /* const char *const *, NULL-terminated */
    FIELD_BOOL,    /* bool */
    FIELD_U32,     /* uint32_t */
    FIELD_I64,     /* int64_t */
    FIELD_NUMBER,  /* double */
    FIELD_WORD,    /* an enum, whose words word() tells */
    FIELD_PARAMS,  /* const char *; any map, as canonical JSON */
    FIELD_SECTION, /* the fields of another table, into the struct at offset */
    FIELD_CUSTOM   /* decode() */
};

struct field_ctx {
    struct problems *problems;
    struct as_arena *arena; /* of what is decoded */
    const char *dir;        /* that relative paths are relative to */
    void *user;             /* for custom decoders */
};

/* dest is the struct that the table is for, plus offset. */
typedef void (*field_decode_fn)(struct field_ctx *ctx, const struct yaml_node *node,
                                const char *where, void *dest);

struct field {
    const char *key;
    enum field_type type;
    size_t offset;
    bool is_required;
    /* the default, as it would stand in the file; NULL: the destination stays as it was */
    const char *fallback;
    /* numbers, both included; both 0: any. FIELD_WORD: min is the first value */
    double min, max;
    const char *(*word)(int value); /* FIELD_WORD: NULL past the last value */
    bool (*is_valid)(const char *); /* FIELD_STRING: more to ask of the text */
    /* the end of "must be ..." when is_valid says no; the text itself is not repeated */
    const char *must_be;
    /* FIELD_SECTION; FIELD_CUSTOM: for the documentation, of each entry under a name */
    const struct field *section;
    bool is_list;           /* of such a CUSTOM: it is one map or a list of them, without names */
    field_decode_fn decode; /* FIELD_CUSTOM; called for a present key only */
    /* FIELD_CUSTOM: of two destinations; NULL: whoever has the table compares them */
    bool (*differs)(const void *a, const void *b);
    bool needs_restart; /* a daemon that runs keeps the value it was started with */
};
/* FIELD("socket", PATH, offsetof(struct config, socket_path), .fallback = "...") */
/* clang-format off */
#define FIELD(name, kind, at, ...) {.key = name, .type = FIELD_##kind, .offset = at, ##__VA_ARGS__}
#define FIELDS_END {.key = NULL}
/* clang-format on */

/* where is the path of the map, "" for the file itself. */
void field_decode_map(struct field_ctx *ctx, const struct yaml_node *map, const char *where,
                      const struct field *fields, void *dest);

/* The keys whose values differ between two structs of the table: "log.level". key is borrowed for
 * the call. */
typedef void (*field_diff_fn)(void *ctx, const char *key, bool needs_restart);
void field_diff(const struct field *fields, const void *from, const void *to, field_diff_fn fn,
                void *ctx);
/* Values of keys that need a restart, from one struct into another, which then borrows its
 * strings. */
void field_keep(const struct field *fields, const void *from, void *to);
/* The keys as items of a man page; prefix "" or "gate.". */
void field_write_man(const struct field *fields, const char *prefix, struct as_buf *out);

/* A text in the place of a map is that map's one key: `floor: 0.8` is `floor: {value: 0.8}`. Gives
 * the map, made in room, or the node itself when it is no text. */
struct field_short {
    struct yaml_node map, key, value;
};
const struct yaml_node *field_short_form(const struct yaml_node *node, const char *key,
                                         struct field_short *room);

/* Parts of the above for custom decoders. */
/* "models" + "gpt" = "models.gpt" */
const char *field_where(struct field_ctx *ctx, const char *where, const char *key);
/* "roles" + 0 = "roles[0]" */
const char *field_where_at(struct field_ctx *ctx, const char *where, size_t index);
/* "evals/x.yaml:7:5: scorers[0]", for messages that come after the tree is gone. */
const char *field_place(struct field_ctx *ctx, const struct yaml_node *node, const char *where);
/* Notes "expected WHAT, found ..." and gives false when the node is of another kind. */
bool field_expect(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                  enum yaml_kind kind, const char *what);
/* A text without NULs, copied; NULL when a problem was noted. */
const char *field_text(struct field_ctx *ctx, const struct yaml_node *node, const char *where);
/* A length of time with its unit ("7d"), in milliseconds; max ("24h") is the most, NULL: any.
 * *ret_ms is untouched when a problem was noted. */
void field_duration(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                    const char *max, int64_t *ret_ms);
/* Any length of time, into the int64_t at dest. */
void field_decode_duration(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                           void *dest);
/* canonical JSON; or NULL */
const char *field_params(struct field_ctx *ctx, const struct yaml_node *node, const char *where);

#endif
