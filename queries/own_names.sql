-- Which backends have ever reported? The same as names.sql, of what backends said day by day (schema/0006): no result is read.
SELECT DISTINCT downstream_repo
FROM {database:Identifier}.{backends:Identifier}
WHERE downstream_repo != ''
ORDER BY downstream_repo
