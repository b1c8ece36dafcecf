/* Names and rules from where the pins have them to where the report looks for them: the end of a
 * group and a re-scoring ask for the same report. */
#include "daemon/engine/pinned_report.h"

void pinned_report_init(struct pinned_report *report, const struct pins *pins, int64_t group_id,
                        int64_t dataset_id, int64_t case_count)
{
    bool has_judge = pins->rubric != PINS_NO_RUBRIC;
    size_t called = 0;
    for (size_t i = 0; i < pins->member_count; i++) {
        report->member_names[i] = pins->members[i].spec.name;
        report->member_ids[i] = pins->members[i].spec.id;
        called += !pins_is_recorded(&pins->members[i]);
    }
    for (size_t i = 0; i < pins->metric_count; i++)
        report->metric_names[i] = pins->metrics[i].name;
    report->spec = (struct report_spec){
        .group_id = group_id,
        .dataset_id = dataset_id,
        .case_count = case_count,
        .member_names = report->member_names,
        .member_count = pins->member_count,
        .metric_names = report->metric_names,
        .metric_count = pins->metric_count,
        .primary = pins->primary,
        .gate = &pins->gate,
        .looks = {.planned = pins->looks, .order_seed = pins->order_seed},
        .called_members = called,
        .member_ids = report->member_ids,
        .judge_name = has_judge ? pins->judge.spec.name : NULL,
        .judge_id = has_judge ? pins->judge.spec.id : NULL,
    };
}
