/* What the parts of the result share. Inside daemon/report only. */
#ifndef DAEMON_REPORT_RESULT_OWN_H
#define DAEMON_REPORT_RESULT_OWN_H

#include "lib/json.h"

/* [low, high]; null when a bound is NaN. */
struct as_json *result_interval(double low, double high);

#endif
