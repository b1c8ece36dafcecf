/* The words of --where, and what they say of one member's side of a case. */
#include "daemon/report/case_choice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCORE "score"

static const char *const op_names[] = {[CASE_CHOICE_LT] = "<",
                                       [CASE_CHOICE_LE] = "<=",
                                       [CASE_CHOICE_GT] = ">",
                                       [CASE_CHOICE_GE] = ">="};

/* What follows "score". The longer operators begin with the shorter ones. */
static int parse_bound(const char *text, struct case_choice *choice)
{
    char *end = NULL;
    bool is_below = *text == '<', has_equal = *text && text[1] == '=';
    if (!is_below && *text != '>')
        return AS_EINVAL;
    const char *number = text + 1 + has_equal;
    choice->kind = CASE_CHOICE_SCORE;
    if (is_below)
        choice->op = has_equal ? CASE_CHOICE_LE : CASE_CHOICE_LT;
    else
        choice->op = has_equal ? CASE_CHOICE_GE : CASE_CHOICE_GT;
    choice->bound = strtod(number, &end);
    bool is_number = end != number && !*end && choice->bound >= 0 && choice->bound <= 1;
    return is_number ? 0 : AS_EINVAL;
}

int case_choice_parse(const char *text, struct case_choice *ret_choice, struct as_err *err)
{
    struct case_choice choice = {.kind = CASE_CHOICE_FAILED};
    int rc = 0;
    if (!strcmp(text, "flipped"))
        choice.kind = CASE_CHOICE_FLIPPED;
    else if (!strncmp(text, SCORE, strlen(SCORE)))
        rc = parse_bound(text + strlen(SCORE), &choice);
    else if (strcmp(text, "failed") != 0)
        rc = AS_EINVAL;
    if (rc)
        return as_err_set(err, rc,
                          "where: '%s' is none of failed, flipped and 'score<0.5' (or <=, >, >=, "
                          "and a number from 0 to 1)",
                          text);
    *ret_choice = choice;
    return 0;
}

static bool is_within(const struct case_choice *choice, double score)
{
    switch (choice->op) {
    case CASE_CHOICE_LT: return score < choice->bound;
    case CASE_CHOICE_LE: return score <= choice->bound;
    case CASE_CHOICE_GT: return score > choice->bound;
    case CASE_CHOICE_GE: return score >= choice->bound;
    }
    return false;
}

bool case_choice_takes(const struct case_choice *choice, const struct flip_side *side,
                       const struct gate_rules *rules)
{
    double score = flip_side_score(side, rules);
    if (choice->kind == CASE_CHOICE_FLIPPED)
        return false;
    if (isnan(score))
        return choice->kind == CASE_CHOICE_FAILED && side->failed;
    return choice->kind == CASE_CHOICE_FAILED ? score < rules->pass_threshold
                                              : is_within(choice, score);
}

void case_choice_describe(const struct case_choice *choice, const struct flip_side *side,
                          const struct gate_rules *rules, const char *metric, const char *model,
                          struct as_buf *out)
{
    double score = flip_side_score(side, rules);
    if (isnan(score))
        as_buf_addf(out, "%s: none for %s", metric, model);
    else
        as_buf_addf(out, "%s: %.4g for %s", metric, score, model);
    if (choice->kind == CASE_CHOICE_SCORE)
        as_buf_addf(out, ", score%s%.4g", op_names[choice->op], choice->bound);
    else
        as_buf_adds(out, side->failed && !side->scored ? ", the model itself failed" : ", failed");
}
