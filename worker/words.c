/* One pass each. A word is open while the last byte written is not the blank behind the word
 * before; the last blank is dropped at the end. */
#include "worker/words.h"

#include "worker/unicode.h"

#include <string.h>

#define RIGHT_QUOTE 0x2019 /* the apostrophe of typesetters */

struct as_str words_trimmed(struct as_str s)
{
    size_t len, end = 0;
    while (s.len && unicode_is_space(unicode_next(s.ptr, s.len, &len))) {
        s.ptr += len;
        s.len -= len;
    }
    for (size_t at = 0; at < s.len; at += len)
        if (!unicode_is_space(unicode_next(s.ptr + at, s.len - at, &len)))
            end = at + len;
    return (struct as_str){s.ptr, end};
}

struct writer {
    char *out;
    size_t at, word; /* word: where the open one begins; no word is open while both are the same */
};

static void put(struct writer *w, uint32_t c, char as_it_is)
{
    if (c == UNICODE_BAD)
        w->out[w->at++] = as_it_is;
    else
        w->at += unicode_write(c, w->out + w->at);
}

static void end_word(struct writer *w)
{
    if (w->at > w->word)
        w->out[w->at++] = ' ';
    w->word = w->at;
}

static size_t finish(struct writer *w)
{
    end_word(w);
    return w->at ? w->at - 1 : 0;
}

static uint32_t folded(uint32_t c)
{
    return c == UNICODE_BAD ? c : unicode_fold(c);
}

static void drop_article(struct writer *w)
{
    static const char *const articles[] = {"a", "an", "the"};
    size_t len = w->at - w->word;
    for (size_t i = 0; i < sizeof(articles) / sizeof(articles[0]); i++)
        if (strlen(articles[i]) == len && !memcmp(w->out + w->word, articles[i], len))
            w->at = w->word;
}

size_t words_normalise(struct as_str s, bool no_punctuation, bool no_articles, char *out)
{
    struct writer w = {.out = out};
    size_t len;
    for (size_t at = 0; at < s.len; at += len) {
        uint32_t c = unicode_next(s.ptr + at, s.len - at, &len);
        if (unicode_is_space(c)) {
            if (no_articles)
                drop_article(&w);
            end_word(&w);
        } else if (!no_punctuation || !unicode_is_punctuation(c)) {
            put(&w, folded(c), s.ptr[at]);
        }
    }
    if (no_articles)
        drop_article(&w);
    return finish(&w);
}

size_t words_letters(struct as_str s, char *out)
{
    struct writer w = {.out = out};
    size_t len;
    for (size_t at = 0; at < s.len; at += len) {
        uint32_t c = unicode_next(s.ptr + at, s.len - at, &len);
        if (unicode_is_word(c))
            put(&w, folded(c), s.ptr[at]);
        else
            end_word(&w);
    }
    return finish(&w);
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

/* Whether the mark c stands alone between these two. */
static bool stands_alone(uint32_t before, uint32_t c, uint32_t behind)
{
    switch (c) {
    case '\'':
    case RIGHT_QUOTE: return false;
    case '.':
    case ',': return !is_digit(before) || !is_digit(behind);
    case '-': return is_digit(before);
    default: return true;
    }
}

size_t words_and_marks(struct as_str s, char *out)
{
    struct writer w = {.out = out};
    uint32_t before = ' ';
    size_t len, next_len;
    for (size_t at = 0; at < s.len; at += len) {
        uint32_t c = unicode_next(s.ptr + at, s.len - at, &len), behind = ' ';
        if (at + len < s.len)
            behind = unicode_next(s.ptr + at + len, s.len - at - len, &next_len);
        bool is_alone = unicode_is_punctuation(c) && stands_alone(before, c, behind);
        if (is_alone || unicode_is_space(c))
            end_word(&w);
        if (!unicode_is_space(c))
            put(&w, c, s.ptr[at]);
        if (is_alone)
            end_word(&w);
        before = c;
    }
    return finish(&w);
}
