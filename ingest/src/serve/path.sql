-- In which directory is this ClickHouse?
SELECT `path`
FROM system.disks
WHERE `name` = 'default'
