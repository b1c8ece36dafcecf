/* Bit-parallel dynamic programming, a block of 64 rows over all columns before the next one, so
 * that what passes between two blocks is one small number for each column.
 *
 * Distance: Myers, "A fast bit-vector algorithm for approximate string matching" (J. ACM 46, 1999),
 * with the differences between blocks as in Hyyrö, "A bit-vector algorithm for computing
 * Levenshtein and Damerau edit distances" (Nordic J. Computing 10, 2003). Common subsequence:
 * Hyyrö, "Bit-parallel LCS-length computation revisited" (AWOCA 2004). */
#include "worker/align.h"

#include <string.h>

#define BLOCK_ROWS 64u

static size_t block_rows(const struct align_input *in, size_t first)
{
    size_t left = in->row_count - first;
    return left < BLOCK_ROWS ? left : BLOCK_ROWS;
}

/* masks[k]: the rows of this block that hold k. */
static void set_masks(const struct align_input *in, size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        in->masks[in->rows[first + i]] |= UINT64_C(1) << i;
}

static void clear_masks(const struct align_input *in, size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        in->masks[in->rows[first + i]] = 0;
}

/* carries[j] is the difference of column j to the one before it, along the row above the block, and
 * then along its last row. Returns the sum of the latter. more and less: the rows whose cell is one
 * more, one less than the cell above. */
static int64_t distance_block(const struct align_input *in, size_t count)
{
    uint64_t more = ~UINT64_C(0), less = 0, last = UINT64_C(1) << (count - 1);
    int64_t sum = 0;
    for (size_t j = 0; j < in->column_count; j++) {
        uint64_t same = in->masks[in->columns[j]], vertical = same | less;
        int carry = in->carries[j];
        same |= carry < 0;
        uint64_t horizontal = (((same & more) + more) ^ more) | same;
        uint64_t right_more = less | ~(horizontal | more), right_less = more & horizontal;
        in->carries[j] = (int8_t)(!!(right_more & last) - !!(right_less & last));
        sum += in->carries[j];
        right_more = right_more << 1 | (carry > 0);
        right_less = right_less << 1 | (carry < 0);
        more = right_less | ~(vertical | right_more);
        less = right_more & vertical;
    }
    return sum;
}

size_t align_distance(const struct align_input *in)
{
    int64_t sum = (int64_t)in->column_count; /* along the row above the first: 0, 1, 2 ... */
    memset(in->carries, 1, in->column_count);
    for (size_t first = 0; first < in->row_count; first += BLOCK_ROWS) {
        size_t count = block_rows(in, first);
        set_masks(in, first, count);
        sum = distance_block(in, count);
        clear_masks(in, first, count);
    }
    return (size_t)((int64_t)in->row_count + sum);
}

/* A bit that is 0 is a row at which the common subsequence grows; carries[j] is the carry of the
 * sum in column j, from the block above to the one below. */
static size_t common_block(const struct align_input *in)
{
    uint64_t rows = ~UINT64_C(0);
    for (size_t j = 0; j < in->column_count; j++) {
        uint64_t same = in->masks[in->columns[j]], sum;
        int has_carried = __builtin_add_overflow(rows, rows & same, &sum);
        has_carried |= __builtin_add_overflow(sum, (uint64_t)in->carries[j], &sum);
        in->carries[j] = (int8_t)has_carried;
        rows = sum | (rows & ~same);
    }
    return (size_t)__builtin_popcountll(~rows);
}

size_t align_common(const struct align_input *in)
{
    size_t common = 0;
    memset(in->carries, 0, in->column_count);
    for (size_t first = 0; first < in->row_count; first += BLOCK_ROWS) {
        size_t count = block_rows(in, first);
        set_masks(in, first, count);
        common += common_block(in);
        clear_masks(in, first, count);
    }
    return common;
}
