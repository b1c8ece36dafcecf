/* The methods of the protocol, second part: run groups, from their start to their end. */
#include "lib/proto_own.h"

/* Caps of a run group: they set or lower those of its eval. */
#define MAX_COST NUMBER("max_cost_usd", "cap on what all calls cost, in dollars")
#define MAX_REQUESTS COUNT("max_requests", "cap on all requests, retries included", 1000000000000)
#define MAX_TOKENS COUNT("max_tokens", "cap on tokens, of input and output", 1000000000000000)

/* What run.start and run.plan are told of a run. */
/* clang-format off */
#define RUN_SETTINGS \
    NEED_TEXT("eval", "the eval's name", NAME_MAX_BYTES), \
    {.name = "models", \
    .type = PROTO_STRINGS, \
    .doc = "these candidates instead of the eval's; the baseline stays", \
    .min = 1, \
    .max = 15}, \
    COUNT("max_cases", "only N cases: the first, or as many as sample draws", 1000000000), \
    TEXT("where", \
    "only cases that have all of these, like tag=billing,split=test; keys are tag, split, " \
    "stratum, cluster, critical (true or false) and metadata.NAME", \
    1024), \
    TEXT("sample", \
    "how max_cases of them are taken: head (the first), random, or stratified:KEY, which " \
    "keeps the share of each value of the key; head when not given", \
    256), \
    LIMIT_OF("seed", "of the draw: the same seed gives the same cases; 0 when not given", \
    INT64_MAX), \
    COUNT("samples", "answers per case and member", 1000), \
    TEXT("journal", \
    "whose exchanges may answer its calls instead of the eval's choice: live " \
    "(its own), cache (good replies of any run) or replay (as cache, and " \
    "nothing is called: what the journal lacks ends the run)", \
    16), \
    TEXT("max_age", \
    "how old a reused reply may be, like 12h or 7d; alone it means journal " \
    "cache, whose default is 7d", \
    32), \
    COUNT("max_concurrent", "calls in flight of this group at most, the judge's included", \
    100000), \
    NUMBER("request_delay_s", "seconds from one call of this group to the next; 0 to 3600"), \
    NUMBER("temperature", "of all members instead of their models' own; 0 to 2; not the judge's"), \
    MAX_COST, \
    MAX_REQUESTS, \
    MAX_TOKENS, \
    {.name = "no_early_stop", .type = PROTO_BOOL, \
     .doc = "every case is run, whatever looks the eval plans"}
/* clang-format on */

const struct proto_method proto_run_methods[] = {
    {
        .name = "run.start",
        .role = PROTO_OPERATOR,
        .doc = "Starts a run group of an eval: everything it is made of is pinned now.",
        .params = {RUN_SETTINGS,
                   TEXT("tag", "what to call it", NAME_MAX_BYTES),
                   {.name = "scheduled",
                    .type = PROTO_BOOL,
                    .doc = "its calls go behind those of runs without this, where they share a "
                           "provider account: of eight turns one is left for it"},
                   WHY},
        .result = "{run, warnings: [string]}: the group's number, and what its gate leaves open",
        .errors = "not_found, bad_input, plugin, limit, io",
    },
    {
        .name = "run.plan",
        .role = PROTO_OBSERVER,
        .doc = "What a run with these settings would take. Nothing is called and nothing kept.",
        .params = {RUN_SETTINGS},
        .result =
            "{eval, dataset, dataset_version, cases, selection, call_rules (both as run.show has "
            "them), samples, rows, models: [{model, role: "
            "baseline, candidate or judge, calls: {low, high}, requests_high, tokens: {low, high}, "
            "cost_usd: {low, high}, time_s, reused, reusable, output_tokens, output_assumed, "
            "concurrency, past_run, latency_ms}], total: {calls, requests_high, tokens, cost_usd, "
            "time_s}, journal, detectable: {metric, cases, difference, sigma, sigma_run, "
            "confidence, power, margin, cases_for_margin}, early_stop: {planned, cases: [of each "
            "look], sentence} or null, budget: {caps, verdict: fits, may_stop, "
            "will_stop or unknown, cap, stops_at_row, sentence} or null}: low is every call "
            "answered at once, with the means of past_run, the newest of the eval's runs that "
            "called the model with the same parameters, or without one a token for every four "
            "bytes of a request and no output; high is the worst case that a budget reserves, the "
            "judge asked twice, requests_high with every retry; time_s is null when no run tells "
            "how long a call takes; reusable counts good replies in the best of the last runs, "
            "reused those of them that the policy takes; difference is the smallest that so many "
            "cases can show, sigma the deviation of a case's paired difference, taken from "
            "sigma_run or assumed when that is null",
        .errors = "not_found, bad_input, plugin, limit, io",
    },
    {
        .name = "run.list",
        .role = PROTO_OBSERVER,
        .doc = "Run groups, the newest first.",
        .params = {TEXT("eval", "only of this eval", NAME_MAX_BYTES),
                   COUNT("before", "only groups with a lower number", INT64_MAX), LIMIT},
        .result = "{runs: [{run, eval, state, outcome, dataset, cases, members, tag, requested_by, "
                  "created_ms, ended_ms, error}], next?}",
    },
    {
        .name = "run.show",
        .role = PROTO_OBSERVER,
        .doc = "The whole result of a run group; members, comparisons and verdicts are absent "
               "until it has ended, so that nobody is tempted to end it at a good moment.",
        .params = {RUN},
        .result =
            "{run, eval, state, outcome, headline, dataset: {name, version, hash, cases, "
            "selection?: {where, sample, seed, max_cases, of, sentence}}, tag, "
            "requested_by, created_ms, ended_ms, error, unknown_fate, unknown_calls: [{case, "
            "model, sample, role: model or judge, turn, attempt, found_ms}], primary, warnings: "
            "[string], pins: {plugins: [{metric, selector, hash, params, required}], judge: "
            "{model, id, provider, params} or null, models: [{model, id, provider, params}], "
            "samples, "
            "gate: {rule: value}, rank}, calls: {temperature, max_concurrent, request_delay_s} or "
            "null: "
            "as run.start said, pinned: {what the group was made of, in full, without names of "
            "keys}, progress: {done, total}, members: [{model, role: baseline or "
            "candidate, rows, ok, failed, missing, statuses: {status: count}, latency_n, "
            "latency_p50_ms, latency_p95_ms, latency_p99_ms, input_tokens, output_tokens, "
            "cost_usd, judge_cost_usd, cost_per_pass_usd, metrics: [{metric, n, mean, ci: [lo, "
            "hi] or null, ci_method, min, p10, median, max, pass_rate, na, errors, hist: [cases "
            "by score, in tenths]}], returned_ids: [{id, rows}], returned_ids_left_out}], "
            "comparisons: [{candidate, baseline, metric, n_pairs, "
            "unpaired, baseline_mean, candidate_mean, diff, ci, confidence, p, wins, losses, ties, "
            "policy, baseline_failed, candidate_failed, diff_if_dropped, p_holm, p_ni, "
            "p_ni_holm}], reference?: {run, metrics: [{metric, error: why it is not comparable, or "
            "null, notes, comparisons: [{model, n_pairs, diff, ci, confidence, p, wins, losses, "
            "ties, sentence}]}]}: against the run that is pinned, "
            "looks?: {planned, n_max, done: [{look, n, candidates: [{candidate, n_pairs, critical, "
            "diff, ci, confidence, decision: pass, fail, continue or inconclusive, waits_for}], "
            "before_requeue?}], stopped_at, cases_left_out, calls_saved, sentence}: of a run that "
            "has not ended too, "
            "verdicts: [{candidate, "
            "outcome, sentence, advice, more_cases, checks: [{name, outcome, observed, limit, "
            "sentence, more_cases, evidence: [case id], evidence_total}]}], tags: [{tag, cases, "
            "members: "
            "[{model, n, mean, ci}], comparisons: [{candidate, n_pairs, diff, ci, p, p_holm, "
            "wins, losses, ties, outcome, sentence}]}], tags_left_out, recommendations: "
            "[{candidate, action: deploy, keep or undecided, sentence, n}], best_of, overrides: "
            "[sentence], score_sets: "
            "[{set, metric, "
            "selector, hash, scored, errors, requested_by, created_ms}], rescoring: [as "
            "rescore.progress], journal: {policy, max_age_ms, of_run, reused, reused_from: [{run, "
            "calls}], saved_usd, spent_usd}, budget: {caps: {max_cost_usd, max_requests, "
            "max_tokens, output_tokens}, books: [{book: baseline, candidates or judge, spent: "
            "{requests, tokens, cost_usd}, reserved: {the same}, unknown: {the same}, overruns}], "
            "total: {the same}, assumed: [model]} or null, stopped: {by: budget, rows, total, "
            "sentence}}: cost_usd and judge_cost_usd are what the answers cost when they were "
            "made, 0 when that was nothing, null when it is not known; journal says how many "
            "exchanges were reused, which runs paid for them, and what this run spent itself; n "
            "and the numbers after it are of the cases that have a score of the metric, na and "
            "errors count rows: errors are those whose score the judge, a plugin or its worker "
            "failed to make, and they are in no mean; tags are of the primary metric, in byte "
            "order, of very many the largest: tags_left_out counts the rest; p_holm is p among "
            "those of the tags that are tested, with gate.tags.min_n pairs or more; returned_ids "
            "is who "
            "answered, as the API says, the most frequent first; checks_left_out counts those of "
            "a verdict that the answer has no room for, the least important first; a check's "
            "more_cases is how many would decide it, or null; score_sets are what run.rescore "
            "kept, "
            "rescoring is what it does now; unknown_fate counts the calls that may have been made "
            "without their reply being kept, since assayd was killed or the run cancelled; "
            "unknown_calls names the last 1,000 of them; of a budget, reserved is what calls "
            "under way may cost at most, unknown the part of spent that is a worst case because "
            "the reply was lost, overruns count replies that cost more than their worst case, "
            "assumed are models whose replies are bounded by output_tokens alone; stopped is "
            "absent unless the budget left rows out; p_ni is the p of a loss of the margin or more "
            "(one-sided, null without a margin and after planned looks), p_holm and p_ni_holm are "
            "adjusted over the "
            "candidates: the three stand in comparisons by the primary metric; best_of is null "
            "below two candidates, else a sentence on how much the best of them is overstated; "
            "what a result of an older assayd lacks is absent",
        .errors = "not_found",
    },
    {
        .name = "run.inflight",
        .role = PROTO_OBSERVER,
        .doc = "Every call that a run group's rows wait for, the oldest first.",
        .params = {RUN, LIMIT},
        .result =
            "{run, state, total, calls: [{case, model, sample, role: model or judge, where: queue, "
            "limiter, held, budget, journal, backoff, connect, first_byte or body, attempt, "
            "age_ms, "
            "attempt_age_ms, "
            "last_byte_ms, wait_ms, last_status, bytes}]}: model is the member's, of the judge's "
            "calls too; age_ms counts from when the call was asked for, attempt_age_ms from when "
            "the attempt in flight began, last_byte_ms from when its last byte came; wait_ms is "
            "until a call in backoff is tried again, after an answer of last_status, or until the "
            "provider's limiter lets one go; null where "
            "there is none",
        .errors = "not_found",
    },
    {
        .name = "run.why",
        .role = PROTO_OBSERVER,
        .doc = "What a run group is waiting for, in one line.",
        .params = {RUN},
        .result =
            "{run, state, why, waits: [{kind: model, judge, limit, backoff, budget, scorer, "
            "worker, store, cases, queue or held, name, count, oldest_ms, next_ms}], paused_by, "
            "paused_why, error}: what holds it up first, queues last; name is the model's, the "
            "plugin's or the provider's",
        .errors = "not_found",
    },
    {
        .name = "run.watch",
        .role = PROTO_OBSERVER,
        .doc = "Sends this connection what happens to a run group, until it has ended.",
        .params = {RUN},
        .result = "{run, state, outcome, done, total}: as it is now; when the state is final, "
                  "run.ended follows at once",
        .errors = "not_found",
        .notices =
            "`run.progress` {run, state, done, total, ok, failed, in_flight, cost_usd, rows_per_s, "
            "eta_s, calls_in_flight, errors: [{status, error_class, error, count, last_ms}]}, at "
            "most five a second: in_flight are rows, rows_per_s is that of the last half minute, "
            "eta_s is null while the run is paused or stands still, errors are the last five, each "
            "once; at the end `run.ended` {run, state, outcome, error}",
    },
    {
        .name = "run.pause",
        .role = PROTO_OPERATOR,
        .doc = "Pauses a run group: no further row begins; rows whose first call was sent go on "
               "to their end. It stays paused over a restart.",
        .params = {RUN,
                   {.name = "hold",
                    .type = PROTO_BOOL,
                    .doc = "send nothing more at all: retries and the judge wait too"},
                   WHY},
        .result = "{run, state}: paused, or held; it is on disk",
        .errors = "not_found, state, io",
    },
    {
        .name = "run.resume",
        .role = PROTO_OPERATOR,
        .doc = "Lets a paused run group go on.",
        .params = {RUN, WHY},
        .result = "{run, state}",
        .errors = "not_found, state",
    },
    {
        .name = "run.cancel",
        .role = PROTO_OPERATOR,
        .doc = "Ends a run group early. What was answered is kept.",
        .params = {RUN, WHY},
        .result = "{run, state}",
        .errors = "not_found, state",
    },
    {
        .name = "run.requeue",
        .role = PROTO_OPERATOR,
        .doc = "Does rows that failed again, while their run group is under way or after it has "
               "ended: then it opens again, and its verdict is made anew; the one before stays in "
               "run.log. Rows that are ok stay, and so does what they cost; replies that are good "
               "are reused.",
        .params = {RUN,
                   {.name = "statuses",
                    .type = PROTO_STRINGS,
                    .doc = "rows with these; when not given: model_error, timeout, judge_error, "
                           "scorer_error, cancelled",
                    .min = 1,
                    .max = 8},
                   TEXT("model", "only of this member", NAME_MAX_BYTES),
                   WHY},
        .result = "{run, rows}: so many will be done again",
        .errors = "not_found, bad_input, state, busy, plugin, io",
    },
    {
        .name = "run.log",
        .role = PROTO_OBSERVER,
        .doc = "What was done to a run group, by whom and why.",
        .params = {RUN, BEFORE_ENTRY, LIMIT},
        .result = LOG_RESULT,
        .errors = "not_found",
    },
    {.name = NULL},
};
