/* Files of traffic, from anywhere: every byte ends in a case or in a bad line with a reason. */
#include "tests/fuzz/fuzz.h"

#include "daemon/dataset/import.h"

struct counts {
    uint64_t good, bad;
};

static void on_case(void *ctx, const struct case_record *record)
{
    AS_ASSERT(record->id.len && record->json.len);
    ((struct counts *)ctx)->good++;
}

static void on_bad_line(void *ctx, const char *file, uint64_t line, const char *reason)
{
    (void)file;
    AS_ASSERT(line && reason[0]);
    ((struct counts *)ctx)->bad++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct counts counts = {0};
    struct dataset_import_options options = {on_case, on_bad_line, &counts};
    struct dataset_import *import = dataset_import_new(&options);
    struct dataset_import_summary summary;
    struct as_err err = {0};
    dataset_import_file(import, "fuzz.jsonl");
    dataset_import_feed(import, (const char *)data, len / 2);
    dataset_import_feed(import, (const char *)data + len / 2, len - len / 2);
    if (!dataset_import_finish(import, &summary, &err))
        AS_ASSERT(summary.good == counts.good && summary.bad == counts.bad);
    dataset_import_free(import);
    return 0;
}
