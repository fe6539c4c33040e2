-- Rows go so many days after they were inserted.
ALTER TABLE {table:Identifier} /* ON CLUSTER */ MODIFY TTL _inserted_at + INTERVAL {days:UInt32} DAY
