/* What stands around the tables is here; what keys mean is said in the annotated files of etc,
 * which scripts/docs appends. */
#include "daemon/man.h"

#include "daemon/config/config.h"

static const char opening[] =
    ".TH ASSAY.YAML 5 \"2026-11-21\" \"assay\"\n"
    ".SH NAME\n"
    "assay.yaml \\- configuration and evals of assayd\n"
    ".SH DESCRIPTION\n"
    "The configuration of\n"
    ".BR assayd (8)\n"
    "is one YAML file, /etc/assay/assay.yaml; each eval is a file of the folder\n"
    ".IR eval_dir ,\n"
    "whose name is the eval's. Unknown keys, wrong types and names that lead nowhere are errors, "
    "told with\n"
    "file, line and column by\n"
    ".BR \"assayd \\-\\-check\" .\n"
    "Relative paths are relative to the folder of the file. Nothing is expanded.\n"
    "Below are the keys with their types, ranges and defaults, then both files with what each key "
    "means.\n"
    "What ends in [] is one map, or a list of them.\n"
    ".SH KEYS OF THE CONFIGURATION\n";

static const char evals[] = ".SH KEYS OF AN EVAL\n";

void man_write_config(FILE *stream)
{
    struct as_buf text = {0};
    as_buf_adds(&text, opening);
    config_write_man(&text);
    as_buf_adds(&text, evals);
    eval_write_man(&text);
    fwrite(text.ptr, 1, text.len, stream);
    as_buf_done(&text);
}
