/* The tasks that the stand-in models can work out: recognise one in a prompt, answer it rightly or
 * plausibly wrongly, and check an answer against the truth.
 *
 * The truth stands in the prompt itself, where a real model could find it too:
 *   ticket      a line "Ticket: ..." and a line "Labels: a, b, c"; keywords decide
 *               (billing, refund, invoice: billing; crash, error, bug: bug;
 *               password, login: account; otherwise: other)
 *   arithmetic  "What is 17 + 25?" with + - or *
 *   extraction  lines "Name: X", "Total: 12.50", "Date: 2024-05-01" and the word JSON;
 *               a line "Keys: a, b" names others
 *   citations   lines "[1] ..." and a word like "cite" or "source": sentences that end in [1]
 *   generic     anything else: one fixed sentence a prompt
 *
 * All functions are pure: the same arguments give the same bytes. A task borrows the texts it was
 * recognised in. */
#ifndef SIM_TASK_H
#define SIM_TASK_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct as_json;

struct task {
    const struct task_family *family; /* set by task_recognise */
    struct as_str user;               /* the last user message */
    struct as_str system;             /* instructions; may be empty */
    bool wants_json;                  /* asked for in words or by the request's output format */
};

/* One file each: task_ticket.c, task_sums.c, task_extract.c, task_cite.c, task.c (generic). */
struct task_family {
    const char *name;
    bool (*fits)(const struct task *task);
    /* Appends the answer, UTF-8. noise picks among the wrong ones and fills in what is free. */
    void (*answer)(const struct task *task, bool is_right, uint64_t noise, struct as_buf *out);
    bool (*check)(const struct task *task, struct as_str answer);
};

extern const struct task_family task_family_ticket;
extern const struct task_family task_family_sums;
extern const struct task_family task_family_extract;
extern const struct task_family task_family_cite;

/* format_is_json: the request asked for JSON by a parameter of its wire format. */
struct task task_recognise(struct as_str user, struct as_str system, bool format_is_json);
void task_answer(const struct task *task, bool is_right, uint64_t noise, struct as_buf *out);
/* False for a blank answer, whatever the task. */
bool task_check(const struct task *task, struct as_str answer);

/* True when every member of the object `truth` stands in the answer, a JSON object too, with an
 * equal value: numbers by value, texts by their words. False when the answer is not a JSON object.
 */
bool task_json_agrees(const struct as_json *truth, struct as_str answer);

#endif
