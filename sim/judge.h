/* Judge questions: a prompt that shows an answer and asks which criteria it meets.
 *
 * The convention that the shipped rubrics are written to. At the start of a line each:
 *   CRITERIA: id1, id2     the ids to decide
 *   <<<ANSWER-xxxxxxxx     the graded answer, up to the line ANSWER-xxxxxxxx>>> (the same fence)
 *   <<<TASK-xxxxxxxx       the same way, optional: the prompt that was answered
 *   <<<REFERENCE-xxxxxxxx  the same way, optional: the known right answer
 * What stands inside a section is data: a CRITERIA line or a fence in there means nothing. */
#ifndef SIM_JUDGE_H
#define SIM_JUDGE_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct judge_question {
    struct as_str criteria; /* the list */
    struct as_str answer;
    struct as_str task;      /* .ptr NULL: not given */
    struct as_str reference; /* .ptr NULL: not given */
};

/* False when the prompt has no CRITERIA line or no answer section. Borrows from the prompt. */
bool judge_read(struct as_str prompt, struct judge_question *ret_question);
/* The same for the same answer, task and reference, whatever the fence. */
uint64_t judge_identity(const struct judge_question *question);
/* The truth: the reference decides, else the task's own solution; a blank answer is wrong. */
bool judge_is_met(const struct judge_question *question);
/* Appends {"reasoning": ..., "criteria": {id: verdict, ...}}. */
void judge_write(const struct judge_question *question, bool verdict, struct as_buf *out);

#endif
