/* Values that come in clusters (cases cut from one conversation, one document), and the one
 * estimator that all of our intervals are made of.
 *
 * A cluster is what was drawn independently; a case without a cluster is a cluster of its own. With
 * T_g the sum and m_g the size of cluster g, G clusters and n values, and k pseudo-values p that
 * stand as one-value clusters (tests/golden/README.md, section 2):
 *   mean = (sum + sum p) / (n + k)
 *   se^2 = G/(G-1) * (sum_g (T_g - m_g mean)^2 + sum (p - mean)^2) / (n + k)^2, df = G - 1.
 * k = 0 is the plain cluster-robust estimate; {+s, -s} is "plus-two"; {lo, lo, hi, hi} is
 * "plus4t". */
#ifndef DAEMON_STATS_CLUSTER_H
#define DAEMON_STATS_CLUSTER_H

#include <stddef.h>
#include <stdint.h>

/* Borrowed values, and for each the number of its cluster: 0 .. n_clusters - 1, none left out. */
struct stats_sample {
    const double *values;
    const uint32_t *cluster; /* NULL: every value is a cluster of its own */
    size_t n;
    size_t n_clusters;
};

/* A sample of n values, each its own cluster. */
struct stats_sample stats_sample_plain(const double *values, size_t n);

/* Cluster ids of a part of the values to numbers without gaps, in order of first appearance. Taking
 * a number costs no time for the ids that do not occur, so that many small parts of the same values
 * can be numbered one after the other. Owned: release with done. */
struct stats_numbering {
    uint32_t *number_of; /* by id */
    uint32_t count;
};

void stats_numbering_init(struct stats_numbering *numbering, size_t n_ids);
/* An id below 0 is a cluster of its own. */
uint32_t stats_numbering_get(struct stats_numbering *numbering, int32_t id);
/* Begins anew: ids holds all that were numbered. */
void stats_numbering_reset(struct stats_numbering *numbering, const uint32_t *ids, size_t n);
void stats_numbering_done(struct stats_numbering *numbering);

/* The sums and sizes of the clusters, in order of cluster number. Owned: release with done. */
struct stats_clusters {
    double *sum;
    double *size;
    size_t count;
    size_t n; /* values in all */
};

void stats_clusters_init(struct stats_clusters *clusters, const struct stats_sample *sample);
void stats_clusters_done(struct stats_clusters *clusters);

struct stats_estimate {
    double mean; /* NaN when n + k is 0 */
    double se;   /* NaN below two clusters; exactly 0 when nothing varies */
    double df;   /* NaN below two clusters */
};

struct stats_estimate stats_estimate_of(const struct stats_clusters *clusters, const double *pseudo,
                                        size_t n_pseudo);

struct stats_interval {
    double low;
    double high;
};

/* mean -+ t * se with P(T_df > t) = tail (0.025 for 95 %), clipped to [low, high]; NaN where the
 * estimate has no se. */
struct stats_interval stats_estimate_interval(const struct stats_estimate *estimate, double tail,
                                              double low, double high);
/* 2 P(T_df > |mean| / se); NaN when se is 0 or not defined. */
double stats_estimate_p(const struct stats_estimate *estimate);

#endif
