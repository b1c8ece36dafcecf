/* A run of n + 1 is the run of n that begins at the same place and the token behind it: two sorts
 * by counting, first by the token, then by the run, bring equal ones together. */
#include "worker/ngrams.h"

#include <stdbool.h>
#include <string.h>

static size_t text_start(const struct ngrams *g, size_t text)
{
    return text ? g->ends[text - 1] : 0;
}

/* Behind the last place of the text where a run begins. */
static size_t runs_end(const struct ngrams *g, size_t text)
{
    size_t start = text_start(g, text), count = g->ends[text] - start;
    return count < g->n ? start : g->ends[text] - g->n + 1;
}

static size_t token_count(const struct ngrams *g)
{
    return g->ends[g->text_count - 1];
}

/* The places where a run begins, in order. Returns their number. */
static size_t list_runs(const struct ngrams *g, uint32_t *ret_places)
{
    size_t count = 0;
    for (size_t text = 0; text < g->text_count; text++)
        for (size_t at = text_start(g, text); at < runs_end(g, text); at++)
            ret_places[count++] = (uint32_t)at;
    return count;
}

/* Sorts places by keys[place], stable. starts has room for the largest key and 2 more. */
static void sort_places(const uint32_t *keys, const uint32_t *from, uint32_t *to, size_t count,
                        uint32_t *starts, size_t key_limit)
{
    memset(starts, 0, (key_limit + 2) * sizeof(*starts));
    for (size_t i = 0; i < count; i++)
        starts[keys[from[i]] + 1]++;
    for (size_t key = 1; key <= key_limit; key++)
        starts[key] += starts[key - 1];
    for (size_t i = 0; i < count; i++)
        to[starts[keys[from[i]]]++] = from[i];
}

void ngrams_extend(struct ngrams *g)
{
    uint32_t *places = g->scratch[0], *sorted = g->scratch[1], *starts = g->scratch[2];
    size_t limit = token_count(g), last = g->n;
    g->n++;
    size_t count = list_runs(g, places);
    sort_places(g->tokens + last, places, sorted, count, starts, limit);
    sort_places(g->ids, sorted, places, count, starts, limit);
    uint32_t id = 0, run = 0, token = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t at = places[i], next_run = g->ids[at], next_token = g->tokens[at + last];
        bool is_same = i && next_run == run && next_token == token;
        id += !is_same;
        g->ids[at] = id;
        run = next_run;
        token = next_token;
    }
}

size_t ngrams_total(const struct ngrams *g)
{
    return runs_end(g, 0);
}

/* most[id] becomes the largest count of the run in one reference. */
static void count_references(const struct ngrams *g, uint32_t *most, uint32_t *counts)
{
    size_t bytes = (token_count(g) + 2) * sizeof(*counts);
    memset(most, 0, bytes);
    memset(counts, 0, bytes);
    for (size_t text = 1; text < g->text_count; text++) {
        size_t start = text_start(g, text), end = runs_end(g, text);
        for (size_t at = start; at < end; at++) {
            uint32_t id = g->ids[at], count = ++counts[id];
            if (count > most[id])
                most[id] = count;
        }
        for (size_t at = start; at < end; at++)
            counts[g->ids[at]] = 0;
    }
}

size_t ngrams_matches(const struct ngrams *g)
{
    uint32_t *most = g->scratch[0];
    size_t matches = 0;
    count_references(g, most, g->scratch[1]);
    for (size_t at = 0; at < runs_end(g, 0); at++) {
        uint32_t *left = &most[g->ids[at]];
        matches += *left > 0;
        *left -= *left > 0;
    }
    return matches;
}
