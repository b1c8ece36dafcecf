/* assay.schema: what fits a schema and what does not, with the path and the sentence; and which
 * schemas are refused. The rules are those of JSON Schema 2020-12 (validation vocabulary); their
 * verdicts agree with python3-jsonschema on random schemas, but for multipleOf, which tolerates the
 * rounding of floating point. Each test is a scorer that asserts in Lua. */
#include "tests/unit/worker_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* fits{schema, values...} and fails{schema, value, message, ...}, all of them JSON but the message.
 */
#define CHECKS                                                                             \
    "local decode, check = assay.json.decode, assay.schema.check\n"                        \
    "local function fits(list)\n"                                                          \
    "  for i = 2, #list do assert(check(decode(list[1]), decode(list[i])), list[i]) end\n" \
    "end\n"                                                                                \
    "local function fails(list)\n"                                                         \
    "  for i = 2, #list, 2 do\n"                                                           \
    "    local is_good, why = check(decode(list[1]), decode(list[i]))\n"                   \
    "    assert(is_good == false, list[i])\n"                                              \
    "    assert(why == list[i + 1], why)\n"                                                \
    "  end\n"                                                                              \
    "end\n"

static void test_types_are_told_apart(void **state)
{
    (void)state;
    assert_lua(CHECKS
               "local values = { array = '[]', object = '{}', null = 'null', string = '\"\"',\n"
               "  boolean = 'false', number = '1.5' }\n"
               "for wanted in pairs(values) do\n"
               "  for kind, text in pairs(values) do\n"
               "    local is_good = check({ type = wanted }, decode(text))\n"
               "    assert(is_good == (kind == wanted), wanted .. ' ' .. kind)\n"
               "  end\n"
               "end\n"
               "fits { '{\"type\":\"integer\"}', '3', '3.0', '-1', '1e3' }\n"
               "fits { '{\"type\":[\"null\",\"integer\"]}', '3', 'null' }\n"
               "fails { '{\"type\":\"integer\"}', '3.5', '$: is of type number, not integer',\n"
               "  '\"3\"', '$: is of type string, not integer' }\n"
               "fails { '{\"type\":[\"null\",\"array\"]}', '{}',\n"
               "  '$: is of type object, not null or array' }");
}

static void test_enum_and_const_compare_by_value(void **state)
{
    (void)state;
    assert_lua(CHECKS
               "fits { '{\"enum\":[1,\"a\",null,{\"x\":[1]}]}', '1', '1.0', '\"a\"', 'null',\n"
               "  '{\"x\":[1.0]}' }\n"
               "fails { '{\"enum\":[1,\"a\"]}', 'true', '$: is none of [1,\"a\"]',\n"
               "  '\"1\"', '$: is none of [1,\"a\"]' }\n"
               "fits { '{\"const\":null}', 'null' } fits { '{\"const\":[1,2]}', '[1,2]' }\n"
               "fails { '{\"const\":false}', '0', '$: is not false', 'null', '$: is not false' }");
}

static void test_objects_are_checked_member_by_member(void **state)
{
    (void)state;
    assert_lua(
        CHECKS
        "local schema = '{\"type\":\"object\",\"required\":[\"id\"],\"properties\":{'\n"
        "  .. '\"id\":{\"type\":\"integer\"},\"tags\":{\"items\":{\"type\":\"string\"}}},'\n"
        "  .. '\"additionalProperties\":false}'\n"
        "fits { schema, '{\"id\":1}', '{\"id\":1,\"tags\":[]}', '{\"id\":1,\"tags\":[\"a\"]}' }\n"
        "fails { schema, '{}', '$: has no \"id\", which is required',\n"
        "  '{\"id\":\"1\"}', '$.id: is of type string, not integer',\n"
        "  '{\"id\":1,\"tags\":[\"a\",7]}', '$.tags[1]: is of type number, not string',\n"
        "  '{\"id\":1,\"x y\":2}', '$[\"x y\"]: is no property of the schema' }\n"
        "fits { '{\"additionalProperties\":{\"type\":\"null\"},\"properties\":{\"a\":true}}',\n"
        "  '{\"a\":1,\"b\":null}', '7' }\n"
        "fails { '{\"additionalProperties\":{\"type\":\"null\"}}', '{\"b\":1}',\n"
        "  '$.b: is of type number, not null' }");
}

static void test_arrays_are_checked_item_by_item(void **state)
{
    (void)state;
    assert_lua(
        CHECKS
        "fails { '{\"items\":{\"type\":\"number\"},\"minItems\":2,\"maxItems\":3}',\n"
        "  '[1]', '$: has 1 items, not 2 or more', '[1,2,3,4]', '$: has 4 items, not 3 or less',\n"
        "  '[1,\"b\"]', '$[1]: is of type string, not number' }\n"
        "fits { '{\"prefixItems\":[{\"type\":\"string\"}],\"items\":{\"type\":\"number\"}}',\n"
        "  '[]', '[\"a\"]', '[\"a\",1,2]', '\"text\"' }\n"
        "fails { '{\"prefixItems\":[true,{\"type\":\"string\"}],\"items\":false}',\n"
        "  '[1,2]', '$[1]: is of type number, not string',\n"
        "  '[1,\"a\",3]', '$[2]: is there, and nothing may be' }\n"
        "fits { '{\"uniqueItems\":true}', '[1,\"1\",[1],{\"a\":1},null]', '[]' }\n"
        "fits { '{\"uniqueItems\":false}', '[1,1]' }\n"
        "fails { '{\"uniqueItems\":true}', '[1,2,1.0]', '$: has the same item at 0 and 2' }");
}

static void test_strings_and_numbers_keep_their_limits(void **state)
{
    (void)state;
    assert_lua(
        CHECKS
        "fits { '{\"minLength\":2,\"maxLength\":2}', '\"\\u{E4}\\u{1F600}\"', '5' }\n"
        "fails { '{\"minLength\":2,\"maxLength\":3}', '\"a\"', '$: is shorter than 2 characters',\n"
        "  '\"abcd\"', '$: is longer than 3 characters' }\n"
        "fits { '{\"pattern\":\"^[a-z]+\\\\\\\\d$\"}', '\"ab1\"', '1' }\n"
        "fails { '{\"pattern\":\"^a$\"}', '\"a\\\\n\"', '$: does not match the pattern ^a$' }\n"
        "fits { '{\"minimum\":1,\"maximum\":2}', '1', '2.0', '\"0\"' }\n"
        "fails { '{\"minimum\":1,\"maximum\":2}', '0.5', '$: is below the minimum of 1',\n"
        "  '3', '$: is above the maximum of 2' }\n"
        "fails { '{\"exclusiveMinimum\":1,\"exclusiveMaximum\":2}', '1', '$: is not above 1',\n"
        "  '2', '$: is not below 2' }\n"
        "fits { '{\"multipleOf\":0.01}', '19.99', '0', '-0.07' } fits { '{\"multipleOf\":3}', '9' "
        "}\n"
        "fails { '{\"multipleOf\":0.01}', '0.005', '$: is not a multiple of 0.01' }\n"
        "fails { '{\"multipleOf\":2}', '9007199254740993', '$: is not a multiple of 2' }");
}

static void test_schemas_combine(void **state)
{
    (void)state;
    assert_lua(
        CHECKS
        "local any = '{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":3}]}'\n"
        "fits { any, '\"a\"', '3', 'null' } fails { any, '2', '$: fits no schema of anyOf' }\n"
        "local one = '{\"oneOf\":[{\"multipleOf\":2},{\"multipleOf\":3}]}'\n"
        "fits { one, '2', '3' } fails { one, '5', '$: fits no schema of oneOf',\n"
        "  '6', '$: fits more than one schema of oneOf' }\n"
        "fails { '{\"allOf\":[{\"required\":[\"a\"]},{\"properties\":{\"a\":{\"minimum\":1}}}]}',\n"
        "  '{}', '$: has no \"a\", which is required', '{\"a\":0}', '$.a: is below the minimum of "
        "1' }\n"
        "fits { '{\"not\":{\"type\":\"null\"}}', '0' }\n"
        "fails { '{\"not\":{\"type\":\"null\"}}', 'null', '$: fits the schema of not' }\n"
        "assert(check(true, 1) and check({}, 1) and not check(false, 1))");
}

static void test_references_lead_into_the_document(void **state)
{
    (void)state;
    assert_lua(
        CHECKS
        "local tree = '{\"$ref\":\"#/$defs/node\",\"$defs\":{\"node\":{\"type\":\"object\",'\n"
        "  .. '\"required\":[\"v\"],\"properties\":{\"next\":{\"$ref\":\"#/$defs/node\"}}}}}'\n"
        "fits { tree, '{\"v\":1}', '{\"v\":1,\"next\":{\"v\":2,\"next\":{\"v\":3}}}' }\n"
        "fails { tree, '{\"v\":1,\"next\":{}}', '$.next: has no \"v\", which is required' }\n"
        "fits { '{\"items\":{\"$ref\":\"#\"},\"type\":\"array\"}', '[[],[[]]]' }\n"
        "fits { '{\"definitions\":{\"a/b~c d\":{\"type\":\"null\"}},'\n"
        "  .. '\"$ref\":\"#/definitions/a~1b~0c%20d\"}', 'null' }\n"
        "fails { '{\"$ref\":\"#/allOf/1\",\"allOf\":[true,{\"type\":\"null\"}]}', '1',\n"
        "  '$: is of type number, not null' }");
}

static void test_annotations_change_nothing(void **state)
{
    (void)state;
    assert_lua(
        CHECKS
        "fits { "
        "'{\"$schema\":\"x\",\"$id\":\"y\",\"title\":\"t\",\"description\":\"d\",\"default\":1,'\n"
        "  .. "
        "'\"examples\":[{\"nonsense\":1}],\"format\":\"email\",\"$comment\":\"c\",\"readOnly\":"
        "true}',\n"
        "  '\"no e-mail\"', 'null' }");
}

static void test_a_wrong_schema_is_refused_whatever_the_value(void **state)
{
    (void)state;
    assert_lua(
        CHECKS
        "local bad = {\n"
        "  ['{\"minProperties\":1}'] = 'schema has an unknown keyword: \"minProperties\"',\n"
        "  ['{\"properties\":{\"a\":{\"requierd\":[]}}}'] =\n"
        "    'schema.properties.a has an unknown keyword: \"requierd\"',\n"
        "  ['{\"type\":\"float\"}'] = 'schema.type must be the name of a type',\n"
        "  ['{\"type\":[\"null\",1]}'] = 'schema.type[2] must be the name of a type',\n"
        "  ['{\"items\":[true]}'] = 'schema.items must be a schema: an object, true or false',\n"
        "  ['{\"anyOf\":[]}'] = 'schema.anyOf must be an array of schemas',\n"
        "  ['{\"allOf\":[1]}'] = 'schema.allOf[1] must be a schema',\n"
        "  ['{\"required\":\"a\"}'] = 'schema.required must be an array',\n"
        "  ['{\"minLength\":-1}'] = 'schema.minLength must be a whole number',\n"
        "  ['{\"maximum\":\"9\"}'] = 'schema.maximum must be a number',\n"
        "  ['{\"multipleOf\":0}'] = 'schema.multipleOf must be a number above 0',\n"
        "  ['{\"uniqueItems\":1}'] = 'schema.uniqueItems must be true or false',\n"
        "  ['{\"pattern\":\"(\"}'] = 'schema.pattern: assay.regex: bad pattern at offset 1',\n"
        "  ['{\"enum\":1}'] = 'schema.enum must be an array',\n"
        "  ['{\"properties\":[]}'] = 'schema.properties must be an object',\n"
        "  ['{\"$ref\":\"other.json\"}'] = 'must be a pointer into the document',\n"
        "  ['{\"$ref\":\"#/$defs/a\"}'] = 'the document has no #/$defs/a',\n"
        "  ['{\"$ref\":\"#/default\",\"default\":7}'] = '#/default must be a schema',\n"
        "  ['7'] = 'schema must be a schema', ['null'] = 'schema must be a schema' }\n"
        "for schema, part in pairs(bad) do\n"
        "  local ok, why = pcall(check, decode(schema), true)\n"
        "  assert(not ok and why:find('assay.schema: ', 1, true) == 1, schema)\n"
        "  assert(why:find(part, 1, true), why)\n"
        "end\n"
        "assert(not pcall(check, {}, nil))");
}

static void test_a_check_without_end_is_given_up(void **state)
{
    (void)state;
    assert_lua(
        CHECKS
        "local function refused(schema, value, part)\n"
        "  local ok, why = pcall(check, schema, value)\n"
        "  assert(not ok and why:find(part, 1, true), tostring(why))\n"
        "end\n"
        "refused({ ['$ref'] = '#' }, 1, 'lead back to itself')\n"
        "refused({ anyOf = { { ['$ref'] = '#' } } }, 1, 'lead back to itself')\n"
        "local defs = { d0 = { type = 'null' } }\n"
        "for i = 1, 30 do\n"
        "  local ref = { ['$ref'] = '#/$defs/d' .. i - 1 }\n"
        "  defs['d' .. i] = { anyOf = { ref, ref } }\n"
        "end\n"
        "refused({ ['$ref'] = '#/$defs/d30', ['$defs'] = defs }, 1, 'more than 50000 checks')\n"
        "local long = {}\n"
        "for i = 1, 60000 do long[i] = i end\n"
        "refused({ items = { type = 'number' } }, long, 'more than 50000 checks')\n"
        "refused({ pattern = '^(a+)+$' }, ('a'):rep(5000) .. 'b', 'too many steps')");
}

static void test_a_changed_global_does_not_reach_a_check(void **state)
{
    (void)state;
    assert_lua("string.find = function() return 1 end\n"
               "string.match = function() return '' end\n"
               "math.floor = function() return 3.5 end\n"
               "assay.json.encode = function() return 'same' end\n"
               "type = function() return 'boolean' end\n"
               "assert(not assay.schema.check({ type = 'integer' }, 3.5))\n"
               "assert(assay.schema.check({ uniqueItems = true }, { 1, 2 }))");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_are_told_apart),
        cmocka_unit_test(test_enum_and_const_compare_by_value),
        cmocka_unit_test(test_objects_are_checked_member_by_member),
        cmocka_unit_test(test_arrays_are_checked_item_by_item),
        cmocka_unit_test(test_strings_and_numbers_keep_their_limits),
        cmocka_unit_test(test_schemas_combine),
        cmocka_unit_test(test_references_lead_into_the_document),
        cmocka_unit_test(test_annotations_change_nothing),
        cmocka_unit_test(test_a_wrong_schema_is_refused_whatever_the_value),
        cmocka_unit_test(test_a_check_without_end_is_given_up),
        cmocka_unit_test(test_a_changed_global_does_not_reach_a_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
