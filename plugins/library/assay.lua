---@meta
-- What a plugin sees, for editors with the Lua language server: completion, types and documentation. Not a plugin:
-- assayd passes over this folder. The worker (worker/api_*.c, worker/results.c) is what counts; this file follows it.
--
-- Beside `assay` there are: assert error getmetatable ipairs next pairs pcall rawequal rawget rawlen rawset select
-- setmetatable tonumber tostring type xpcall, string (all but dump), table, utf8, math (all but randomseed).
-- pairs and next go in a fixed order: numbers, then strings by their bytes, then the rest. tostring shows no address.
-- math.random is seeded by the row. A metatable cannot have __gc. There is no clock, file, print or coroutine.
-- Nothing that a row changes, globals included, is there for the next row.

---@class assay
assay = {}

---A section that its text cannot end: the text between the lines `<<<LABEL-xxxxxxxx` and `LABEL-xxxxxxxx>>>`, with
---digits that are drawn from the row's seed until the text does not contain them.
---@param label string 1 to 32 capital letters and `_`
---@param text string
---@return string
function assay.fence(label, text) end

---The texts that an answer to the case should be like, one of them at least: its reference, or else what it expects.
---Empty when that is not there, or is not a text, a number or an array of texts.
---@param case assay.Case
---@return string[]
function assay.references(case) end

---What rubrics of yes-or-no criteria have in common.
---@class assay.criteria
assay.criteria = {}

---@class assay.Criterion
---@field id string
---@field doc string what is true when it is met

---The question for the judge: task, reference and answer between fences, the criteria, the form of the reply.
---@param introduction string
---@param list assay.Criterion[]
---@param case assay.Case
---@param output assay.Output
---@param guidance? string what the judge must know of the domain
---@return assay.Question
function assay.criteria.ask(introduction, list, case, output, guidance) end

---The score is the share of criteria that are met; all of them pass. Nothing but one JSON object with exactly these
---criteria is a grade.
---@param list assay.Criterion[]
---@param reply assay.Output
---@return assay.Grade|nil
---@return string|nil why
function assay.criteria.grade(list, reply) end

---@class assay.json
assay.json = {}

---JSON's null. In a decoded document it is there; in `case`, `params`, `model`, `messages` and `opts` an object's null
---member is nil instead.
---@type lightuserdata
assay.json.null = nil

---Decodes exactly one JSON value: strict, valid UTF-8, at most 64 deep; a key that stands twice keeps its last value.
---Integers that fit 64 bits stay integers. An empty array stays an array when it is encoded again.
---@param text string
---@return any value nil when the text is not JSON
---@return string? why with line and column
function assay.json.decode(text) end

---The value as JSON in one line with sorted keys: equal values give equal bytes. A table has the keys 1..n or only
---strings; an empty one is an object unless marked. Bad UTF-8 becomes U+FFFD. Raises an error for what cannot be JSON.
---@param value any
---@return string
function assay.json.encode(value) end

---Marks a table, or a new one, as an array: empty it is encoded as `[]`.
---@param t? table
---@return table
function assay.json.array(t) end

---What stands in the ```json (or ```) fence that is all of the text but for white space; without one, the text.
---@param text string
---@return string
function assay.json.unfence(text) end

---@class assay.text
assay.text = {}

---Without the white space, Unicode's too, at both ends.
---@param text string
---@return string
function assay.text.trim(text) end

---In small letters: for showing. To compare, fold.
---@param text string
---@return string
function assay.text.lower(text) end

---All forms of a letter made the same, for comparing without case: the simple case folding of Unicode 14.0, one
---character for one (so that the German sharp s is not "ss").
---@param text string
---@return string
function assay.text.fold(text) end

---Case folded, runs of white space as one blank, none at the ends. A stripped mark does not end a word ("don't" is
---"dont"); the articles are a, an and the.
---@param text string
---@param options? { strip_punctuation?: boolean, strip_articles?: boolean }
---@return string
function assay.text.normalise(text, options) end

---The runs of letters and digits; an apostrophe, `-` or `_` within a word belongs to it.
---@param text string
---@return string[]
function assay.text.words(text) end

---Cut behind `.`, `!` or `?` before white space, and at line ends. Abbreviations are not known.
---@param text string
---@return string[]
function assay.text.sentences(text) end

---Whether `word`, which may be several words, stands in `text` with no letter or digit right before or behind it. Case
---counts: lower both for less.
---@param text string
---@param word string not empty
---@return boolean
function assay.text.contains_word(text, word) end

---The edit distance: the fewest characters to insert, delete or replace.
---@param a string
---@param b string
---@return integer? distance nil when too long: where they differ, the one's length times the other's may be 2^30
---@return integer|string longer the characters of the longer text, for a share; or why there is no distance
function assay.text.levenshtein(a, b) end

---F1 of the words as a bag, as SQuAD's evaluation has it: folded, without punctuation and articles. Two texts without a
---word are equal: 1.
---@param candidate string
---@param reference string
---@return number f1
---@return number precision
---@return number recall
function assay.text.token_f1(candidate, reference) end

---ROUGE-L (Lin 2004): F of the longest common subsequence of words, which are the runs of letters and digits, folded
---and unstemmed.
---@param candidate string
---@param reference string
---@param beta? number how much more recall weighs than precision; 1 by default
---@return number? f nil when too long: the words of the one times those of the other may be 2^30
---@return number|string precision or why there is no F
---@return number? recall
function assay.text.rouge_l(candidate, reference, beta) end

---Sentence BLEU (Papineni et al. 2002) with sacrebleu's tokens "13a", its smoothing "exp" and effective order.
---@param candidate string
---@param references string|string[]
---@param max_n? integer 1 to 9, 4 by default
---@return number? score 0 to 1; nil above 2^18 tokens in all
---@return string? why
function assay.text.bleu(candidate, references, max_n) end

---PCRE2 in UTF-8. Flags: i ignores case; m: ^ and $ also at line ends; s: . is any character; x: white space and
---# comments in the pattern are left out; j: as in JavaScript. A wrong pattern raises an error with its offset, and so
---does one that needs more than 2,000,000 steps on the text. A byte that is not UTF-8 counts as U+001A.
---@class assay.regex
assay.regex = {}

---@class assay.Match
---@field start integer text:sub(start, stop) is the match
---@field stop integer
---@field captures (string|false)[] false for a group that took no part

---Whether the pattern matches anywhere.
---@param pattern string
---@param text string
---@param flags? string
---@return boolean
function assay.regex.test(pattern, text, flags) end

---The first match.
---@param pattern string
---@param text string
---@param flags? string
---@return assay.Match?
function assay.regex.find(pattern, text, flags) end

---@param pattern string
---@param text string
---@param flags? string
---@param max? integer 1 to 10000, 1000 by default
---@return assay.Match[]
---@return boolean # whether there are more
function assay.regex.match_all(pattern, text, flags, max) end

---@param pattern string
---@param text string
---@param replacement string $0 to $9 are the groups, $$ is a dollar
---@param flags? string
---@return string
---@return integer count
function assay.regex.replace(pattern, text, replacement, flags) end

---@class assay.schema
assay.schema = {}

---Whether a JSON value fits a JSON Schema (2020-12, the keywords of docs/plugin-guide.md). A keyword that is not known
---raises an error, as does a schema that is wrong otherwise. multipleOf tolerates the rounding of floating point.
---@param schema table|boolean
---@param value any
---@return boolean
---@return string? why "$.path: sentence"
function assay.schema.check(schema, value) end

---@class assay.num
assay.num = {}

---The first number in the text: "about $1,234.50" is 1234.5, "12 %" is 12, "Q3" has none.
---@param text string
---@return number?
function assay.num.parse(text) end

---All numbers in the text, in order; the last one is often the answer.
---@param text string
---@return number[]
function assay.num.all(text) end

---Whether |a - b| is at most `tolerance`, or at most `relative` times the larger of |a| and |b|.
---@param a number
---@param b number
---@param tolerance? number 1e-9 by default
---@param relative? number 0 by default
---@return boolean
function assay.num.close(a, b, tolerance, relative) end

---Chance that is the same whenever the row is scored again.
---@class assay.rng
assay.rng = {}

---@return integer # 64 random bits
function assay.rng.next() end

---@param bound integer above 0
---@return integer # 0 to bound - 1
function assay.rng.below(bound) end

---@return number # in [0, 1)
function assay.rng.unit() end

---@class assay.Param
---@field type "string"|"number"|"integer"|"boolean"|"array"|"object"|"any"
---@field doc? string
---@field default? any
---@field required? boolean
---@field enum? any[]

---@class assay.Message
---@field role "system"|"developer"|"user"|"assistant"|"tool"
---@field content string|table[]

---@class assay.Case
---@field id string
---@field input? string
---@field messages? assay.Message[]
---@field expected? any
---@field reference? any
---@field tags? string[]
---@field metadata? table

---@class assay.Usage
---@field input_tokens? integer
---@field output_tokens? integer
---@field cached_tokens? integer
---@field reasoning_tokens? integer

---@class assay.Output
---@field text string the bytes as received: may hold NULs and bad UTF-8
---@field finish_reason ""|"stop"|"length"|"tool_calls"|"content_filter"|"refusal"
---@field tool_calls? table[]
---@field model_id? string
---@field usage assay.Usage
---@field latency_ms? number
---@field cost_usd? number

---@class assay.Score
---@field score number 0 to 1
---@field pass? boolean
---@field label? string cut at 128 bytes
---@field reason? string cut at 480 bytes
---@field details? table at most 16 KB as JSON

---@class assay.Scorer
---@field api 1
---@field kind "scorer"
---@field name string 1 to 64 of A-Z a-z 0-9 . _ -
---@field version string "1.2.0"
---@field doc? string the file's first comment by default
---@field params? table<string, assay.Param>
---@field requires? string[] names of scorers
---@field pass? number the score from which on it is a pass
---@field score fun(case: assay.Case, output: assay.Output, params: table): number|boolean|assay.Score|nil, string?
---@field examples? table[] {case?, output, params?, score = | na = true, pass?, label?}

---@class assay.Question
---@field messages assay.Message[]
---@field schema? table a JSON schema for the judge's reply

---@class assay.Grade
---@field score number on the rubric's scale
---@field reasoning string cut at 16 KB
---@field pass? boolean
---@field label? string
---@field details? table

---@class assay.Rubric
---@field api 1
---@field kind "rubric"
---@field name string
---@field version string
---@field doc? string
---@field params? table<string, assay.Param>
---@field requires? string[]
---@field scale? number[]|{ min: number, max: number } {0, 1} by default
---@field pass? number on the scale
---@field criteria? { id: string, text?: string, doc?: string, weight?: number }[]
---@field ask fun(case: assay.Case, output: assay.Output, params: table): assay.Question|nil, string?
---@field grade fun(reply: assay.Output, case: assay.Case, params: table): assay.Grade|nil, string?
---@field examples? table[] {case, output, params?, ask_contains?} or {reply, case?, params?, score = | error = true}

---@class assay.Request
---@field method? string "POST" by default
---@field path string behind the model's base_url; starts with one "/"
---@field headers? table<string, string>
---@field body? string

---@class assay.Http
---@field status integer
---@field headers table<string, string> names in lower case
---@field body string

---@class assay.Answer
---@field text? string
---@field tool_calls? table[]
---@field finish_reason? ""|"stop"|"length"|"tool_calls"|"content_filter"|"refusal"
---@field usage? assay.Usage
---@field model_id? string

---@alias assay.ErrorClass "rate_limit"|"overloaded"|"server"|"auth"|"quota"|"context_length"|"content_filter"
---|"bad_request"|"not_found"|"bad_reply"

---@class assay.ApiError
---@field class assay.ErrorClass
---@field message string

---@class assay.Provider
---@field api 1
---@field kind "provider"
---@field name string
---@field version string
---@field doc? string
---@field params? table<string, assay.Param>
---@field auth? { header: string, prefix?: string } where assayd puts the key; the script never sees it
---@field request fun(model: table, messages: assay.Message[], opts: table): assay.Request
---@field response fun(http: assay.Http, model: table): assay.Answer|nil, assay.ApiError?
---@field examples? table[] {model, messages, opts?, request} or {http, model?, output | error}

---@class assay.Redactor
---@field api 1
---@field kind "redactor"
---@field name string
---@field version string
---@field doc? string
---@field params? table<string, assay.Param>
---@field redact fun(case: table, params: table): table|nil, string? the case as it may be kept, or nil and why it is not
---@field examples? table[] {case, params?, expected | drop}
