package postgres

// statView is one view of statistics as some majors have it: its query gives rows of
// (database, name, value), the database empty for what is the cluster's.
type statView struct {
	what         string // empty for what other majors have elsewhere
	since, until int    // majors; 0 means any
	ask          string
}

// has tells whether a major has the source.
func (s statView) has(major int) bool {
	return (s.since == 0 || major >= s.since) && (s.until == 0 || major <= s.until)
}

// named turns columns of a view into rows of (database, name, value).
const named = `, LATERAL (VALUES `

// counters are what only grows, until somebody resets it. The majors differ, and this
// table is where: what a major lacks is not read there, and nothing stands for it.
func counters() []statView {
	return []statView{
		{"pg_stat_database", 0, 0, `SELECT datname::text, k, v FROM pg_stat_database` + named + `
			('commits', xact_commit::float8), ('rollbacks', xact_rollback), ('blocks_read', blks_read), ('blocks_hit', blks_hit), ('rows_read', tup_returned),
			('rows_fetched', tup_fetched), ('rows_inserted', tup_inserted), ('rows_updated', tup_updated), ('rows_deleted', tup_deleted), ('temp_bytes', temp_bytes),
			('deadlocks', deadlocks), ('block_read_ms', blk_read_time), ('reset', extract(epoch FROM stats_reset))) x(k, v) WHERE datname IS NOT NULL AND v IS NOT NULL`},
		{"session times of pg_stat_database", 14, 0, `SELECT datname::text, k, v FROM pg_stat_database` + named + `
			('active_ms', active_time::float8), ('idle_in_transaction_ms', idle_in_transaction_time), ('sessions_begun', sessions::float8), ('sessions_lost', sessions_abandoned + sessions_fatal)) x(k, v) WHERE datname IS NOT NULL`},
		{"place in the WAL", 0, 0, `SELECT '', 'wal_bytes', pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '0/0')::float8`},
		{"pg_stat_wal", 14, 0, `SELECT '', k, v FROM pg_stat_wal` + named + `
			('wal_records', wal_records::float8), ('wal_full_page_images', wal_fpi), ('wal_buffers_full', wal_buffers_full), ('reset_wal', extract(epoch FROM stats_reset))) x(k, v) WHERE v IS NOT NULL`},
		{"writes of pg_stat_wal", 14, 17, `SELECT '', k, v FROM pg_stat_wal` + named + `('wal_writes', wal_write::float8), ('wal_syncs', wal_sync), ('wal_write_ms', wal_write_time), ('wal_sync_ms', wal_sync_time)) x(k, v)`},
		{"", 18, 0, `SELECT '', k, v FROM (SELECT sum(writes)::float8 w, sum(fsyncs)::float8 s, sum(write_time)::float8 wt, sum(fsync_time)::float8 st FROM pg_stat_io WHERE object = 'wal') io` + named + `
			('wal_writes', w), ('wal_syncs', s), ('wal_write_ms', wt), ('wal_sync_ms', st)) x(k, v) WHERE v IS NOT NULL`},
		{"", 0, 16, `SELECT '', k, v FROM pg_stat_bgwriter` + named + `
			('checkpoints_timed', checkpoints_timed::float8), ('checkpoints_requested', checkpoints_req), ('checkpoint_write_ms', checkpoint_write_time), ('checkpoint_sync_ms', checkpoint_sync_time),
			('buffers_checkpoint', buffers_checkpoint), ('buffers_backend', buffers_backend), ('buffers_clean', buffers_clean), ('clean_stopped', maxwritten_clean), ('buffers_alloc', buffers_alloc),
			('reset_checkpoints', extract(epoch FROM stats_reset))) x(k, v) WHERE v IS NOT NULL`},
		{"", 17, 0, `SELECT '', k, v FROM pg_stat_checkpointer` + named + `
			('checkpoints_timed', num_timed::float8), ('checkpoints_requested', num_requested), ('checkpoint_write_ms', write_time), ('checkpoint_sync_ms', sync_time), ('buffers_checkpoint', buffers_written),
			('reset_checkpoints', extract(epoch FROM stats_reset))) x(k, v) WHERE v IS NOT NULL`},
		{"", 17, 0, `SELECT '', k, v FROM pg_stat_bgwriter` + named + `('buffers_clean', buffers_clean::float8), ('clean_stopped', maxwritten_clean), ('buffers_alloc', buffers_alloc)) x(k, v)`},
		{"pg_stat_io", 16, 0, `SELECT '', k, v FROM (SELECT sum(reads)::float8 r, sum(writes)::float8 w, sum(extends)::float8 x, sum(evictions)::float8 e, sum(fsyncs)::float8 f
			FROM pg_stat_io WHERE backend_type = 'client backend' AND object IN ('relation', 'temp relation')) io` + named + `
			('io_client_reads', r), ('io_client_writes', w), ('io_client_extends', x), ('io_client_evictions', e), ('io_client_fsyncs', f)) x(k, v) WHERE v IS NOT NULL`},
		{"autovacuum in pg_stat_io", 16, 0, `SELECT '', k, v FROM (SELECT sum(reads)::float8 r, sum(writes)::float8 w FROM pg_stat_io WHERE backend_type = 'autovacuum worker') io` + named + `
			('io_vacuum_reads', r), ('io_vacuum_writes', w)) x(k, v) WHERE v IS NOT NULL`},
	}
}

// levels are what goes up and down.
func levels() []statView {
	return []statView{
		{"oldest transactions", 0, 0, `SELECT coalesce(datname::text, ''), 'oldest_transaction_s', max(extract(epoch FROM clock_timestamp() - xact_start))::float8 FROM pg_stat_activity
			WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND backend_type = 'client backend' GROUP BY 1`},
		{"prepared transactions", 0, 0, `SELECT database::text, 'prepared_transaction_s', max(extract(epoch FROM clock_timestamp() - prepared))::float8 FROM pg_prepared_xacts GROUP BY 1`},
		{"pg_stat_replication", 0, 0, `SELECT '', k, v FROM (SELECT count(*)::float8 n, max(extract(epoch FROM replay_lag))::float8 lag FROM pg_stat_replication WHERE application_name NOT LIKE 'pg\_basebackup%') r` + named + `
			('standbys', n), ('replication_lag_s', CASE WHEN n > 0 THEN coalesce(lag, 0) END)) x(k, v) WHERE v IS NOT NULL`},
		{"slots", 0, 0, `SELECT '', 'slots', (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - coalesce(current_setting('reserved_connections', true), '0')::int)::float8`},
		{"whether it is a standby", 0, 0, `SELECT '', 'in_recovery', pg_is_in_recovery()::int::float8`},
		{"lag of a standby", 0, 0, `SELECT '', 'replication_lag_s', CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8
			WHERE pg_is_in_recovery() AND pg_last_xact_replay_timestamp() IS NOT NULL`},
		{"replication slots", 0, 0, `SELECT '', 'slot_kept_bytes', max(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn))::float8
			FROM pg_replication_slots WHERE restart_lsn IS NOT NULL HAVING count(*) > 0`},
		{"pg_stat_progress_vacuum", 0, 0, `SELECT '', 'vacuums', count(*)::float8 FROM pg_stat_progress_vacuum`},
		{"", 13, 0, `SELECT '', 'backups', count(*)::float8 + (SELECT count(*) FROM pg_stat_activity WHERE application_name IN ('pg_dump', 'pg_dumpall')) FROM pg_stat_progress_basebackup`},
		{"", 0, 12, `SELECT '', 'backups', count(*)::float8 FROM pg_stat_activity WHERE application_name IN ('pg_dump', 'pg_dumpall', 'pg_basebackup')`},
		{"age of transaction ids", 0, 0, `SELECT datname::text, 'xid_age', age(datfrozenxid)::float8 FROM pg_database WHERE datallowconn`},
	}
}

// Lacks says what newer majors tell and this one does not.
func (w *Watcher) Lacks() []string {
	var all []string
	for _, s := range append(counters(), levels()...) {
		if s.what != "" && s.since > w.Major() {
			all = append(all, s.what)
		}
	}
	return all
}
