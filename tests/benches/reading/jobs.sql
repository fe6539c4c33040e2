-- The jobs of 40 backends, from 12 to 300 of each, numbered from 0.
CREATE TABLE bench_jobs ENGINE = Memory AS
SELECT
    toUInt32(rowNumberInAllBlocks()) AS number,
    backend,
    if(backend = 7, 'pytorch/crcr-test', concat('vendor-', toString(backend), '/torch-backend-ci')) AS repo,
    concat('L', toString(multiIf(backend < 3, 4, backend < 8, 3, backend < 38, 2, 1))) AS level,
    ['linux', 'nightly matrix', 'windows / cuda12.8'][1 + job % 3] AS workflow,
    multiIf(
        job % 4 = 0, concat('build (', toString(job), ')'),
        job % 4 = 1, concat('test-ops-shard-', toString(job)),
        concat('inductor / model ', toString(job))) AS job_name
FROM
(
    SELECT backend, arrayJoin(range(toUInt32(round(12 * pow(25, backend / 39))))) AS job
    FROM (SELECT toUInt32(number) AS backend FROM numbers(40))
    ORDER BY backend, job
)
