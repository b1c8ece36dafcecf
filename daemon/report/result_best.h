/* The word of warning beside a run with several candidates: the best of k is overstated, and by
 * about how much. The estimate is that of daemon/stats/best_of.h at the candidates' own means, and
 * at equal means as its upper end. */
#ifndef DAEMON_REPORT_RESULT_BEST_H
#define DAEMON_REPORT_RESULT_BEST_H

#include "daemon/report/table.h"
#include "lib/json.h"

/* The sentence; NULL (a JSON null) below two candidates that have a score. */
struct as_json *result_best_of(const struct table *table, const struct report_spec *spec);

#endif
