/* The methods of the protocol, third part: what runs have measured. Comparisons, replays and scores
 * that are made afterwards, decisions, rows, the journal, verdicts. */
#include "lib/proto_own.h"

const struct proto_method proto_result_methods[] = {
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
