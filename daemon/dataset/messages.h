/* What all formats share: lists of {role, content} turns, and answers that were recorded.
 * Content is a string, or an array of parts of which those with a text count as text. */
#ifndef DAEMON_DATASET_MESSAGES_H
#define DAEMON_DATASET_MESSAGES_H

#include "lib/json.h"

/* A sentence in err names the first turn that no provider could be sent, as "where[2].role ...". */
int messages_check(const struct as_json *messages, const char *where,
                   struct as_err *err) AS_MUST_USE;

bool messages_end_with_answer(const struct as_json *messages);

int messages_check_calls(const struct as_json *tool_calls, const char *where,
                         struct as_err *err) AS_MUST_USE;

/* {"text", "tool_calls"?} from an assistant turn's content and its tool_calls; NULL when there is
 * neither. Tool calls become {id, name, arguments}, as outputs have them, from OpenAI's form,
 * Anthropic's tool_use parts, or that form itself. The caller owns the object. */
struct as_json *messages_answer(const struct as_json *content, const struct as_json *tool_calls);

/* {"messages", "recorded"?, "reference"?} of a case whose answer is known. Shares both values;
 * answer NULL: nothing was recorded. The recorded text is a reference, never the expected truth. */
struct as_json *messages_case(struct as_json *messages, struct as_json *answer);

#endif
