-- Which backends have ever reported? One row per spelling of a repository's name.
SELECT DISTINCT downstream_repo
FROM {database:Identifier}.{table:Identifier}
WHERE downstream_repo != ''
ORDER BY downstream_repo
