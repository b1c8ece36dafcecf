/* What a run group was made of, fixed by content when it started: dataset, members, metrics, judge,
 * prices, gate.
 *
 * Pins are made from an eval, the configuration and the live plugins; written into the group's
 * record as JSON; and read back from there after a restart, when every plugin version is adopted
 * from its stored source. From then on nothing that changes in a folder or in the configuration
 * changes the group, but limits (concurrency, deadlines) of a model that still exists under its
 * name. */
#ifndef DAEMON_ENGINE_PINS_H
#define DAEMON_ENGINE_PINS_H

#include "daemon/config/config.h"
#include "daemon/model/call_rules.h"
#include "daemon/model/selection_rules.h"
#include "daemon/plugin/registry.h"
#include "daemon/store/store.h"
#include "lib/json.h"

#define PINS_MAX_MEMBERS (EVAL_MAX_CANDIDATES + 1)
#define PINS_MAX_METRICS EVAL_MAX_METRICS
#define PINS_NO_RUBRIC (-1)

/* A model as it is called: its spec and the version of its provider plugin. */
struct pin_model {
    struct model_spec spec;
    struct plugin_version *provider; /* a reference; NULL for the recorded answers */
    struct as_sha256 provider_hash;
    uint64_t lane; /* of transport; 0 for the recorded answers */
    /* The most tokens of a reply; is_assumed: its params set no limit, the budget's word counts. */
    int64_t output_tokens;
    bool is_assumed;
};

struct pin_metric {
    const char *name;
    const char *selector; /* "exact_match@1.2.0": what it resolved to */
    const char *params_json;
    struct plugin_version *version; /* a reference */
    struct as_sha256 hash;
    bool is_required; /* the judge is asked only if it passes */
};

struct pins {
    const char *eval_name;
    const char *dataset_name;
    uint32_t dataset_version;
    struct as_sha256 dataset_hash;
    struct pin_model members[PINS_MAX_MEMBERS]; /* 0 is the baseline */
    size_t member_count;
    struct pin_metric metrics[PINS_MAX_METRICS]; /* scorers, then the rubric */
    size_t metric_count;
    int rubric;             /* index of the rubric's metric, or PINS_NO_RUBRIC */
    struct pin_model judge; /* when there is a rubric */
    size_t primary;
    const char *system; /* NULL = none */
    uint32_t samples;
    bool is_scheduled;   /* its calls go behind those of runs that someone waits for */
    uint32_t looks;      /* that were planned; 0 = none */
    uint64_t order_seed; /* of the order of the cases (model/case_order.h), when there are looks */
    struct budget_rules budget;
    struct gate_rules gate;
    struct journal_rules journal;
    struct rank_rules rank;
    struct selection_rules selection; /* which cases of the dataset version */
    struct call_rules calls;          /* the members' temperature stands in their specs too */
    struct as_arena arena;
};

struct run_overrides {
    const char *const *models; /* candidates instead of the eval's; NULL = as the eval says */
    size_t model_count;
    struct selection_rules selection; /* max_cases 0 = as the eval says */
    struct call_rules calls;
    uint32_t samples;                    /* 0 = as the eval says */
    bool is_scheduled;                   /* behind runs that someone waits for */
    bool has_no_looks;                   /* every case is run, whatever the eval says */
    const struct journal_rules *journal; /* NULL = as the eval says */
    struct budget_rules budget;          /* caps that set or lower those of the eval */
};

void run_overrides_init(struct run_overrides *overrides); /* everything as the eval says */

/* Resolves every name now. dataset is what the eval's selector found. */
int pins_resolve(const struct eval_def *eval, const struct config *config,
                 struct registry *registry, const struct dataset_info *dataset,
                 const struct run_overrides *overrides, struct pins **ret_pins,
                 struct as_err *err) AS_MUST_USE;
void pins_free(struct pins *pins); /* gives the plugin references back */

bool pins_is_recorded(const struct pin_model *model);
/* How many members before this one call the same model with the same parameters: requests of theirs
 * look alike, and each must get an answer of its own. */
uint32_t pins_twins_before(const struct pins *pins, uint32_t member);
size_t pins_scorer_count(const struct pins *pins); /* metrics without the rubric */
/* Fills in output_tokens of every model. Done by pins_resolve and pins_from_json. */
void pins_bound_outputs(struct pins *pins);

struct as_json *pins_to_json(const struct pins *pins);
/* Versions are NULL until pins_adopt. AS_ECORRUPT when the text is not what pins_to_json wrote. */
int pins_from_json(const char *text, struct pins **ret_pins, struct as_err *err) AS_MUST_USE;

/* Each plugin version that pins refer to, once: its hash and the places that hold it. */
typedef void (*pins_slot_fn)(void *ctx, const struct as_sha256 *hash, const char *label,
                             struct plugin_version **slot);
void pins_each_plugin(struct pins *pins, pins_slot_fn fn, void *ctx);

#endif
