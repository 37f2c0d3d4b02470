/*
 * Owns the report for monitoring: one look as OpenMetrics 1.0 text, which Prometheus scrapes and
 * node_exporter's textfile collector takes. That collector reads the older text format, of which
 * this keeps to the common part: it knows no type "info", and no timestamps.
 *
 * All are gauges, since a look counts nothing over time. Which series there are is fixed: labels
 * have values of our own tables alone, each of which is always there, so that an alert sees a 0
 * become a 1, and no process can add a series by its name.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include "report/formats.h"

enum { KIND_COUNT = KIND_MIXED + 1 };

/* A name that ends with a unit has that unit. */
static void put_family(FILE *file, const char *name, const char *unit, const char *help)
{
	fprintf(file, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
	if (unit)
		fprintf(file, "# UNIT %s %s\n", name, unit);
}

static void put_number(FILE *file, const char *name, const char *help, uint64_t number)
{
	put_family(file, name, NULL, help);
	fprintf(file, "%s %" PRIu64 "\n", name, number);
}

/* Of so many `parts` a second. */
static void put_seconds(FILE *file, const char *name, const char *help, int64_t time, int parts)
{
	put_family(file, name, "seconds", help);
	if (time < 0)
		fprintf(file, "%s NaN\n", name);
	else
		fprintf(file, "%s %" PRId64 ".%0*" PRId64 "\n", name, time / parts,
		        parts == 1000 ? 3 : 6, time % parts);
}

/* ---- what is stuck ---- */

static void put_deadlocks(FILE *file, const struct diagnosis *d)
{
	uint32_t counts[KIND_COUNT][2] = { 0 };

	for (uint32_t i = 0; i < d->deadlock_count; i++)
		counts[d->deadlocks[i].kind][d->deadlocks[i].proved]++;
	put_family(file, "pipetop_deadlocks", NULL, "Deadlocks of pipes, by what they are made of and "
	           "by how certain they are.");
	for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
		for (unsigned proved = 0; proved < 2; proved++)
			fprintf(file, "pipetop_deadlocks{kind=\"%s\",certainty=\"%s\"} %" PRIu32 "\n",
			        deadlock_kind_name((enum deadlock_kind)kind),
			        proved ? "proved" : "likely", counts[kind][proved]);
	}
}

/* Of the deadlock that is oldest; 0 without one, UNKNOWN where it is of none. */
static int64_t oldest_ms(const struct diagnosis *d)
{
	int64_t oldest = d->deadlock_count ? UNKNOWN : 0;

	for (uint32_t i = 0; i < d->deadlock_count; i++) {
		if (d->deadlocks[i].blocked_ms > oldest)
			oldest = d->deadlocks[i].blocked_ms;
	}
	return oldest;
}

static void put_pipes(FILE *file, const struct diagnosis *d)
{
	uint64_t full = 0;

	for (uint32_t i = 0; i < d->snapshot->pipe_count; i++)
		full += d->pipes[i].in_scope && d->snapshot->pipes[i].full == FACT_YES;
	put_family(file, "pipetop_pipes", NULL, "Pipes and FIFOs, by verdict.");
	for (unsigned verdict = 0; verdict < VERDICT_COUNT; verdict++)
		fprintf(file, "pipetop_pipes{verdict=\"%s\"} %" PRIu32 "\n",
		        verdict_name((enum verdict)verdict), d->verdict_counts[verdict]);
	put_number(file, "pipetop_full_pipes", "Pipes and FIFOs that a write would block on.", full);
}

/* ---- the look itself ---- */

static void put_scan(FILE *file, const struct snapshot *s)
{
	uint64_t unseen = (uint64_t)s->denied + s->timed_out;

	put_number(file, "pipetop_view_complete", "1 when all that there is could be seen, or 0.",
	           snapshot_is_complete(s));
	put_number(file, "pipetop_unseen_processes",
	           "Processes whose descriptors could not be read.", unseen);
	put_number(file, "pipetop_scan_processes", "Processes that the look found.", s->process_count);
	put_number(file, "pipetop_scan_threads", "Threads that the look read.", s->task_count);
	put_number(file, "pipetop_scan_fds", "Descriptors that the look read.", s->fds_seen);
	put_number(file, "pipetop_scan_pipes", "Pipes and FIFOs that the look found.", s->pipe_count);
	put_seconds(file, "pipetop_scan_duration_seconds", "What the look took.", s->elapsed_us,
	            1000000);
	put_seconds(file, "pipetop_scan_time_seconds", "When the look was, since the epoch.",
	            s->time_ms, 1000);
}

int openmetrics_write(FILE *file, const struct diagnosis *d,
                      const struct report_settings *settings)
{
	(void)settings; /* all series are always there, and none has text to colour */
	put_deadlocks(file, d);
	put_seconds(file, "pipetop_oldest_deadlock_seconds", "For how long the oldest deadlock has "
	            "been one: 0 without a deadlock, NaN where that is not known.", oldest_ms(d), 1000);
	put_number(file, "pipetop_stalls", "Full pipes whose writer has been blocked for long, though "
	           "a reader could move.", d->stall_count);
	put_pipes(file, d);
	put_scan(file, d->snapshot);
	put_family(file, "pipetop_build_info", NULL, "Always 1; the version is the label.");
	fputs("pipetop_build_info{version=\"" PACKAGE_VERSION "\"} 1\n# EOF\n", file);
	errno = 0;
	if (fflush(file) || ferror(file))
		return errno ? -errno : -EIO;
	return 0;
}
