/* Configuration files: a tree, or problems with their places. */
#include "tests/fuzz/fuzz.h"

#include "daemon/config/yaml_doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct problems problems;
    struct as_arena arena = {0};
    struct yaml_node *root = NULL;
    struct as_json *json = NULL;
    const struct yaml_node *bad = NULL;
    const char *why = NULL;
    problems_init(&problems, "fuzz.yaml");
    if (yaml_doc_parse((struct as_str){(const char *)data, len}, &arena, &problems, &root))
        AS_ASSERT(problems.count);
    else if (!yaml_node_to_json(root, &json, &bad, &why))
        as_json_free(json);
    problems_done(&problems);
    as_arena_done(&arena);
    return 0;
}
