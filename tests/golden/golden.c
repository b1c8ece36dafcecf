/* The comparison: walks the expected tree, never ours, so that a number of ours without a
 * counterpart is no error and an expected one that we lack is counted. Tolerance as README.md
 * says: 1e-9 absolute plus relative, and 1e-6 relative for small p-values. */
#include "tests/golden/golden.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE 1e-9
#define SMALL_P 1e-6
#define PATH_MAX_BYTES 512
#define NOT_PRODUCED_NAMED 10 /* of one case */

struct kind_row {
    const char *kind;
    golden_produce_fn produce;
    bool has_no_file; /* its inputs stand among the options or the expected numbers */
};

static const struct kind_row kind_rows[] = {
    {"paired", golden_paired, false},
    {"gate", golden_gate, false},
    {"proportion_ci", golden_proportions, false},
    {"latency_cost", golden_latency_cost, false},
    {"power", golden_power, true},
    {"rng", golden_rng, true},
    {"agreement", golden_agreement, false},
    {"krippendorff", golden_krippendorff, false},
    {"ppi_paired_diff", golden_ppi, false},
    {"rogan_gladen", golden_rogan_gladen, true},
    {"bradley_terry", golden_bradley_terry, false},
    {"multiplicity", golden_multiplicity, false},
    {"eprocess", golden_eprocess, false},
    {"group_sequential", golden_group_sequential, false},
    {"cusum", golden_cusum, false},
    {"composite", golden_composite, true},
    {"epochs", golden_epochs, false},
};

struct walk {
    FILE *log;
    struct golden_counts *counts;
    char path[PATH_MAX_BYTES];
    const struct as_json *ours; /* the object whose members are being walked */
    bool is_absent;
    size_t named; /* numbers of this case that were reported as not produced */
};

struct as_json *golden_bounds(double low, double high)
{
    struct as_json *array = as_json_array();
    as_json_push_take(array, as_json_new_num(low));
    as_json_push_take(array, as_json_new_num(high));
    return array;
}

static bool is_p_value(const char *path)
{
    static const char *const names[] = {"p",    "p_ni",        "t_p",      "exact",
                                        "midp", "sign_test_p", "p_normal", "p_exact"};
    const char *name = strrchr(path, '/') + 1;
    for (size_t i = 0; i < AS_COUNT(names); i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

static bool numbers_agree(double expected, double ours, const char *path)
{
    double distance = fabs(ours - expected);
    if (is_p_value(path) && expected > 0 && expected < SMALL_P && distance > SMALL_P * expected)
        return false;
    return distance <= TOLERANCE + TOLERANCE * fabs(expected);
}

static bool leaves_agree(const struct as_json *expected, const struct as_json *ours,
                         const char *path)
{
    if (as_json_is_number(expected) && as_json_is_number(ours))
        return numbers_agree(as_json_num(expected, NAN), as_json_num(ours, NAN), path);
    struct as_buf a = {0};
    struct as_buf b = {0};
    as_json_write_canonical(expected, &a);
    as_json_write_canonical(ours, &b);
    bool is_same = a.len == b.len && !memcmp(a.ptr, b.ptr, a.len);
    as_buf_done(&a);
    as_buf_done(&b);
    return is_same;
}

static void log_difference(const struct walk *walk, const struct as_json *expected,
                           const struct as_json *ours)
{
    struct as_buf line = {0};
    as_buf_addf(&line, "different: %s: ours ", walk->path);
    as_json_write(ours, &line);
    as_buf_adds(&line, ", expected ");
    as_json_write(expected, &line);
    fprintf(walk->log, "%s\n", line.ptr);
    as_buf_done(&line);
}

static void count_not_produced(struct walk *walk)
{
    walk->counts->not_produced++;
    if (walk->named++ < NOT_PRODUCED_NAMED)
        fprintf(walk->log, "not produced: %s\n", walk->path);
}

static void walk_value(struct walk *walk, const struct as_json *expected,
                       const struct as_json *ours, bool is_absent);

static void walk_named(struct walk *walk, const char *name, const struct as_json *expected,
                       const struct as_json *ours, bool is_absent)
{
    size_t len = strlen(walk->path);
    snprintf(walk->path + len, sizeof(walk->path) - len, "/%s", name);
    walk_value(walk, expected, ours, is_absent);
    walk->path[len] = '\0';
}

/* Another generator's replicates: near is enough, and how near stands beside them. */
static void walk_monte_carlo(struct walk *walk, const struct as_json *expected,
                             const struct as_json *ours)
{
    static const struct {
        const char *number, *tolerance;
    } rows[] = {{"pct_lo", "tol_quantile_B10000"},
                {"pct_hi", "tol_quantile_B10000"},
                {"se", "tol_se_B10000"}};
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        double distance = fabs(as_json_get_num(ours, rows[i].number, NAN) -
                               as_json_get_num(expected, rows[i].number, NAN));
        if (!as_json_has(ours, rows[i].number)) {
            count_not_produced(walk);
        } else if (distance <= as_json_get_num(expected, rows[i].tolerance, 0)) {
            walk->counts->near++;
        } else {
            walk->counts->different++;
            log_difference(walk, expected, ours);
        }
    }
}

static void walk_member(void *ctx, const char *key, struct as_json *expected)
{
    struct walk *walk = ctx;
    const struct as_json *parent = walk->ours;
    if (!strcmp(key, "bootstrap_mc")) {
        walk_monte_carlo(walk, expected, as_json_get(parent, key));
        return;
    }
    bool parent_absent = walk->is_absent;
    walk_named(walk, key, expected, as_json_get(parent, key),
               parent_absent || !as_json_has(parent, key));
    walk->ours = parent;
    walk->is_absent = parent_absent;
}

static void walk_array(struct walk *walk, const struct as_json *expected,
                       const struct as_json *ours, bool is_absent)
{
    for (size_t i = 0; i < as_json_len(expected); i++) {
        char name[24];
        snprintf(name, sizeof(name), "%zu", i);
        bool has_item = as_json_type_of(ours) == AS_JSON_ARRAY && i < as_json_len(ours);
        walk_named(walk, name, as_json_at(expected, i), has_item ? as_json_at(ours, i) : NULL,
                   is_absent || !has_item);
    }
}

static void walk_value(struct walk *walk, const struct as_json *expected,
                       const struct as_json *ours, bool is_absent)
{
    enum as_json_type type = as_json_type_of(expected);
    if (type == AS_JSON_OBJECT) {
        walk->ours = ours;
        walk->is_absent = is_absent;
        as_json_each(expected, walk_member, walk);
    } else if (type == AS_JSON_ARRAY) {
        walk_array(walk, expected, ours, is_absent);
    } else if (is_absent) {
        count_not_produced(walk);
    } else if (leaves_agree(expected, ours, walk->path)) {
        walk->counts->equal++;
    } else {
        walk->counts->different++;
        log_difference(walk, expected, ours);
    }
}

static const struct kind_row *kind_row_of(const char *kind)
{
    for (size_t i = 0; i < AS_COUNT(kind_rows); i++)
        if (!strcmp(kind_rows[i].kind, kind))
            return &kind_rows[i];
    return NULL;
}

struct run {
    const char *folder;
    const char *kind; /* NULL: all */
    struct walk walk;
};

/* What the case says of its input, and the input itself; what is wrong becomes the table's flaw. */
static void read_input(struct golden_input *input, const struct kind_row *kind,
                       const struct as_json *row)
{
    const char *file = as_json_cstr(as_json_at(as_json_get(row, "files"), 0));
    struct as_buf path = {0};
    as_buf_addf(&path, "%s/data/%s", input->folder, file ? file : "");
    int rc = kind->has_no_file ? 0 : file ? table_read(&input->table, path.ptr) : AS_EINVAL;
    if (!file && rc)
        table_refuse(&input->table, "the case names no file");
    else if (rc)
        table_refuse(&input->table,
                     rc == AS_EINVAL ? "a line has not as many cells as the first" : "%s",
                     as_err_text(rc));
    as_buf_done(&path);
    input->options = as_json_get(row, "options");
    input->expect = as_json_get(row, "expect");
}

/* NULL and a flaw when the input is not what it should be; NULL alone where nothing is defined. */
static struct as_json *produce(const struct run *run, const struct kind_row *kind,
                               const struct as_json *row, char *flaw)
{
    struct golden_input input = {.folder = run->folder, .table.flaw = flaw};
    flaw[0] = '\0';
    read_input(&input, kind, row);
    struct as_json *ours = flaw[0] ? NULL : kind->produce(&input);
    table_done(&input.table);
    if (!flaw[0])
        return ours;
    as_json_free(ours);
    return NULL;
}

static void log_flaw(const struct run *run, const char *name, const struct as_json *row,
                     const char *flaw)
{
    const char *file = as_json_cstr(as_json_at(as_json_get(row, "files"), 0));
    fprintf(run->walk.log, "cannot produce: %s: %s%s%s%s\n", name, file ? "data/" : "",
            file ? file : "", file ? ": " : "", flaw);
}

static void check_case(void *ctx, const char *name, struct as_json *row)
{
    struct run *run = ctx;
    const char *kind = as_json_get_cstr_or(row, "kind", GOLDEN_NO_KIND);
    if (run->kind && strcmp(run->kind, kind))
        return;
    const struct kind_row *known = kind_row_of(kind);
    char flaw[TABLE_FLAW_MAX] = "the kind is unknown here";
    AS_CLEANUP_JSON struct as_json *ours = known ? produce(run, known, row, flaw) : NULL;
    if (flaw[0])
        log_flaw(run, name, row, flaw);
    run->walk.named = flaw[0] ? NOT_PRODUCED_NAMED : 0; /* the flaw says it all */
    snprintf(run->walk.path, sizeof(run->walk.path), "%s", name);
    if (as_json_has(row, "expect"))
        walk_value(&run->walk, as_json_get(row, "expect"), ours, flaw[0]);
    else
        count_not_produced(&run->walk);
}

/* The cases are in *ret_root's member "cases": at least one. */
static int read_expected(const char *folder, struct as_json **ret_root, struct as_err *err)
{
    struct as_buf path = {0}, text = {0};
    struct as_json *root = NULL;
    as_buf_addf(&path, "%s/expected.json", folder);
    FILE *file = fopen(path.ptr, "rb");
    char block[8192];
    size_t got;
    while (file && (got = fread(block, 1, sizeof(block), file)) > 0)
        as_buf_add(&text, block, got);
    int rc = file ? 0 : as_err_set(err, AS_ENOENT, "cannot be opened");
    if (file)
        fclose(file);
    if (!rc)
        rc = as_json_parse(as_buf_str(&text).ptr, text.len, &root, err);
    const struct as_json *cases = as_json_get(root, "cases");
    if (!rc && (as_json_type_of(cases) != AS_JSON_OBJECT || !as_json_len(cases)))
        rc = as_err_set(err, AS_EINVAL, "no cases: {\"cases\": {NAME: {kind, files, ...}}}");
    if (rc)
        as_err_prefix(err, "%s", path.ptr);
    as_buf_done(&text);
    as_buf_done(&path);
    if (rc)
        as_json_free(root);
    else
        *ret_root = root;
    return rc;
}

int golden_check(const char *folder, const char *kind, FILE *log, struct golden_counts *ret_counts,
                 struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *root = NULL;
    int rc = read_expected(folder, &root, err);
    if (rc < 0)
        return rc;
    *ret_counts = (struct golden_counts){0};
    struct run run = {folder, kind, {.log = log, .counts = ret_counts}};
    as_json_each(as_json_get(root, "cases"), check_case, &run);
    return 0;
}

static void collect_kind(void *ctx, const char *name, struct as_json *row)
{
    struct as_json *kinds = ctx;
    const char *kind = as_json_get_cstr_or(row, "kind", GOLDEN_NO_KIND);
    (void)name;
    as_json_set_int(kinds, kind, as_json_get_int(kinds, kind, 0) + 1);
}

struct report {
    const char *folder;
    FILE *out;
    struct golden_counts total;
    struct as_err *err;
    int rc;
};

static void report_kind(void *ctx, const char *kind, struct as_json *n_cases)
{
    struct report *report = ctx;
    struct golden_counts counts = {0};
    int rc = golden_check(report->folder, kind, report->out, &counts, report->err);
    if (rc < 0)
        report->rc = rc;
    fprintf(report->out, "%-18s %3lld cases: %5zu equal, %zu different, %zu not produced\n", kind,
            (long long)as_json_int(n_cases, 0), counts.equal, counts.different,
            counts.not_produced);
    report->total.equal += counts.equal;
    report->total.different += counts.different;
    report->total.not_produced += counts.not_produced;
    report->total.near += counts.near;
}

int golden_report(const char *folder, FILE *out, struct golden_counts *ret_counts,
                  struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *root = NULL;
    int rc = read_expected(folder, &root, err);
    if (rc < 0)
        return rc;
    AS_CLEANUP_JSON struct as_json *kinds = as_json_object();
    as_json_each(as_json_get(root, "cases"), collect_kind, kinds);
    struct report report = {.folder = folder, .out = out, .err = err};
    as_json_each(kinds, report_kind, &report);
    *ret_counts = report.total;
    return report.rc;
}
