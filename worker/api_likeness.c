/* assay.text: levenshtein, token_f1, rouge_l, bleu: how like another text is. Linear in memory.
 * Those that are not linear in time refuse what would take more than a good part of a row's
 * deadline, by sizes alone, so that the same texts are refused everywhere. */
#include "worker/api.h"

#include "worker/align.h"
#include "worker/ngrams.h"
#include "worker/tokens.h"
#include "worker/words.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

#define CELLS_MAX ((size_t)1 << 30)       /* of a table of two texts: some 70 ms */
#define BLEU_TOKENS_MAX ((size_t)1 << 18) /* of all texts: some 50 ms */
#define BLEU_N 4
#define BLEU_N_MAX 9

static struct as_str check_text(lua_State *L, int arg)
{
    struct as_str text;
    text.ptr = luaL_checklstring(L, arg, &text.len);
    return text;
}

/* nil, why */
static int refuse(lua_State *L, const char *why)
{
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

/* Two lists in a form to be compared. False: they are too long. [-0, +2] */
static bool prepare(lua_State *L, struct token_list rows, struct token_list columns, size_t kinds,
                    struct align_input *ret_input)
{
    if (rows.count && columns.count > CELLS_MAX / rows.count)
        return false;
    *ret_input = (struct align_input){
        .rows = rows.numbers,
        .row_count = rows.count,
        .columns = columns.numbers,
        .column_count = columns.count,
        .masks = tokens_push_memory(L, kinds, sizeof(uint64_t)),
        .carries = tokens_push_memory(L, columns.count, sizeof(int8_t)),
    };
    return true;
}

/* Edit distance */

static void drop_common_ends(struct token_list *a, struct token_list *b)
{
    while (a->count && b->count && a->numbers[0] == b->numbers[0]) {
        a->numbers++, a->count--;
        b->numbers++, b->count--;
    }
    while (a->count && b->count && a->numbers[a->count - 1] == b->numbers[b->count - 1])
        a->count--, b->count--;
}

/* levenshtein(a, b): the edit distance in characters, and the length of the longer text; nil and
 * why when they are too long: where they differ, the one's length times the other's may be 2^30. */
static int text_levenshtein(lua_State *L)
{
    struct as_str texts[2] = {check_text(L, 1), check_text(L, 2)};
    struct token_list a = tokens_push_characters(L, texts[0]);
    struct token_list b = tokens_push_characters(L, texts[1]);
    size_t longer = a.count > b.count ? a.count : b.count;
    drop_common_ends(&a, &b);
    struct token_list rows = a.count < b.count ? a : b, columns = a.count < b.count ? b : a;
    struct align_input input;
    uint32_t kinds = tokens_number_characters(L, rows, columns) + 1;
    if (!prepare(L, rows, columns, kinds, &input))
        return refuse(L, "the texts are too long for an edit distance");
    lua_pushinteger(L, (lua_Integer)align_distance(&input));
    lua_pushinteger(L, (lua_Integer)longer);
    return 2;
}

/* Two texts as words */

struct pair {
    struct token_list candidate, reference;
    size_t kinds; /* every number is below */
};

typedef size_t (*cut_fn)(struct as_str text, char *out);

/* [-0, +2] */
static struct token_list push_words(lua_State *L, struct vocabulary *known, cut_fn cut,
                                    struct as_str text)
{
    char *room = lua_newuserdatauv(L, WORDS_ROOM(text.len), 0);
    struct as_str words = {room, cut(text, room)};
    struct token_list list = {.count = tokens_count_words(words)};
    list.numbers = tokens_push_memory(L, list.count, sizeof(uint32_t));
    tokens_number_words(L, known, words, list.numbers);
    return list;
}

/* The candidate and the reference, arguments 1 and 2. [-0, +5] */
static struct pair push_pair(lua_State *L, cut_fn cut)
{
    struct as_str candidate = check_text(L, 1), reference = check_text(L, 2);
    struct pair pair;
    lua_newtable(L);
    struct vocabulary known = {.table = lua_gettop(L)};
    pair.candidate = push_words(L, &known, cut, candidate);
    pair.reference = push_words(L, &known, cut, reference);
    pair.kinds = known.count + 1;
    return pair;
}

/* F, precision and recall of what both have; beta is how much more recall weighs. */
static int push_f(lua_State *L, const struct pair *pair, size_t common, double beta)
{
    double precision = common ? (double)common / (double)pair->candidate.count : 0;
    double recall = common ? (double)common / (double)pair->reference.count : 0;
    double weight = beta * beta;
    double f = common ? (1 + weight) * precision * recall / (recall + weight * precision) : 0;
    lua_pushnumber(L, f);
    lua_pushnumber(L, precision);
    lua_pushnumber(L, recall);
    return 3;
}

static size_t cut_like_squad(struct as_str text, char *out)
{
    return words_normalise(text, true, true, out);
}

/* token_f1(candidate, reference): F1, precision and recall of the words as a bag, as SQuAD's
 * evaluation has them. Two texts without a word are equal: 1. */
static int text_token_f1(lua_State *L)
{
    struct pair pair = push_pair(L, cut_like_squad);
    uint32_t *left = tokens_push_memory(L, pair.kinds, sizeof(*left));
    size_t common = 0;
    for (size_t i = 0; i < pair.reference.count; i++)
        left[pair.reference.numbers[i]]++;
    for (size_t i = 0; i < pair.candidate.count; i++) {
        uint32_t *count = &left[pair.candidate.numbers[i]];
        common += *count > 0;
        *count -= *count > 0;
    }
    if (pair.candidate.count || pair.reference.count)
        return push_f(L, &pair, common, 1);
    for (int i = 0; i < 3; i++)
        lua_pushnumber(L, 1);
    return 3;
}

/* rouge_l(candidate, reference, beta?): F, precision and recall of the longest common subsequence
 * of words (Lin 2004, section 3.1); beta is 1. Nil and why when the texts are too long: the words
 * of the one times those of the other may be 2^30. */
static int text_rouge_l(lua_State *L)
{
    double beta = luaL_optnumber(L, 3, 1);
    luaL_argcheck(L, beta > 0 && beta <= 1e6, 3, "must be above 0");
    struct pair pair = push_pair(L, words_letters);
    struct align_input input;
    if (!prepare(L, pair.reference, pair.candidate, pair.kinds, &input))
        return refuse(L, "the texts are too long for ROUGE-L");
    return push_f(L, &pair, align_common(&input), beta);
}

/* BLEU */

struct bleu {
    struct vocabulary known;
    struct as_str *words; /* of each text, the candidate first */
    size_t *ends;         /* of each text's tokens in one sequence */
    size_t count, max_n;
};

/* Argument 2, a text or an array of texts, as an array. Returns their number. [-0, +0] */
static size_t check_references(lua_State *L)
{
    if (lua_type(L, 2) == LUA_TSTRING) {
        lua_createtable(L, 1, 0);
        lua_pushvalue(L, 2);
        lua_rawseti(L, -2, 1);
        lua_replace(L, 2);
    }
    luaL_checktype(L, 2, LUA_TTABLE);
    size_t count = lua_rawlen(L, 2);
    luaL_argcheck(L, count, 2, "needs at least one reference");
    return count;
}

/* The words of the candidate and of the references, and where each text's tokens end. [-0, +1 for
 * each text] */
static void cut_texts(lua_State *L, struct bleu *b)
{
    for (size_t i = 0; i < b->count; i++) {
        struct as_str text;
        luaL_checkstack(L, 4, "too many references");
        if (i)
            lua_rawgeti(L, 2, (lua_Integer)i);
        else
            lua_pushvalue(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_argerror(L, 2, "must be a text or an array of texts");
        text.ptr = lua_tolstring(L, -1, &text.len);
        char *room = lua_newuserdatauv(L, WORDS_ROOM(text.len), 0);
        lua_remove(L, -2);
        b->words[i] = (struct as_str){room, words_and_marks(text, room)};
        b->ends[i] = (i ? b->ends[i - 1] : 0) + tokens_count_words(b->words[i]);
    }
}

static size_t text_length(const struct bleu *b, size_t text)
{
    return b->ends[text] - (text ? b->ends[text - 1] : 0);
}

/* The reference length closest to the candidate's, the shorter of two. */
static size_t closest_length(const struct bleu *b)
{
    size_t wanted = text_length(b, 0), best = text_length(b, 1);
    for (size_t i = 2; i < b->count; i++) {
        size_t length = text_length(b, i);
        size_t off = length > wanted ? length - wanted : wanted - length;
        size_t best_off = best > wanted ? best - wanted : wanted - best;
        if (off < best_off || (off == best_off && length < best))
            best = length;
    }
    return best;
}

/* The geometric mean of the precisions for 1 to max_n, without those that the candidate is too
 * short for ("effective order"). The k-th precision of 0 counts as 1 / (2^k total) ("exp"
 * smoothing). */
static double mean_precision(struct ngrams *g, size_t max_n)
{
    double sum = 0, missed = 1;
    size_t orders = 0;
    while (ngrams_total(g) && orders < max_n) {
        double total = (double)ngrams_total(g), matches = (double)ngrams_matches(g);
        if (matches == 0 && !orders)
            return 0;
        if (matches == 0)
            missed *= 2;
        sum += log(matches > 0 ? matches / total : 1 / (missed * total));
        orders++;
        if (orders < max_n)
            ngrams_extend(g);
    }
    return orders ? exp(sum / (double)orders) : 0;
}

static double bleu_score(lua_State *L, struct bleu *b)
{
    size_t all = b->ends[b->count - 1];
    uint32_t *tokens = tokens_push_memory(L, all + 2, sizeof(*tokens));
    struct ngrams g = {.tokens = tokens, .ends = b->ends, .text_count = b->count, .n = 1};
    for (size_t i = 0; i < b->count; i++)
        tokens_number_words(L, &b->known, b->words[i], tokens + b->ends[i] - text_length(b, i));
    g.ids = tokens_push_memory(L, all + 2, sizeof(*g.ids));
    memcpy(g.ids, tokens, all * sizeof(*tokens));
    for (size_t i = 0; i < 3; i++)
        g.scratch[i] = tokens_push_memory(L, all + 2, sizeof(*g.scratch[i]));
    double length = (double)text_length(b, 0), wanted = (double)closest_length(b);
    double brevity = length < wanted ? exp(1 - wanted / length) : 1;
    return length > 0 ? brevity * mean_precision(&g, b->max_n) : 0;
}

/* bleu(candidate, references, max_n?): sentence BLEU (Papineni et al. 2002), as sacrebleu's
 * sentence_bleu has it: its tokens, smoothing "exp", effective order. max_n is 4. Nil and why when
 * the texts have more than 2^18 tokens in all. */
static int text_bleu(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TSTRING);
    lua_Integer max_n = luaL_optinteger(L, 3, BLEU_N);
    luaL_argcheck(L, max_n >= 1 && max_n <= BLEU_N_MAX, 3, "must be 1 to 9");
    lua_settop(L, 2);
    struct bleu b = {.count = check_references(L) + 1, .max_n = (size_t)max_n};
    lua_newtable(L);
    b.known.table = lua_gettop(L);
    b.words = tokens_push_memory(L, b.count, sizeof(*b.words));
    b.ends = tokens_push_memory(L, b.count, sizeof(*b.ends));
    cut_texts(L, &b);
    if (b.ends[b.count - 1] > BLEU_TOKENS_MAX)
        return refuse(L, "the texts are too long for BLEU");
    lua_pushnumber(L, bleu_score(L, &b));
    return 1;
}

void api_open_likeness(lua_State *L)
{
    static const luaL_Reg functions[] = {{"levenshtein", text_levenshtein},
                                         {"token_f1", text_token_f1},
                                         {"rouge_l", text_rouge_l},
                                         {"bleu", text_bleu},
                                         {NULL, NULL}};
    lua_getfield(L, -1, "text");
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
