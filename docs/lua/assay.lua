---@meta
-- The `assay` library as an editor's Lua language server should know it. Not loaded by anything: point your editor's
-- workspace.library at this folder. docs/plugin-guide.md has the same in prose.

---@class assay
assay = {}

assay.json = {}

---JSON's null, as decode gives it.
assay.json.null = nil ---@type userdata

---Exactly one JSON value (UTF-8, at most 64 levels deep).
---@param text string
---@return any value nil when it is not JSON
---@return string? why with line and column
function assay.json.decode(text) end

---Keys sorted, so that equal values give equal texts. Raises on what JSON cannot hold.
---@param value any
---@return string
function assay.json.encode(value) end

---Marks a table, or a new one, as an array even while it is empty.
---@param list table?
---@return table
function assay.json.array(list) end

assay.text = {}

---Without white space at both ends.
---@param text string
---@return string
function assay.text.trim(text) end

---Latin, Greek and Cyrillic letters in lower case.
---@param text string
---@return string
function assay.text.lower(text) end

---Lower case, white space runs as one blank, none at the ends.
---@param text string
---@param options? { strip_punctuation: boolean?, strip_articles: boolean? }
---@return string
function assay.text.normalise(text, options) end

---Runs of letters and digits; an apostrophe, - or _ inside a word belongs to it.
---@param text string
---@return string[]
function assay.text.words(text) end

---Cut behind . ! ? before white space, and at line ends.
---@param text string
---@return string[]
function assay.text.sentences(text) end

---Whether word, or several words, stands in text with no letter or digit next to it. Case counts.
---@param text string
---@param word string
---@return boolean
function assay.text.contains_word(text, word) end

assay.num = {}

---The first number of a text: "about $1,234.50" gives 1234.5.
---@param text string
---@return number?
function assay.num.parse(text) end

---All numbers of a text, in order.
---@param text string
---@return number[]
function assay.num.all(text) end

---Whether two numbers differ by at most tolerance (1e-9), or by at most relative times the larger one.
---@param a number
---@param b number
---@param tolerance number?
---@param relative number?
---@return boolean
function assay.num.close(a, b, tolerance, relative) end

assay.rng = {}

---A random integer of 64 bits. The same row draws the same numbers, always.
---@return integer
function assay.rng.next() end

---A random integer from 0 to bound - 1.
---@param bound integer
---@return integer
function assay.rng.below(bound) end

---A random number from 0 up to 1, without 1.
---@return number
function assay.rng.unit() end

---The text between two lines that it does not contain: <<<LABEL-xxxxxxxx and LABEL-xxxxxxxx>>>.
---@param label string 1 to 32 capital letters or _
---@param text string
---@return string
function assay.fence(label, text) end
