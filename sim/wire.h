/* The three wire formats, and what they have in common.
 *
 * A wire turns the JSON body of a request into a struct wire_chat, and an answer or an error into
 * the JSON body that the vendor would send. docs/wire-formats.md lists every field with its source.
 * One struct wire_chat serves one request after another: wire_parse resets it; its strings borrow
 * from the request body's tree and from its own buffers. */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include "lib/buf.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stdint.h>

struct wire_chat {
    struct as_str model;
    struct as_buf system; /* all instructions, joined by newlines */
    struct as_buf user;   /* the last user message */
    size_t message_count;
    size_t prompt_bytes;
    int64_t max_tokens; /* INT64_MAX: no limit given */
    bool wants_json;    /* by a parameter of the format */
};

enum wire_finish { WIRE_FINISH_STOP, WIRE_FINISH_LENGTH, WIRE_FINISH_REFUSAL };

struct wire_answer {
    struct as_str text; /* valid UTF-8; of a refusal: its words */
    enum wire_finish finish;
    int64_t input_tokens;
    int64_t output_tokens; /* with the reasoning */
    int64_t reasoning_tokens;
    uint64_t id; /* goes into the vendor's id field */
};

struct wire {
    const char *name;
    const char *id_header; /* the response header that names the request */
    /* Gemini has the model's name in the path. AS_EINVAL and a sentence for a wrong shape. */
    int (*parse)(const struct as_json *body, struct as_str path, struct wire_chat *chat,
                 struct as_err *err);
    void (*write_answer)(const struct wire_chat *chat, const struct wire_answer *answer,
                         struct as_buf *out);
    void (*write_error)(int status, const char *message, struct as_buf *out);
};

extern const struct wire wire_openai;
extern const struct wire wire_anthropic;
extern const struct wire wire_gemini;

/* NULL when no format has this path. */
const struct wire *wire_for_path(struct as_str path);
int wire_parse(const struct wire *wire, const struct as_json *body, struct as_str path,
               struct wire_chat *chat, struct as_err *err) AS_MUST_USE;
void wire_chat_done(struct wire_chat *chat);

/* For the formats themselves. */

struct wire_content_rule {
    const char *field;     /* for error messages: "messages.content" */
    const char *text_type; /* the "type" of a text part; NULL: a part with "text" is one */
    bool allows_null;      /* null counts as empty */
    bool starts_over;      /* a content with text replaces what `into` holds */
};
/* Adds a content, a string or an array of parts, to `into` (NULL: counts its bytes only). */
int wire_add_content(const struct as_json *content, const struct wire_content_rule *rule,
                     struct wire_chat *chat, struct as_buf *into, struct as_err *err) AS_MUST_USE;
/* AS_EINVAL for a member that is not in the NULL-ended list; its name replaces "%s" in format. */
int wire_check_members(const struct as_json *object, const char *const *known, const char *format,
                       struct as_err *err) AS_MUST_USE;
/* Reads an optional token limit into chat->max_tokens. */
int wire_read_limit(const struct as_json *object, const char *key, struct wire_chat *chat,
                    struct as_err *err) AS_MUST_USE;
int wire_check_range(const struct as_json *object, const char *key, double low, double high,
                     struct as_err *err) AS_MUST_USE;

#endif
