/* What a script returned, read raw and checked against the contract of its function.
 *
 * The two results lie at first and first + 1. All of these may raise, with a sentence on what the
 * contract wants. The reply's texts are borrowed: from the results, or from strings that these
 * functions leave on the stack. */
#ifndef WORKER_RESULTS_H
#define WORKER_RESULTS_H

#include "worker/jobs.h"

void results_read_score(lua_State *L, int first, struct job_reply *reply);
void results_read_grade(lua_State *L, int first, const struct plugin *plugin,
                        struct job_reply *reply);
void results_read_question(lua_State *L, int first, struct job_reply *reply);
void results_read_request(lua_State *L, int first, struct job_reply *reply);
void results_read_redacted(lua_State *L, int first, struct job_reply *reply);
void results_read_output(lua_State *L, int first, struct job_reply *reply);

#endif
