/* Why the tables look as they do. What is scanned by the thousand (cases, rows, exchanges) lies in
 * narrow WITHOUT ROWID tables whose primary key is the order in which they are read, so no further
 * index is paid for. Each of them has a second table for its texts (its name ends in "_body"),
 * appended in the order of writing and fetched by number: a B-tree keyed by position would waste
 * most of a page for every text over 2 KB. A body is a BLOB of codec.h.
 *
 * exchange: body_id grows with time, so the end of its key is the order in which attempts were
 * kept. run_row.scores: numbers and labels of all metrics, packed (rows.c); as child rows they cost
 * a third of the speed. Enums are kept as their numbers (daemon/model/row.h, transport/journal.h).
 * A staged dataset has no version yet; a case list (case_list.c) never has one, but a parent. A
 * score_set that is not whole yet has no ended_ms. */
#include "daemon/store/schema.h"

static const char version_1[] =
    "CREATE TABLE dataset ("
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL, version INTEGER, hash BLOB, format TEXT,"
    "  case_count INTEGER NOT NULL DEFAULT 0, critical_count INTEGER NOT NULL DEFAULT 0,"
    "  recorded_count INTEGER NOT NULL DEFAULT 0, created_ms INTEGER NOT NULL DEFAULT 0,"
    "  UNIQUE (name, version)"
    ") STRICT;"

    "CREATE TABLE case_body (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE dataset_case ("
    "  dataset_id INTEGER NOT NULL REFERENCES dataset (id), seq INTEGER NOT NULL, id TEXT NOT NULL,"
    "  is_critical INTEGER NOT NULL, cluster TEXT, stratum TEXT, body_id INTEGER NOT NULL,"
    "  PRIMARY KEY (dataset_id, seq), UNIQUE (dataset_id, id)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE plugin_source ("
    "  hash BLOB NOT NULL UNIQUE, label TEXT NOT NULL, body BLOB NOT NULL"
    ") STRICT;"

    "CREATE TABLE run_group ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, eval_name TEXT NOT NULL, state INTEGER NOT NULL,"
    "  dataset_id INTEGER NOT NULL REFERENCES dataset (id), case_count INTEGER NOT NULL,"
    "  member_count INTEGER NOT NULL, sample_count INTEGER NOT NULL, outcome TEXT, error TEXT,"
    "  requested_by TEXT, tag TEXT, created_ms INTEGER NOT NULL,"
    " ended_ms INTEGER NOT NULL DEFAULT 0,"
    "  unknown_fate INTEGER NOT NULL DEFAULT 0, pins BLOB NOT NULL, result BLOB"
    ") STRICT;"
    "CREATE INDEX run_group_by_eval ON run_group (eval_name, id);"

    "CREATE TABLE intent ("
    "  group_id INTEGER NOT NULL, case_seq INTEGER NOT NULL, sample INTEGER NOT NULL,"
    "  member INTEGER NOT NULL, role INTEGER NOT NULL, turn INTEGER NOT NULL,"
    "  PRIMARY KEY (group_id, case_seq, sample, member, role, turn)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE exchange_body (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE exchange ("
    "  group_id INTEGER NOT NULL, case_seq INTEGER NOT NULL, sample INTEGER NOT NULL,"
    "  member INTEGER NOT NULL, body_id INTEGER NOT NULL, role INTEGER NOT NULL,"
    " turn INTEGER NOT NULL,"
    "  attempt INTEGER NOT NULL, identity BLOB NOT NULL, outcome INTEGER NOT NULL,"
    "  http_status INTEGER NOT NULL, sent_ms INTEGER NOT NULL, connect_us INTEGER NOT NULL,"
    "  first_byte_us INTEGER NOT NULL, total_us INTEGER NOT NULL,"
    "  PRIMARY KEY (group_id, case_seq, sample, member, body_id)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE row_body (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE run_row ("
    "  group_id INTEGER NOT NULL, case_seq INTEGER NOT NULL, sample INTEGER NOT NULL,"
    "  member INTEGER NOT NULL, status INTEGER NOT NULL, latency_ms REAL, cost_usd REAL,"
    "  judge_cost_usd REAL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,"
    "  scores BLOB NOT NULL, cached_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL,"
    "  attempts INTEGER NOT NULL, ended_ms INTEGER NOT NULL, error_class TEXT, error TEXT,"
    "  finish_reason TEXT, model_id TEXT, body_id INTEGER,"
    "  PRIMARY KEY (group_id, case_seq, sample, member)"
    ") STRICT, WITHOUT ROWID;"

    "PRAGMA application_id = 0x61737379;"
    "PRAGMA user_version = 1;";

/* An attempt that ends must not take away the intent of the next one. */
static const char version_2[] = "ALTER TABLE intent ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;"
                                "PRAGMA user_version = 2;";

/* Scores that another version of a scorer gave to a group's outputs afterwards. */
static const char version_3[] =
    "CREATE TABLE score_set ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  group_id INTEGER NOT NULL REFERENCES run_group (id), metric INTEGER NOT NULL,"
    "  metric_name TEXT NOT NULL, selector TEXT NOT NULL, hash BLOB NOT NULL,"
    "  params TEXT NOT NULL, requested_by TEXT, created_ms INTEGER NOT NULL,"
    "  ended_ms INTEGER NOT NULL DEFAULT 0, scored INTEGER NOT NULL DEFAULT 0,"
    "  errors INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE INDEX score_set_by_group ON score_set (group_id);"

    "CREATE TABLE set_score_body (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE set_score ("
    "  set_id INTEGER NOT NULL, case_seq INTEGER NOT NULL, sample INTEGER NOT NULL,"
    "  member INTEGER NOT NULL, error_class TEXT, score BLOB NOT NULL, body_id INTEGER NOT NULL,"
    "  PRIMARY KEY (set_id, case_seq, sample, member)"
    ") STRICT, WITHOUT ROWID;"

    "PRAGMA user_version = 3;";

/* Who changed what. target is a text, so that a limit or a plugin has entries as a group has. */
static const char version_4[] =
    "CREATE TABLE audit ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, who TEXT NOT NULL,"
    "  action TEXT NOT NULL, target TEXT NOT NULL, why TEXT, detail TEXT"
    ") STRICT;"
    "CREATE INDEX audit_by_target ON audit (target, id);"

    "PRAGMA user_version = 4;";

/* Intents that a crash left behind used to be counted only. */
static const char version_5[] =
    "CREATE TABLE unknown_call ("
    "  id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, case_seq INTEGER NOT NULL,"
    "  sample INTEGER NOT NULL, member INTEGER NOT NULL, role INTEGER NOT NULL,"
    "  turn INTEGER NOT NULL, attempt INTEGER NOT NULL, found_ms INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX unknown_call_by_group ON unknown_call (group_id, id);"

    "PRAGMA user_version = 5;";

/* Replies that other groups reuse. Identities fall on random places of an index: over a million of
 * them, every batch would write every page of it (8 times the bytes of the batch itself, measured).
 * So it is many small ones in a row, one for each 4,096 exchanges in the order of writing, of which
 * only the last is written to; a look-up asks them all, the newest first, at some 2 us each. Four
 * bytes of the identity do: what shares them is told apart by the whole. The query in exchanges.c
 * repeats these expressions. */
static const char version_6[] =
    "ALTER TABLE exchange ADD COLUMN paid_by INTEGER;"
    "ALTER TABLE run_row ADD COLUMN saved_usd REAL NOT NULL DEFAULT 0;"
    "CREATE INDEX exchange_by_identity ON exchange (body_id / 4096, substr(identity, 1, 4))"
    "  WHERE outcome = 0 AND http_status BETWEEN 200 AND 299 AND paid_by IS NULL;"
    "PRAGMA user_version = 6;";

/* A row that is done again passes over its replies of this role up to this one: requeue.c. */
static const char version_7[] =
    "CREATE TABLE superseded ("
    "  group_id INTEGER NOT NULL, case_seq INTEGER NOT NULL, sample INTEGER NOT NULL,"
    "  member INTEGER NOT NULL, role INTEGER NOT NULL, body_id INTEGER NOT NULL,"
    "  PRIMARY KEY (group_id, case_seq, sample, member, role)"
    ") STRICT, WITHOUT ROWID;"

    "PRAGMA user_version = 7;";

/* What a budget is derived from after a restart: the size of each request, a call of unknown fate
 * among them, and what its reply cost. */
static const char version_8[] =
    "ALTER TABLE intent ADD COLUMN request_bytes INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE exchange ADD COLUMN request_bytes INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE unknown_call ADD COLUMN request_bytes INTEGER NOT NULL DEFAULT 0;"

    "CREATE TABLE call_usage ("
    "  group_id INTEGER NOT NULL, case_seq INTEGER NOT NULL, sample INTEGER NOT NULL,"
    "  member INTEGER NOT NULL, role INTEGER NOT NULL, turn INTEGER NOT NULL,"
    "  sent_ms INTEGER NOT NULL, tokens INTEGER NOT NULL, usd_nano INTEGER NOT NULL,"
    "  PRIMARY KEY (group_id, case_seq, sample, member, role, turn, sent_ms)"
    ") STRICT, WITHOUT ROWID;"

    "PRAGMA user_version = 8;";

/* What moved, as run.rescore answered; sets of before have none. */
static const char version_9[] = "ALTER TABLE score_set ADD COLUMN summary BLOB;"
                                "PRAGMA user_version = 9;";

/* A hash chain over each group's exchanges (chain.h), what they take, and groups that are being
 * pruned: they are gone from run_group, and their rest goes piece by piece (prune.c). */
static const char version_10[] =
    "ALTER TABLE exchange_body ADD COLUMN chain BLOB;"
    "ALTER TABLE exchange ADD COLUMN raw_bytes INTEGER;"
    "ALTER TABLE exchange ADD COLUMN stored_bytes INTEGER;"

    "CREATE TABLE journal_end ("
    "  group_id INTEGER PRIMARY KEY, exchanges INTEGER NOT NULL, hash BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE pruning ("
    "  group_id INTEGER PRIMARY KEY, case_count INTEGER NOT NULL, next_seq INTEGER NOT NULL"
    ") STRICT;"

    "PRAGMA user_version = 10;";

/* The cases of a group that does not take the first ones of its dataset version. */
static const char version_11[] =
    "ALTER TABLE dataset ADD COLUMN parent_id INTEGER REFERENCES dataset (id);"
    "PRAGMA user_version = 11;";

/* Planned looks, each written before the group goes on by it. */
static const char version_12[] =
    "CREATE TABLE look ("
    "  group_id INTEGER NOT NULL, look INTEGER NOT NULL, cases INTEGER NOT NULL,"
    "  is_last INTEGER NOT NULL, is_kept INTEGER NOT NULL, body TEXT NOT NULL,"
    "  PRIMARY KEY (group_id, look)"
    ") STRICT, WITHOUT ROWID;"

    "PRAGMA user_version = 12;";

/* Times of schedules, and how far each schedule was looked through. */
static const char version_13[] =
    "CREATE TABLE schedule_mark ("
    "  eval TEXT NOT NULL, schedule TEXT NOT NULL, seen_ms INTEGER NOT NULL,"
    "  is_disabled INTEGER NOT NULL, was_off INTEGER NOT NULL,"
    "  PRIMARY KEY (eval, schedule)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE schedule_time ("
    "  eval TEXT NOT NULL, schedule TEXT NOT NULL, due_ms INTEGER NOT NULL,"
    "  state INTEGER NOT NULL, is_late INTEGER NOT NULL, is_manual INTEGER NOT NULL,"
    "  run INTEGER NOT NULL, at_ms INTEGER NOT NULL, why TEXT,"
    "  PRIMARY KEY (eval, schedule, due_ms)"
    ") STRICT, WITHOUT ROWID;"

    "PRAGMA user_version = 13;";

/* What happened, for whoever wants to be told of it. */
static const char version_14[] =
    "CREATE TABLE event ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, kind TEXT NOT NULL,"
    "  is_over INTEGER NOT NULL, eval TEXT, subject TEXT, run INTEGER NOT NULL,"
    "  text TEXT NOT NULL, detail TEXT"
    ") STRICT;"

    "PRAGMA user_version = 14;";

/* Who set which baseline: only ever added to. */
static const char version_15[] =
    "CREATE TABLE baseline_pin ("
    "  id INTEGER PRIMARY KEY, eval TEXT NOT NULL, kind INTEGER NOT NULL, model TEXT, run INTEGER,"
    "  at_ms INTEGER NOT NULL, who TEXT NOT NULL, why TEXT"
    ") STRICT;"
    "CREATE INDEX baseline_pin_by_eval ON baseline_pin (eval, id);"

    "PRAGMA user_version = 15;";

/* Runs for looking at many of them. Those of before are there, and are made anew in silence. */
static const char version_16[] =
    "CREATE TABLE run_summary ("
    "  run INTEGER PRIMARY KEY, reference INTEGER NOT NULL, body TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX run_summary_by_reference ON run_summary (reference);"
    "INSERT INTO run_summary (run, reference, body)"
    "  SELECT id, -1, '{}' FROM run_group WHERE ended_ms > 0;"

    "PRAGMA user_version = 16;";

/* Files of inboxes. One of the same bytes is the same file, whatever its name. */
static const char version_17[] =
    "CREATE TABLE inbox_file ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, dataset TEXT NOT NULL, hash BLOB NOT NULL,"
    "  name TEXT NOT NULL, bytes INTEGER NOT NULL, taken_ms INTEGER NOT NULL,"
    "  is_refused INTEGER NOT NULL, good INTEGER NOT NULL, known INTEGER NOT NULL,"
    "  bad INTEGER NOT NULL, version INTEGER NOT NULL, why TEXT,"
    "  UNIQUE (dataset, hash)"
    ") STRICT;"

    "PRAGMA user_version = 17;";

/* Which model was put in force for an eval, and what was taken back: promotions.c. */
static const char version_18[] =
    "CREATE TABLE promotion ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, is_demotion INTEGER NOT NULL, eval TEXT NOT NULL,"
    "  model TEXT NOT NULL, run INTEGER NOT NULL, at_ms INTEGER NOT NULL, who TEXT NOT NULL,"
    "  why TEXT, outcome TEXT, reason TEXT, differences TEXT, model_json TEXT,"
    "  baseline TEXT NOT NULL, previous INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX promotion_by_eval ON promotion (eval, id);"

    "PRAGMA user_version = 18;";

/* Cases that the redactor left out. */
static const char version_19[] =
    "ALTER TABLE inbox_file ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;"
    "PRAGMA user_version = 19;";

/* Conditions that people are told of once, and what was sent to them. */
static const char version_20[] =
    "CREATE TABLE alert_mark (id INTEGER PRIMARY KEY, event_id INTEGER NOT NULL) STRICT;"
    "CREATE TABLE alert ("
    "  eval TEXT NOT NULL, subject TEXT NOT NULL, condition TEXT NOT NULL, kind TEXT NOT NULL,"
    "  is_bad INTEGER NOT NULL, since_ms INTEGER NOT NULL, since_run INTEGER NOT NULL,"
    "  run INTEGER NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (eval, subject, condition)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE delivery ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, event_id INTEGER NOT NULL, eval TEXT NOT NULL,"
    "  rule TEXT NOT NULL, state INTEGER NOT NULL, tries INTEGER NOT NULL,"
    "  made_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, outcome TEXT"
    ") STRICT;"
    "CREATE INDEX delivery_that_is_due ON delivery (id) WHERE state = 0;"

    "PRAGMA user_version = 20;";

const char *const schema_steps[STORE_SCHEMA_VERSION] = {
    version_1,  version_2,  version_3,  version_4,  version_5,  version_6,  version_7,
    version_8,  version_9,  version_10, version_11, version_12, version_13, version_14,
    version_15, version_16, version_17, version_18, version_19, version_20,
};
