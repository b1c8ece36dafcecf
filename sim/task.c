/* The choice of the family, and the family of last resort: sentences made from a hash of the
 * prompt. */
#include "sim/task.h"

#include "lib/json.h"
#include "lib/rng.h"
#include "sim/text.h"

static const char *const openings[] = {"In short", "On balance", "As far as the text says",
                                       "Put simply"};
static const char *const subjects[] = {"the first option",   "the second option",
                                       "the shorter route",  "the older plan",
                                       "the simpler design", "the new supplier"};
static const char *const verdicts[] = {"is the better choice",  "costs less over a year",
                                       "needs another review",  "fits the stated goal",
                                       "fails the stated goal", "can wait until next month"};

#define PICK(list, random) (list)[(random) % AS_COUNT(list)]

static bool generic_fits(const struct task *task)
{
    (void)task;
    return true;
}

static void generic_sentence(uint64_t random, struct as_buf *out)
{
    struct as_rng rng = as_rng_stream(random, 0);
    as_buf_adds(out, PICK(openings, as_rng_next(&rng)));
    as_buf_adds(out, ", ");
    as_buf_adds(out, PICK(subjects, as_rng_next(&rng)));
    as_buf_addc(out, ' ');
    as_buf_adds(out, PICK(verdicts, as_rng_next(&rng)));
    as_buf_addc(out, '.');
}

static void generic_answer(const struct task *task, bool is_right, uint64_t noise,
                           struct as_buf *out)
{
    uint64_t truth = text_hash(task->user);
    struct as_buf sentence = {0};
    generic_sentence(is_right ? truth : truth ^ (noise | 1), &sentence);
    if (task->wants_json) {
        as_buf_adds(out, "{\"answer\": ");
        as_json_write_quoted(as_buf_str(&sentence), out);
        as_buf_addc(out, '}');
    } else {
        as_buf_add(out, sentence.ptr, sentence.len);
    }
    as_buf_done(&sentence);
}

static bool generic_check(const struct task *task, struct as_str answer)
{
    struct as_buf truth = {0};
    generic_sentence(text_hash(task->user), &truth);
    bool is_right = text_has_words(answer, as_buf_str(&truth));
    as_buf_done(&truth);
    return is_right;
}

static const struct task_family generic = {"generic", generic_fits, generic_answer, generic_check};

/* In order: the first that fits is taken. */
static const struct task_family *const families[] = {
    &task_family_ticket, &task_family_extract, &task_family_sums, &task_family_cite, &generic,
};

struct task task_recognise(struct as_str user, struct as_str system, bool format_is_json)
{
    struct task task = {.user = user, .system = system};
    task.wants_json = format_is_json || text_has(user, "json") || text_has(system, "json");
    size_t i = 0;
    while (!families[i]->fits(&task))
        i++;
    task.family = families[i];
    return task;
}

void task_answer(const struct task *task, bool is_right, uint64_t noise, struct as_buf *out)
{
    task->family->answer(task, is_right, noise, out);
}

bool task_check(const struct task *task, struct as_str answer)
{
    return !text_is_blank(answer) && task->family->check(task, answer);
}

struct agreement {
    struct as_json *answer;
    bool holds;
};

static bool values_agree(const struct as_json *truth, const struct as_json *given)
{
    if (as_json_is_number(truth) && as_json_is_number(given))
        return as_json_num(truth, 0) == as_json_num(given, 1);
    struct as_buf a = {0}, b = {0};
    as_json_write(truth, &a);
    as_json_write(given, &b);
    struct as_buf words_a = {0}, words_b = {0};
    text_normalise(as_buf_str(&a), &words_a);
    text_normalise(as_buf_str(&b), &words_b);
    bool agree = text_eq_nocase(as_buf_str(&words_a), as_buf_str(&words_b));
    as_buf_done(&a);
    as_buf_done(&b);
    as_buf_done(&words_a);
    as_buf_done(&words_b);
    return agree;
}

static void check_member(void *ctx, const char *key, struct as_json *value)
{
    struct agreement *agreement = ctx;
    if (!as_json_has(agreement->answer, key) ||
        !values_agree(value, as_json_get(agreement->answer, key)))
        agreement->holds = false;
}

bool task_json_agrees(const struct as_json *truth, struct as_str answer)
{
    struct as_json *given AS_CLEANUP_JSON = NULL;
    if (as_json_parse(answer.ptr, answer.len, &given, NULL) ||
        as_json_type_of(given) != AS_JSON_OBJECT)
        return false;
    struct agreement agreement = {given, true};
    as_json_each(truth, check_member, &agreement);
    return agreement.holds;
}
