/* The words of a schedule's choices. */
#include "daemon/model/schedule_rules.h"

static const char *word_of(const char *const *words, size_t count, int value)
{
    return value >= 0 && (size_t)value < count ? words[value] : NULL;
}

const char *schedule_missed_name(enum schedule_missed missed)
{
    static const char *const words[] = {"run_once", "skip", "run_all"};
    return word_of(words, AS_COUNT(words), (int)missed);
}

const char *schedule_overlap_name(enum schedule_overlap overlap)
{
    static const char *const words[] = {"skip", "queue", "replace"};
    return word_of(words, AS_COUNT(words), (int)overlap);
}

const char *schedule_priority_name(enum schedule_priority priority)
{
    static const char *const words[] = {"low", "normal"};
    return word_of(words, AS_COUNT(words), (int)priority);
}
