/* The methods of the protocol, second part: run groups, their rows and verdicts, the journal. */
#include "lib/proto_own.h"

/* Caps of a run group: they set or lower those of its eval. */
#define MAX_COST NUMBER("max_cost_usd", "cap on what all calls cost, in dollars")
#define MAX_REQUESTS COUNT("max_requests", "cap on all requests, retries included", 1000000000000)
#define MAX_TOKENS COUNT("max_tokens", "cap on tokens, of input and output", 1000000000000000)

#define RUN NEED_ID("run", "the run group's number")

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
    {
        .name = "run.compare",
        .role = PROTO_OBSERVER,
        .doc = "Compares members of a run group, or of two, case by case. Two groups are refused "
               "when dataset, scorer, judge, system prompt, samples or failure policy differ.",
        .params = {RUN,
                   COUNT("other", "the second run group; when not given, within the first",
                         INT64_MAX),
                   TEXT("metric", "instead of the first group's primary metric", NAME_MAX_BYTES),
                   TEXT("baseline",
                        "a member of the first group; within it the baseline when not given, "
                        "across groups each name that both have",
                        NAME_MAX_BYTES),
                   TEXT("candidate", "a member of the second group; of one alone: all candidates",
                        NAME_MAX_BYTES),
                   {.name = "report",
                    .type = PROTO_OBJECT,
                    .doc = "what run.show told of an earlier run, in the place of the first group: "
                           "`run` is then the second. Needed are run, state, created_ms, dataset, "
                           "pinned and members. When its run is in this database that is compared, "
                           "case by case; else means are, unpaired"},
                   {.name = "force",
                    .type = PROTO_BOOL,
                    .doc = "compare what both groups have although they differ"}},
        .result =
            "{a: {run, eval, state, tag, created_ms}, b: {the same}, paired, metric, policy, "
            "forced: "
            "[sentence], notes: [sentence], comparisons: [{baseline, baseline_run, candidate, "
            "candidate_run, cases, only_baseline, only_candidate, n_pairs, unpaired, "
            "baseline_failed, candidate_failed, baseline_missing, candidate_missing, "
            "baseline_mean, baseline_ci, candidate_mean, candidate_ci, diff, ci, p, p_holm, wins, "
            "losses, ties, confidence, diff_if_dropped, baseline_passes?, candidate_passes?, "
            "mcnemar?: {exact, "
            "midp}, se_paired, se_unpaired, se_clustered, clusters, correlation, strata: "
            "[{stratum, n_pairs, baseline_mean, baseline_ci, candidate_mean, candidate_ci, diff, "
            "ci, p, p_holm, wins, losses, ties}], strata_left_out, tags: [{tag, the same}], "
            "tags_left_out, sentence}]}: forced names what "
            "differs and matters, and is empty unless force passed over it; notes say what else "
            "differs; confidence is the interval's: 0.95, and more after planned looks, where p is "
            "null; cases are those that both groups have, only_baseline and only_candidate "
            "those that one has; passes are there when every score is 0 or 1, mcnemar when there "
            "is a p too; "
            "se_unpaired is what the standard error would be without pairing; p_holm is adjusted "
            "for the number of comparisons, or of strata or tags, of which those of fewer than 20 "
            "pairs have none; of strata and tags, those of the first run's cases, the first 100 in "
            "byte order are there, fewer beside many comparisons; one that is not paired has of "
            "all these the two sides' n, mean, ci, failed and missing, diff, ci and sentence",
        .errors = "not_found, bad_input, state",
    },
    {
        .name = "run.replay",
        .role = PROTO_OPERATOR,
        .doc = "Starts a replay of a run group that is done: a group of its own that derives every "
               "score, the statistics and the verdict again from the run's own exchanges, cases "
               "and plugin sources. It calls nothing; what the journal lacks ends it.",
        .params = {RUN, WHY},
        .result = "{run, of_run}: run is the replay's number",
        .errors = "not_found, state, plugin, io",
    },
    {
        .name = "run.replay_check",
        .role = PROTO_OBSERVER,
        .doc = "Compares a replay that has ended with the run that it replays: every row with its "
               "scores, and the result byte by byte.",
        .params = {RUN},
        .result = "{run, of_run, eval, state, error, equal, rows, rows_different, differences: "
                  "[{case, model, sample, field, was, is}], result_equal, result_differences: "
                  "[{at, was, is}], result_new: [part], outcome_was, outcome_is}: the first 20 "
                  "differences of each kind, long texts cut; result_new are parts that the "
                  "original lacks because an older assayd made it, which is no difference; of a "
                  "replay that failed, state and error alone say why",
        .errors = "not_found, state, io",
    },
    {
        .name = "run.rescore",
        .role = PROTO_OPERATOR,
        .doc = "Scores a run group's stored outputs with another version of a scorer, with the "
               "parameters that the run gave it. No model is called and the run's own scores stay: "
               "the new ones are kept beside them as a score set. Answers when it is done; a "
               "caller that goes away cancels it.",
        .params = {RUN,
                   NEED_TEXT("scorer", "NAME, NAME@1, NAME@1.2.0 or NAME@sha256:HEX, live",
                             SELECTOR_MAX_BYTES),
                   TEXT("metric", "which, when the scorer made several metrics of the run",
                        NAME_MAX_BYTES),
                   WHY},
        .result = "{run, eval, set, " RESCORED "}",
        .errors = "not_found, bad_input, state, busy, io, cancelled",
        .notices = RESCORE_PROGRESS,
    },
    {
        .name = "run.scores",
        .role = PROTO_OBSERVER,
        .doc = "The score sets that run.rescore kept of a run group, or one of them with what it "
               "answered.",
        .params = {RUN, COUNT("set", "only this set, with its summary", INT64_MAX)},
        .result = "{run, eval, score_sets: [{set, metric, selector, hash, scored, errors, "
                  "requested_by, created_ms, summary?}]}: summary is the result of run.rescore, "
                  "null of a set that an older assayd made",
        .errors = "not_found",
    },
    {
        .name = "run.drop_scores",
        .role = PROTO_OPERATOR,
        .doc = "Deletes a score set of a run group, and the plugin's source with it when nothing "
               "else refers to it. The run's own scores cannot be deleted.",
        .params = {RUN, NEED_ID("set", "the score set's number"), WHY},
        .result = "{run, set, metric, selector, hash, scored, errors, requested_by, created_ms}: "
                  "what is gone",
        .errors = "not_found, io",
    },
    {
        .name = "run.flips",
        .role = PROTO_OBSERVER,
        .doc = "Cases that one side has right and the other has wrong, the surest first: by the "
               "size of the difference, then by agreement, then by the bytes of the case id. Right "
               "is a score that reaches the gate's pass threshold. Of two runs the candidate is of "
               "the other; they are refused as by run.compare.",
        .params = {RUN,
                   COUNT("other", "the run that the candidate is of; run when not given",
                         INT64_MAX),
                   TEXT("baseline",
                        "a member of run; when not given the run's baseline, or with two runs the "
                        "member that both have",
                        NAME_MAX_BYTES),
                   TEXT("candidate",
                        "a member of run, or of other; when not given the only one there is",
                        NAME_MAX_BYTES),
                   TEXT("metric", "the primary metric when not given", NAME_MAX_BYTES),
                   TEXT("to", "only these: pass (wrong to right) or fail (right to wrong)", 8),
                   {.name = "force", .type = PROTO_BOOL, .doc = "as in run.compare"},
                   {.name = "with_cases",
                    .type = PROTO_BOOL,
                    .doc = "each case too, as dataset.import_chunk takes it"},
                   TEXT("after", "the `next` of the page before", NAME_MAX_BYTES),
                   LIMIT},
        .result =
            "{eval, metric, pass_threshold, baseline: {run, model}, candidate: {run, model}, "
            "forced: [string], compared, not_compared, to_pass, to_fail, flips: [{case, to: pass "
            "or fail, "
            "difference, agreement, critical, tags, baseline: {score, samples, agreeing, sample, "
            "status, error, label, reason, text}, candidate: {the same}, json?}], next?}: score is "
            "the mean over the samples, agreeing counts those that say the same as it of the "
            "threshold, agreement is the smaller share of them of the two sides; sample and what "
            "follows are of the first that agrees; not_compared cases have no score on one side; "
            "the counts are of the whole run, whatever `to` says; json is the case with its "
            "origin in metadata.from_runs",
        .errors = "not_found, bad_input, state, io, limit",
    },
    {
        .name = "run.report",
        .role = PROTO_OBSERVER,
        .doc = "The report of a run group, as a file's text in pages.",
        .params = {RUN,
                   NEED_TEXT("format", "csv, html, jsonl, junit or md", 16),
                   TEXT("after", "the `next` of the page before", 128),
                   COUNT("with_run", "an earlier run group, to be compared with it in the report",
                         INT64_MAX),
                   {.name = "with_report",
                    .type = PROTO_OBJECT,
                    .doc = "what run.show told of an earlier run, in its place, as run.compare "
                           "takes it"}},
        .result = "{text, next?}: the pages' texts one after the other are the file",
        .errors = "not_found, bad_input, io",
    },
    {
        .name = "run.rank",
        .role = PROTO_OBSERVER,
        .doc = "Quality, cost and latency of a run group's members against each other: the Pareto "
               "front, who dominates whom, and a composite where weights and ranges are declared.",
        .params = {RUN,
                   {.name = "weights",
                    .type = PROTO_STRINGS,
                    .doc =
                        "AXIS=WEIGHT, like quality=0.7; with ranges they take the place of those "
                        "that the group pinned",
                    .min = 1,
                    .max = 3},
                   {.name = "ranges",
                    .type = PROTO_STRINGS,
                    .doc = "AXIS=WORST:BEST, like quality=0.5:1, cost=0.01:0 (dollars of an "
                           "answer), latency=5000:500 (ms)",
                    .min = 1,
                    .max = 3}},
        .result =
            "{run, eval, primary, cases, policy, axes: [quality, cost and latency that some member "
            "has], members: [{model, role, n, quality, ci, cost_n, cost_usd, cost_ci, latency_n, "
            "latency_p50_ms, latency_p95_ms, front, not_comparable, dominated_by: [{model, "
            "n_pairs, diff, ci, sentence}], composite}], composite: {weights: {axis: weight}, "
            "ranges: {axis: [worst, best]}, source: pinned or given} or null, notes: [string]}: "
            "by composite, else by quality; quality is the primary metric's mean over the "
            "member's cases under the failure policy, cost_usd that of one answer, null when "
            "unpriced; the latency axis is the 95th percentile; front is null, and "
            "not_comparable says why, for a member without a number that others have; diff is "
            "the dominating member's quality less this one's, in pairs",
        .errors = "not_found, state, bad_input, io",
    },
    {
        .name = "run.project",
        .role = PROTO_OBSERVER,
        .doc = "What each member's model would cost in production, from what its answers cost in "
               "a run group.",
        .params = {RUN,
                   {.name = "requests_per_day",
                    .type = PROTO_NUMBER,
                    .is_required = true,
                    .doc = "how many requests production has"}},
        .result =
            "{run, eval, primary, cases, requests_per_day, days_per_month: 30.44, members: "
            "[{model, role, n, input_tokens, output_tokens, cost_usd, cost_ci, month_usd, "
            "month_ci, difference_n, difference_month_usd, difference_ci, passes, "
            "cost_per_pass_usd}], judge: {run_usd, answer_usd} or null, notes: [string]}: n cases "
            "have a price; tokens and cost_usd are of one answer; intervals are Student's t over "
            "cases, 95 %; difference is to the baseline, in pairs, absent of the baseline itself; "
            "dollars are null when unpriced; the judge is in none of them",
        .errors = "not_found, state, bad_input, io",
    },
    {
        .name = "row.list",
        .role = PROTO_OBSERVER,
        .doc = "Rows of a run group, by case, sample and member.",
        .params = {RUN,
                   TEXT("status",
                        "only with this status: ok, model_error, timeout, refused, "
                        "judge_error, scorer_error, skipped or cancelled",
                        32),
                   TEXT("model", "only of this member", NAME_MAX_BYTES),
                   TEXT("metric", "what min and max are about; the primary metric when not given",
                        NAME_MAX_BYTES),
                   NUMBER("min", "only rows whose score is at least this"),
                   NUMBER("max", "only rows whose score is at most this"),
                   TEXT("after", "the `next` of the page before", 128), LIMIT},
        .result = "{rows: [{case, model, sample, status, error, latency_ms, scores: {metric: "
                  "number or null}}], next?}",
        .errors = "not_found, bad_input",
    },
    {
        .name = "row.show",
        .role = PROTO_OBSERVER,
        .doc = "Everything about one case of a run group: what was asked, what each member "
               "answered, how it was scored.",
        .params = {RUN, NEED_TEXT("case", "the case's id", NAME_MAX_BYTES)},
        .result =
            "{run, case: {id, json}, rows: [{model, sample, status, error_class, error, "
            "text, finish_reason, model_id, latency_ms, input_tokens, output_tokens, "
            "cost_usd, tool_calls, attempts: [{role: model or judge, attempt, outcome, "
            "http_status, sent_ms, total_ms, first_byte_ms, error}], scores: [{metric, "
            "selector, hash, score, pass, label, reason, na, details?}], rescored: [{set, "
            "metric, selector, hash, error_class, score, pass, label, reason, na, "
            "details?}], request, judge: {question, reply} or null}]}: request is the body "
            "as it was sent; scores has none of a metric whose scorer, rubric or judge failed "
            "(error says so); rescored is what the run's score sets say",
        .errors = "not_found, limit",
    },
    {
        .name = "row.retry",
        .role = PROTO_OPERATOR,
        .doc = "Does a case's rows that failed again, as run.requeue does.",
        .params = {RUN,
                   NEED_TEXT("case", "the case's id", NAME_MAX_BYTES),
                   TEXT("model", "only of this member", NAME_MAX_BYTES),
                   {.name = "sample",
                    .type = PROTO_INT,
                    .doc = "only this sample; 0 is the first",
                    .min = 0,
                    .max = 1000},
                   WHY},
        .result = "{run, rows}: so many will be done again",
        .errors = "not_found, state, busy, plugin, io",
    },
    {
        .name = "journal.stats",
        .role = PROTO_OBSERVER,
        .doc = "What the journal holds, by model, role and outcome.",
        .result = "{runs, exchanges, reused, raw_bytes, stored_bytes, unsized, oldest_ms, "
                  "newest_ms, models: [{model, role: model or judge, outcome, exchanges, reused, "
                  "raw_bytes, stored_bytes}], prunable: {runs, exchanges, reused, raw_bytes, "
                  "stored_bytes}}: reused exchanges were paid for by another run; the bytes leave "
                  "out the unsized ones, which an older assayd kept; prunable are runs without a "
                  "tag that ended 30 days ago or more",
        .errors = "io, cancelled",
    },
    {
        .name = "journal.verify",
        .role = PROTO_OBSERVER,
        .doc = "Checks that the journal holds what was written to it: the hash chain of each "
               "run's exchanges, that their bodies decode, that identities are those of their "
               "requests, and that no row lacks its reply.",
        .params = {{.name = "run",
                    .type = PROTO_INT,
                    .doc = "only this one",
                    .min = 1,
                    .max = INT64_MAX}},
        .result = "{ok, runs, exchanges, unchained, found, findings: [{run, case, model, sample, "
                  "role, turn, attempt, problem}]}: the first 100 findings; of a row there is no "
                  "role, of a run as a whole no case; unchained exchanges were kept before there "
                  "was a chain",
        .errors = "not_found, io, cancelled",
    },
    {
        .name = "journal.prune",
        .role = PROTO_ADMIN,
        .doc = "Takes finished runs out of the database, each as a whole: its record, rows, "
               "exchanges and score sets, and the plugin sources that nothing else needs. Runs "
               "with a tag stay, and so do datasets. What another run reused stays with that run.",
        .params = {TEXT("older_than", "only runs that ended so long ago, like 30d", 32),
                   COUNT("keep_last", "not the last N of each eval", 1000000),
                   {.name = "dry_run", .type = PROTO_BOOL, .doc = "only say what would go"},
                   WHY},
        .result = "{dry_run, runs: [{run, eval, ended_ms, exchanges, stored_bytes}], exchanges, "
                  "stored_bytes}: older_than, keep_last or both have to be given",
        .errors = "bad_input, io, cancelled",
    },
    {
        .name = "verdict.show",
        .role = PROTO_OBSERVER,
        .doc = "What the gate said of a run group that has ended.",
        .params = {RUN},
        .result =
            "{run, eval, state, outcome: pass, fail, undecided or null (no gate, or the run "
            "failed), headline, candidates: [{candidate, outcome, sentence, advice, more_cases, "
            "checks: [{name, outcome: PASS, FAIL, INCONCLUSIVE or SKIP, observed, limit, "
            "sentence, more_cases, evidence: [case id], evidence_total}]}], warnings, "
            "recommendations, best_of, overrides: as in "
            "run.show, null of an older assayd}",
        .errors = "not_found, state",
    },
    {.name = NULL},
};
