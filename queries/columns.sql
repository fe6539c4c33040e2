-- Which layout does the table have, and is there one beside it that tells the days?
SELECT table, name
FROM system.columns
WHERE database = {database:String} AND table IN ({table:String}, {days:String})
