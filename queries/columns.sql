-- Which layout does the table have, and which of the tables are there that stand beside ours?
SELECT table, name
FROM system.columns
WHERE database = {database:String} AND table IN ({table:String}, {days:String}, {backends:String})
