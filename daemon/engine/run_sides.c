/* Which runs, which metric, which couples of members; then whether their pins allow it. */
#include "daemon/engine/run_sides.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define REFUSED_BYTES 560 /* of differences in full; a sentence has AS_ERR_MSG_MAX */
#define NO_MEMBER SIZE_MAX

/* ---- one run ---- */

int run_side_open(struct store *store, int64_t run, struct as_arena *arena, struct run_side *side,
                  struct as_err *err)
{
    int rc = store_group_get(store, run, arena, &side->group);
    if (rc == AS_ENOENT)
        return as_err_set(err, rc, "run %" PRId64 " is not there", run);
    if (rc)
        return as_err_set(err, rc, "run %" PRId64 ": %s", run, store_error(store));
    if (!group_state_is_final(side->group.state))
        return as_err_set(err, AS_ESTATE,
                          "run %" PRId64 " is %s: it can be compared when it has ended", run,
                          group_state_name(side->group.state));
    side->label = as_arena_printf(arena, "run %" PRId64, run);
    rc = pins_from_json(side->group.pins_json, &side->pins, err);
    if (!rc)
        pinned_report_init(&side->report, side->pins, run, side->group.dataset_id,
                           side->group.case_count);
    return rc;
}

struct flip_source run_side_source(const struct run_side *side, size_t member)
{
    return (struct flip_source){
        .group_id = side->group.id,
        .dataset_id = side->group.dataset_id,
        .case_count = side->group.case_count,
        .member = (uint32_t)member,
        .metric = side->metric,
        .metric_count = side->pins->metric_count,
    };
}

void run_side_done(struct run_side *side)
{
    pins_free(side->pins);
    side->pins = NULL;
}

/* "'large', 'small'" */
static void add_list(struct as_buf *out, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        as_buf_addf(out, "%s'%s'", i ? ", " : "", names[i]);
}

int run_side_find_metric(struct run_side *side, const char *name, struct as_err *err)
{
    const struct report_spec *spec = &side->report.spec;
    for (size_t i = 0; i < spec->metric_count; i++) {
        if (name ? strcmp(spec->metric_names[i], name) : i != spec->primary)
            continue;
        side->metric = i;
        return 0;
    }
    struct as_buf names = {0};
    add_list(&names, spec->metric_names, spec->metric_count);
    int rc = as_err_set(err, AS_EINVAL, "%s has no metric '%s': its metrics are %s", side->label,
                        name ? name : "", as_buf_str(&names).ptr);
    as_buf_done(&names);
    return rc;
}

static size_t member_named(const struct run_side *side, const char *name, bool is_baseline)
{
    const struct report_spec *spec = &side->report.spec;
    size_t found = NO_MEMBER;
    for (size_t i = 0; i < spec->member_count; i++) {
        if (strcmp(spec->member_names[i], name) != 0)
            continue;
        if ((i == 0) == is_baseline)
            return i;
        found = found == NO_MEMBER ? i : found;
    }
    return found;
}

int run_side_find_member(const struct run_side *side, const char *name, const char *option,
                         bool is_baseline, size_t *ret_member, struct as_err *err)
{
    const struct report_spec *spec = &side->report.spec;
    size_t member = member_named(side, name, is_baseline);
    if (member != NO_MEMBER) {
        *ret_member = member;
        return 0;
    }
    struct as_buf names = {0};
    add_list(&names, spec->member_names, spec->member_count);
    int rc = as_err_set(err, AS_EINVAL, "%s has no member '%s': %s takes one of %s", side->label,
                        name, option, names.ptr);
    as_buf_done(&names);
    return rc;
}

/* ---- two sides ---- */

struct sides_request sides_request_of(const struct as_json *params)
{
    return (struct sides_request){
        .run = as_json_get_int(params, "run", 0),
        .other = as_json_get_int(params, "other", 0),
        .metric = as_json_get_cstr(params, "metric"),
        .baseline = as_json_get_cstr(params, "baseline"),
        .candidate = as_json_get_cstr(params, "candidate"),
        .is_forced = as_json_get_bool(params, "force", false),
    };
}

bool run_sides_are_apart(const struct run_sides *sides)
{
    return sides->a != sides->b;
}

void run_sides_init(struct run_sides *sides)
{
    *sides = (struct run_sides){0};
    sides->a = sides->b = &sides->sides[0];
}

void run_sides_done(struct run_sides *sides)
{
    run_side_done(&sides->sides[0]);
    run_side_done(&sides->sides[1]);
    as_arena_done(&sides->arena);
}

int run_sides_open(struct store *store, const struct sides_request *request,
                   struct run_sides *sides, struct as_err *err)
{
    int rc = run_side_open(store, request->run, &sides->arena, sides->a, err);
    if (rc || !request->other || request->other == request->run)
        return rc;
    sides->b = &sides->sides[1];
    return run_side_open(store, request->other, &sides->arena, sides->b, err);
}

static int find_metrics(const struct sides_request *request, struct run_sides *sides,
                        struct as_err *err)
{
    int rc = run_side_find_metric(sides->a, request->metric, err);
    if (rc || !run_sides_are_apart(sides))
        return rc;
    return run_side_find_metric(sides->b, sides->a->pins->metrics[sides->a->metric].name, err);
}

static void add_couple(struct run_sides *sides, size_t baseline, size_t candidate)
{
    sides->couples[sides->couple_count++] = (struct run_couple){baseline, candidate};
}

/* Each candidate against the baseline, or the members that are named. */
static int couple_within(const struct sides_request *request, struct run_sides *sides,
                         struct as_err *err)
{
    const struct run_side *side = sides->a;
    size_t baseline = 0, candidate = NO_MEMBER;
    int rc = 0;
    if (request->baseline)
        rc = run_side_find_member(side, request->baseline, "--baseline", true, &baseline, err);
    if (!rc && request->candidate)
        rc = run_side_find_member(side, request->candidate, "--candidate", false, &candidate, err);
    if (rc)
        return rc;
    if (candidate == baseline)
        return as_err_set(err, AS_EINVAL, "'%s' would be compared with itself: name another member",
                          side->report.spec.member_names[baseline]);
    for (size_t i = 0; i < side->report.spec.member_count; i++)
        if (i != baseline && (candidate == NO_MEMBER || i == candidate))
            add_couple(sides, baseline, i);
    return 0;
}

/* One name given stands for both runs. */
static int couple_named(const struct sides_request *request, struct run_sides *sides,
                        struct as_err *err)
{
    const char *baseline = request->baseline ? request->baseline : request->candidate;
    const char *candidate = request->candidate ? request->candidate : request->baseline;
    size_t of_a, of_b;
    int rc = run_side_find_member(sides->a, baseline, "--baseline", true, &of_a, err);
    if (!rc)
        rc = run_side_find_member(sides->b, candidate, "--candidate", false, &of_b, err);
    if (!rc)
        add_couple(sides, of_a, of_b);
    return rc;
}

static int share_no_member(const struct run_sides *sides, struct as_err *err)
{
    const struct report_spec *a = &sides->a->report.spec, *b = &sides->b->report.spec;
    struct as_buf own = {0}, others = {0};
    add_list(&own, a->member_names, a->member_count);
    add_list(&others, b->member_names, b->member_count);
    int rc = as_err_set(
        err, AS_EINVAL,
        "%s and %s share no member: %s has %s, %s has %s; say which with --baseline (of the first) "
        "and --candidate (of the second)",
        sides->a->label, sides->b->label, sides->a->label, own.ptr, sides->b->label, others.ptr);
    as_buf_done(&own);
    as_buf_done(&others);
    return rc;
}

static int couple_same_names(struct run_sides *sides, struct as_err *err)
{
    const struct report_spec *b = &sides->b->report.spec;
    for (size_t i = 0; i < b->member_count; i++) {
        size_t of_a = member_named(sides->a, b->member_names[i], i == 0);
        if (of_a != NO_MEMBER)
            add_couple(sides, of_a, i);
    }
    return sides->couple_count ? 0 : share_no_member(sides, err);
}

static int find_couples(const struct sides_request *request, struct run_sides *sides,
                        struct as_err *err)
{
    if (!run_sides_are_apart(sides))
        return couple_within(request, sides, err);
    bool is_named = request->baseline || request->candidate;
    return is_named ? couple_named(request, sides, err) : couple_same_names(sides, err);
}

/* ---- may they be compared? ---- */

static void add_difference(const struct run_sides *sides, const struct pins_difference *difference,
                           struct as_buf *out)
{
    as_buf_addf(out, "%s: %s in %s, %s in %s", difference->part, difference->a, sides->a->label,
                difference->b, sides->b->label);
}

/* Each with both values and its remedy, as long as the sentence can hold them; then by name. */
static void say_differences(const struct run_sides *sides, struct as_buf *out)
{
    const struct pins_differences *found = &sides->differences;
    struct as_buf piece = {0};
    for (size_t i = 0; i < found->matter_count; i++) {
        as_buf_reset(&piece);
        add_difference(sides, &found->items[i], &piece);
        as_buf_adds(out, i ? "; " : "");
        if (out->len + piece.len <= REFUSED_BYTES)
            as_buf_addf(out, "%s (%s)", piece.ptr, found->items[i].remedy);
        else
            as_buf_addf(out, "%s differs too", found->items[i].part);
    }
    as_buf_done(&piece);
}

static int refuse(const struct run_sides *sides, struct as_err *err)
{
    struct as_buf text = {0};
    say_differences(sides, &text);
    int rc = as_err_set(err, AS_ESTATE,
                        "%s and %s are not comparable (--force compares what both have, and labels "
                        "it): %s",
                        sides->a->label, sides->b->label, text.ptr);
    as_buf_done(&text);
    return rc;
}

static int check_pins(const struct sides_request *request, struct run_sides *sides,
                      struct as_err *err)
{
    if (!run_sides_are_apart(sides))
        return 0;
    struct pins_view a = {sides->a->pins, sides->a->metric, sides->a->group.case_count};
    struct pins_view b = {sides->b->pins, sides->b->metric, sides->b->group.case_count};
    pins_compare(&a, &b, &sides->arena, &sides->differences);
    for (size_t i = 0; i < sides->couple_count; i++)
        pins_compare_member(&a.pins->members[sides->couples[i].baseline],
                            &b.pins->members[sides->couples[i].candidate], &sides->arena,
                            &sides->differences);
    return sides->differences.matter_count && !request->is_forced ? refuse(sides, err) : 0;
}

struct as_json *run_sides_json(const struct run_sides *sides, size_t from, size_t end)
{
    struct as_json *list = as_json_array();
    for (size_t i = from; i < end; i++) {
        struct as_buf text = {0};
        add_difference(sides, &sides->differences.items[i], &text);
        as_json_push_take(list, as_json_new_str(as_buf_str(&text)));
        as_buf_done(&text);
    }
    return list;
}

int run_sides_choose(struct run_sides *sides, const struct sides_request *request,
                     struct as_err *err)
{
    int rc = find_metrics(request, sides, err);
    if (!rc)
        rc = find_couples(request, sides, err);
    return rc ? rc : check_pins(request, sides, err);
}
