-- Which tables and views are there under this name, and under those that begin with it?
SELECT `name`
FROM system.tables
WHERE `database` = currentDatabase() AND startsWith(`name`, {table:String})
