/* Thresholds on other metrics than the primary one. Inside daemon/gate only. */
#ifndef DAEMON_GATE_METRICS_H
#define DAEMON_GATE_METRICS_H

#include "daemon/gate/check.h"

/* Fills the verdict's metric_checks. AS_EINVAL: a score outside 0..1. */
int gate_check_metrics(const struct gate_context *context) AS_MUST_USE;

#endif
