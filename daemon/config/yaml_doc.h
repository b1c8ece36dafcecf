/* A YAML file as a tree of nodes that know their line and column: the only user of libyaml.
 *
 * Config and eval files are small and written by hand, so the reader is narrower than YAML.
 * Anchors, aliases, merge keys, tags, second documents and duplicate keys are refused with their
 * place: each hides from the reader of the file what is in force. Plain scalars are typed by the
 * YAML 1.2 core schema (so `no` is a text, and 1.10 a number); quoted ones are texts. The tree
 * lives in the arena that the caller gives. */
#ifndef DAEMON_CONFIG_YAML_DOC_H
#define DAEMON_CONFIG_YAML_DOC_H

#include "daemon/config/problems.h"
#include "lib/arena.h"
#include "lib/json.h"

#define YAML_FILE_MAX_BYTES (1u << 20)
#define YAML_MAX_DEPTH 32
#define YAML_MAX_NODES 20000

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    struct place place;
    /* YAML_TEXT; ends with a NUL that len does not count, may hold others */
    struct as_str text;
    bool is_plain;           /* not quoted, no block scalar */
    uint32_t count;          /* YAML_LIST, YAML_MAP: members */
    struct yaml_node *first; /* first member; a map's members are its values */
    struct yaml_node *next;  /* next member of the same list or map */
    struct yaml_node *key;   /* of a map's member: a YAML_TEXT */
};

/* Parses text (of problems->path). An empty file is an empty map. AS_EINVAL: problems say why;
 * those that do not keep libyaml from reading on, as duplicate keys, are all reported, and leave
 * *ret_root untouched too. */
int yaml_doc_parse(struct as_str text, struct as_arena *arena, struct problems *problems,
                   struct yaml_node **ret_root) AS_MUST_USE;

/* NULL when it has none, or is no map */
struct yaml_node *yaml_map_get(const struct yaml_node *map, const char *key);

enum yaml_type {
    YAML_IS_NULL,
    YAML_IS_BOOL,
    YAML_IS_INT,
    YAML_IS_FLOAT,
    YAML_IS_STRING,
    YAML_IS_LIST,
    YAML_IS_MAP
};

/* A value with the type that the core schema gives it. AS_EINVAL: a whole number that does not
 * fit 64 bits, or .nan and .inf, which no JSON carries; *ret_why says which. */
struct yaml_value {
    enum yaml_type type;
    bool boolean;
    int64_t integer;
    double number; /* YAML_IS_INT too */
};
int yaml_node_value(const struct yaml_node *node, struct yaml_value *ret_value,
                    const char **ret_why) AS_MUST_USE;

/* The same as a JSON tree, which the caller frees. AS_EINVAL: *ret_bad is the node that cannot
 * be told in JSON. */
int yaml_node_to_json(const struct yaml_node *node, struct as_json **ret_json,
                      const struct yaml_node **ret_bad, const char **ret_why) AS_MUST_USE;

#endif
