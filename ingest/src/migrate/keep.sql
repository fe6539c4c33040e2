-- Rows stay.
ALTER TABLE {table:Identifier} /* ON CLUSTER */ REMOVE TTL
