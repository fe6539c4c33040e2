-- Which columns does a table of this name have, if there is one?
SELECT `name`
FROM system.columns
WHERE `database` = currentDatabase() AND `table` = {table:String}
