/* daemon/model: what the name of a model tells. */
#include "daemon/model/model_id.h"

#include "lib/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_names_of_one_vendor_are_one_family_wherever_they_are_hosted(void **state)
{
    static const struct {
        const char *id, *family;
    } names[] = {
        {"gpt-4.1-mini-2025-04-14", "GPT"},
        {"openai/gpt-4o", "GPT"},
        {"o3-mini", "GPT"},
        {"chatgpt-4o-latest", "GPT"},
        {"claude-3-5-sonnet-20241022", "Claude"},
        {"us.anthropic.claude-3-haiku-20240307-v1:0", "Claude"},
        {"models/gemini-2.0-flash-001", "Gemini"},
        {"mistral-large-2407", "Mistral"},
        {"meta-llama/Llama-3.1-70B-Instruct", "Llama"},
        {"qwen2.5-7b-instruct", "Qwen"},
        {"deepseek-r1-distill-llama-70b", "DeepSeek"},
    };
    (void)state;
    for (size_t i = 0; i < AS_COUNT(names); i++)
        assert_string_equal(model_id_family(names[i].id), names[i].family);
}

static void test_a_name_that_is_not_known_has_no_family(void **state)
{
    static const char *const names[] = {"sim-large", "our-model-7", "photon", "gptx", "", "/:-"};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(names); i++)
        assert_null(model_id_family(names[i]));
    assert_null(model_id_family(NULL));
}

static void test_a_name_floats_when_it_has_neither_date_nor_version(void **state)
{
    static const char *const floating[] = {
        "gpt-4.1",         "gpt-4o-mini",    "o3",
        "claude-opus-4-1", "gemini-2.5-pro", "gemini-flash-latest",
        "grok-3",          "sim-latest",     "mistral-large-latest"};
    static const char *const fixed[] = {
        "gpt-4.1-2025-04-14",         "gpt-4-0613",           "claude-opus-4-1-20250805",
        "claude-3-5-sonnet@20240620", "gemini-2.0-flash-001", "gemini-2.5-pro-preview-05-06",
        "mistral-large-2407",         "llama-3.1-70b",        "sim-large"};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(floating); i++)
        assert_true(model_id_is_floating(floating[i]));
    for (size_t i = 0; i < AS_COUNT(fixed); i++)
        assert_false(model_id_is_floating(fixed[i]));
    assert_false(model_id_is_floating(NULL));
}

static void test_a_path_before_a_name_makes_no_other_model(void **state)
{
    (void)state;
    assert_true(model_id_is_same("openai/gpt-4o-2024-08-06", "gpt-4o-2024-08-06"));
    assert_true(model_id_is_same("models/Gemini-2.0-flash-001", "gemini-2.0-flash-001"));
    assert_false(model_id_is_same("gpt-4o", "gpt-4o-2024-08-06"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_one_vendor_are_one_family_wherever_they_are_hosted),
        cmocka_unit_test(test_a_name_that_is_not_known_has_no_family),
        cmocka_unit_test(test_a_name_floats_when_it_has_neither_date_nor_version),
        cmocka_unit_test(test_a_path_before_a_name_makes_no_other_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
