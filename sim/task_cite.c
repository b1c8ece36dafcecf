/* Answers from numbered sources: the first sentence of each source, with its number as citation. A
 * wrong answer lacks a citation or cites a source that is not there: both are what a scorer of
 * citations must notice, and what a real model does. */
#include "sim/task.h"

#include "sim/text.h"

#include <inttypes.h>

#define SENTENCES_MAX 4
#define CITED_BYTES_MAX 240 /* of one source; a longer first sentence is cut at a blank */

struct sources {
    struct {
        int64_t number;
        struct as_str sentence;
    } items[SENTENCES_MAX];
    size_t count;
    int64_t highest;
};

static struct as_str first_sentence(struct as_str text)
{
    text = text_trim(text);
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] == '.' && text.ptr[i + 1] == ' ')
            text.len = i;
    }
    if (text.len > CITED_BYTES_MAX) {
        text.len = CITED_BYTES_MAX;
        while (text.len && text.ptr[text.len - 1] != ' ')
            text.len--;
        text = text_trim(text);
    }
    while (text.len && text.ptr[text.len - 1] == '.')
        text.len--;
    return text;
}

/* Reads "[12]" off the front of *rest. */
static bool take_citation(struct as_str *rest, int64_t *ret_number)
{
    struct as_str in = *rest;
    if (!in.len || in.ptr[0] != '[')
        return false;
    in = (struct as_str){in.ptr + 1, in.len - 1};
    if (!text_take_int(&in, ret_number) || !in.len || in.ptr[0] != ']')
        return false;
    *rest = (struct as_str){in.ptr + 1, in.len - 1};
    return true;
}

static struct sources find_sources(const struct task *task)
{
    struct sources sources = {.count = 0};
    struct as_str line, rest = task->user;
    int64_t number;
    while (text_next_line(&rest, &line)) {
        line = text_trim(line);
        if (!take_citation(&line, &number) || text_is_blank(line))
            continue;
        sources.highest = number > sources.highest ? number : sources.highest;
        if (sources.count == SENTENCES_MAX)
            continue;
        sources.items[sources.count].number = number;
        sources.items[sources.count++].sentence = first_sentence(line);
    }
    return sources;
}

static bool asks_for_citations(struct as_str text)
{
    return text_has_stem(text, "cite") || text_has_stem(text, "citation") ||
           text_has_stem(text, "source");
}

static bool cite_fits(const struct task *task)
{
    return (asks_for_citations(task->user) || asks_for_citations(task->system)) &&
           find_sources(task).count > 0;
}

/* A wrong answer lacks one citation, or cites a source that is not there. */
static void cite_answer(const struct task *task, bool is_right, uint64_t noise, struct as_buf *out)
{
    struct sources sources = find_sources(task);
    size_t victim = (noise >> 8) % sources.count;
    for (size_t i = 0; i < sources.count; i++) {
        int64_t number = sources.items[i].number;
        bool is_wrong = !is_right && i == victim;
        as_buf_adds(out, i ? " " : "");
        as_buf_add(out, sources.items[i].sentence.ptr, sources.items[i].sentence.len);
        if (!is_wrong || noise % 2)
            as_buf_addf(out, " [%" PRId64 "]", is_wrong ? sources.highest + 1 : number);
        as_buf_addc(out, '.');
    }
}

static bool is_source(const struct task *task, int64_t number)
{
    struct as_str line, rest = task->user;
    int64_t other;
    while (text_next_line(&rest, &line)) {
        line = text_trim(line);
        if (take_citation(&line, &other) && other == number)
            return true;
    }
    return false;
}

static bool is_stop(char c)
{
    return c == '.' || c == '!' || c == '?';
}

/* Every sentence cites, and only sources that are there. A sentence ends at ". ", "! ", "? ", a
 * line end or the end. */
static bool cite_check(const struct task *task, struct as_str answer)
{
    size_t cited = 0, sentences = 0;
    bool has_words = false, has_citation = false;
    answer = text_trim(answer);
    for (size_t i = 0; i <= answer.len; i++) {
        struct as_str rest = {answer.ptr + i, answer.len - i};
        int64_t number;
        bool is_end = i == answer.len || answer.ptr[i] == '\n' ||
                      (i && answer.ptr[i] == ' ' && is_stop(answer.ptr[i - 1]));
        if (is_end && has_words) {
            sentences++;
            cited += has_citation;
            has_words = has_citation = false;
        } else if (take_citation(&rest, &number)) {
            if (!is_source(task, number))
                return false;
            has_citation = true;
        } else if (i < answer.len && answer.ptr[i] > ' ' && answer.ptr[i] != '.') {
            has_words = true;
        }
    }
    return sentences && cited == sentences;
}

const struct task_family task_family_cite = {"citations", cite_fits, cite_answer, cite_check};
