/* lib/metric.h: what a page looks like when labels are hostile; the page as a whole is read by a
 * strict reader in tests/e2e/metrics.sh. */
#include "lib/metric.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_page(struct metric_page *page, const char *part)
{
    struct as_buf text = {0};
    metric_page_write(page, &text);
    if (!strstr(text.ptr, part))
        fail_msg("'%s' is not in: %s", part, text.ptr);
    as_buf_done(&text);
    metric_page_done(page);
}

static void test_label_values_are_escaped(void **state)
{
    (void)state;
    struct metric_page page = {0};
    metric_add(&page, METRIC_PLUGIN_CALLS, METRIC_LABELS("scorer", "a\"b\\c\nd"), 3);
    assert_page(&page, "assay_plugin_calls_total{kind=\"scorer\",plugin=\"a\\\"b\\\\c\\nd\"} 3\n");
}

static void test_bad_bytes_of_a_label_are_replaced(void **state)
{
    (void)state;
    struct metric_page page = {0};
    metric_add(&page, METRIC_REFUSALS, METRIC_LABELS("x\xffy"), 1);
    assert_page(&page, "{provider=\"x\xef\xbf\xbdy\"} 1\n");
}

static void test_values_that_are_no_numbers_are_named(void **state)
{
    (void)state;
    struct metric_page page = {0};
    metric_add(&page, METRIC_UPTIME, NULL, NAN);
    metric_add(&page, METRIC_UPTIME, NULL, INFINITY);
    assert_page(&page, "assay_uptime_seconds NaN\nassay_uptime_seconds +Inf\n");
}

static void test_samples_of_a_metric_stay_together(void **state)
{
    (void)state;
    struct metric_page page = {0};
    struct metric_part part = {"_bucket", "le", "0.5"};
    metric_add(&page, METRIC_ROWS, METRIC_LABELS("ok"), 1);
    metric_add_part(&page, METRIC_CALL_DURATION, METRIC_LABELS("sim"), &part, 2);
    metric_add(&page, METRIC_ROWS, METRIC_LABELS("timeout"), 0);
    assert_page(&page, "assay_rows_total{status=\"ok\"} 1\n"
                       "assay_rows_total{status=\"timeout\"} 0\n"
                       "# HELP assay_call_duration_seconds");
}

static void test_a_metric_without_samples_is_left_out(void **state)
{
    (void)state;
    struct metric_page page = {0};
    struct as_buf text = {0};
    metric_page_write(&page, &text);
    assert_int_equal(text.len, 0);
    as_buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_label_values_are_escaped),
        cmocka_unit_test(test_bad_bytes_of_a_label_are_replaced),
        cmocka_unit_test(test_values_that_are_no_numbers_are_named),
        cmocka_unit_test(test_samples_of_a_metric_stay_together),
        cmocka_unit_test(test_a_metric_without_samples_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
